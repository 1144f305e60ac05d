"""Facts of a table by which a program prepares it as the trials were prepared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from foretune.base import TaskType
from foretune.learners import PreprocessingParameters, count_parts, make_target_encoder, mark_last
from foretune.recommendation.table.cross_validation import CrossValidation
from foretune.tables import ColumnFormat, TableFormat

# From so many columns on, one conversion is written for all of them
LEAST_GROUPED = 4


@dataclass(frozen=True)
class TableFacts:
    """Facts of a table and of its folds; small, so that a fitted search keeps them.

    Attributes
    ----------
    conversions
        Columns and formulas that convert them, as texts, in their order.
    ignored
        Names of columns that tell nothing.
    is_code
        Whether each column in native form holds codes of categories; empty if none does.
    most_categories
        Largest number of categories of a column.
    class_counts
        Rows of each class that has any, of those that are cross-validated; empty for regression.
    n_rows, n_known
        Rows that are cross-validated, and that have a target.
    n_folds
        Number of folds.
    strata_sizes
        Rows drawn of each class, or of each tenth of the values; None if all are used.
    label_type
        Type, as it is written, that the labels of a program get; None for that which they have.
    given
        How the program gets a frame of the variable ``X``; empty if it reads a file.
    """

    conversions: tuple[tuple[str, str], ...]
    ignored: tuple[str, ...]
    is_code: tuple[bool, ...]
    most_categories: int
    class_counts: tuple[int, ...]
    n_rows: int
    n_known: int
    n_folds: int
    strata_sizes: tuple[int, ...] | None = None
    label_type: str | None = None
    given: str = ""

    @classmethod
    def of(
        cls,
        known: pd.DataFrame,
        format_: TableFormat,
        plan: CrossValidation,
        features: pd.DataFrame | None = None,
    ) -> TableFacts:
        """Collect the facts of a table.

        Parameters
        ----------
        known
            Raw features of the rows with a target.
        format_
            What each of them is.
        plan
            Rows and folds.
        features
            Raw features of all rows, if there are others.
        """
        raw = known if features is None else features
        kept = [one for one in format_.columns if one.type != "ignored"]
        n_columns = sum(1 + len(one.parts) for one in kept)
        kinds = zip(known.items(), format_.columns, strict=True)
        most = max(
            (one.nunique(dropna=False) for (_, one), kind in kinds if kind.type == "nominal"), default=0
        )
        counts = [] if plan.codes is None else np.bincount(plan.codes).tolist()
        return cls(
            tuple(_write_conversions(raw, format_)),
            tuple(
                str(name)
                for name, one in zip(raw.columns, format_.columns, strict=True)
                if one.type == "ignored"
            ),
            mark_last(n_columns, sum(one.type == "nominal" for one in kept)),
            int(most),
            tuple(count for count in counts if count),
            len(plan.rows),
            plan.n_known,
            plan.n_folds,
            plan.strata_sizes,
        )

    def write_encoder(self, task_type: TaskType, preprocessing: PreprocessingParameters) -> str | None:
        """Write the encoder of categories by the target; None if no column needs it."""
        is_needed = preprocessing.many_categories == "target"
        if not is_needed or self.most_categories <= preprocessing.max_categories:
            return None
        largest = self.n_rows if task_type == "regression" else max(self.class_counts)
        n_parts = count_parts(largest - -(-largest // self.n_folds))
        kind = "continuous" if task_type == "regression" else "auto"
        return " ".join(repr(make_target_encoder(kind, n_parts)).split())


def holds_texts(raw: pd.Series) -> bool:
    """Return whether all known cells of a column are texts."""
    is_category = isinstance(raw.dtype, pd.CategoricalDtype)
    known = pd.Series(raw.cat.categories, dtype=object) if is_category else raw.dropna()
    texts = known.map(lambda value: isinstance(value, str) and bool(value.strip()))
    return not known.empty and bool(texts.all())


def _write_conversions(features: pd.DataFrame, format_: TableFormat) -> list[tuple[str, str]]:
    """Write the conversions of columns to the engine's types, in the order in which they have to be made."""
    kept = [
        (str(name), features[name], one)
        for name, one in zip(features.columns, format_.columns, strict=True)
        if one.type != "ignored"
    ]
    names = format_.names_out([str(name) for name in features.columns])[len(kept) :]
    parts = [f"X[{name!r}].dt.{part}" for name, _, one in kept for part in one.parts]
    return [
        *_group({name: _write_reading(raw, one) for name, raw, one in kept}),
        *((f"X[{name!r}]", part) for name, part in zip(names, parts, strict=True)),
        *_group({name: _write_days(one) for name, _, one in kept}),
    ]


def _group(formulas: Mapping[str, str]) -> list[tuple[str, str]]:
    """Write formulas by column, those of many columns as one, as pairs of columns and formula."""
    groups: dict[str, list[str]] = {}
    for name, formula in formulas.items():
        if formula:
            groups.setdefault(formula, []).append(name)
    written = []
    for formula, names in groups.items():
        if len(names) < LEAST_GROUPED:
            columns = [f"X[{name!r}]" for name in names]
            written += [(column, formula.format(column=column)) for column in columns]
        else:
            function = f"lambda column: {formula.format(column='column')}"
            written.append((f"X[{names!r}]", f"X[{names!r}].apply({function})"))
    return written


def _write_reading(raw: pd.Series, format_: ColumnFormat) -> str:
    """Write how the cells of a column are read; empty if pandas has done it."""
    if isinstance(raw.dtype, pd.DatetimeTZDtype) and format_.type == "time":
        return "{column}.dt.tz_localize(None)"
    if raw.dtype == bool and format_.type == "number":
        # In new rows there may be gaps
        return "{column}.astype(float)"
    if format_.is_plain(raw.dtype):
        return ""
    if format_.type == "nominal" and holds_texts(raw):
        # scikit-learn takes texts as they are
        return ""
    known = raw.dropna()
    if format_.type == "number" and not known.map(lambda value: isinstance(value, str)).any():
        return "{column}.astype(float)"
    # Parts are columns of their own in a program
    return f"read_column({{column}}, {replace(format_, parts=())!r})"


def _write_days(format_: ColumnFormat) -> str:
    if format_.type != "time":
        return ""
    durations = "{column}" if format_.is_duration else "({column} - pd.Timestamp(0))"
    return f"{durations} / pd.Timedelta(days=1)"
