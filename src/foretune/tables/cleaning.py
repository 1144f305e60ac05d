"""From a raw table to features and target of known types.

The rules, the same for every source:

- column names become text; a feature called ``target`` becomes ``target_``;
- numbers stay numbers (``int64``, or ``float64`` if any is missing or too large), booleans become 0 and 1,
  dates become days since 1970-01-01, durations become days;
- everything else (text, pandas categories, mixed values) is nominal: a ``category`` of text, whose
  categories are the values that occur, sorted;
- rows without target are dropped, and so are classes with fewer rows than there are folds.
"""

from __future__ import annotations

import decimal
import numbers
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.base import TaskType
from foretune.tables.checks import (
    TaskRejected,
    check_classes,
    check_features,
    check_raw_frame,
    check_target,
)
from foretune.tables.names import TARGET_COLUMN

NUMBERS = (numbers.Real, decimal.Decimal)
SECONDS_PER_DAY = 86_400
LARGEST_INTEGER = 2**63 - 1


@dataclass(frozen=True)
class CleanTable:
    """A table that can become a task.

    Attributes
    ----------
    X
        Features, shape (n_rows, n_features): ``int64``, ``float64`` or ``category``.
    y
        Target, shape (n_rows,): ``category`` or ``float64``, without missing values.
    task_type
        ``"classification"`` or ``"regression"``.
    n_rows_source
        Rows of the raw table.
    """

    X: pd.DataFrame
    y: pd.Series
    task_type: TaskType
    n_rows_source: int


def clean_table(
    frame: pd.DataFrame,
    target: str,
    task_type: TaskType,
    drop_columns: Collection[str] = (),
    min_class_rows: int = 2,
) -> CleanTable:
    """Apply the rules of this module to a raw table.

    Parameters
    ----------
    frame
        Features and target as their source delivers them, shape (n_rows, n_columns).
    target
        Name of the column to predict, as text.
    task_type
        ``"classification"`` or ``"regression"``.
    drop_columns
        Names of columns that are no features.
    min_class_rows
        Classes with fewer rows are dropped: the number of cross-validation folds.

    Returns
    -------
    CleanTable
        Row index 0, 1, ...; original order of rows and columns.

    Raises
    ------
    TaskRejected
        If the table cannot become a task; the message says why.
    """
    frame = frame.set_axis([str(name) for name in frame.columns], axis=1)
    check_raw_frame(frame, target, drop_columns)
    y = clean_target(frame[target], task_type)
    check_target(y, task_type, target, min_class_rows)
    if task_type == "classification":
        y = y[~is_rare_class(y, min_class_rows)]
        check_classes(y, target, min_class_rows)
    features = frame.drop(columns=[target, *drop_columns]).loc[y.index]
    X = pd.DataFrame({name: clean_column(features[name]) for name in features})
    X = X.rename(columns=_free_name(features.columns))
    check_features(X)
    if task_type == "classification":
        y = y.cat.remove_unused_categories()
    y = y.reset_index(drop=True).rename(TARGET_COLUMN)
    return CleanTable(X.reset_index(drop=True), y, task_type, len(frame))


def clean_column(column: pd.Series) -> pd.Series:
    """Return a column as ``int64``, ``float64`` or ``category`` by the rules of this module."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return as_category(column)
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return _days((column.dt.tz_convert(None) if column.dt.tz else column) - pd.Timestamp(0))
    if pd.api.types.is_timedelta64_dtype(dtype):
        return _days(column)
    if pd.api.types.is_numeric_dtype(dtype) or _holds_only(column, NUMBERS):
        return _as_number(column)
    return as_category(column)


def as_category(column: pd.Series) -> pd.Series:
    """Return a column as a ``category`` of text; a whole number reads the same with and without ``.0``."""
    codes, labels = _label_values(column)
    values = pd.Categorical.from_codes(codes, categories=pd.Index(labels, dtype=object).astype(str))
    return pd.Series(values, index=column.index, name=column.name)


def _label_values(column: pd.Series) -> tuple[npt.NDArray[Any], Any]:
    """Return a column's labels in order, and the position of each row's label among them; -1 if missing."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes, known = np.asarray(column.cat.codes, dtype=np.intp), column.cat.categories
    elif isinstance(column.dtype, pd.StringDtype):
        codes, known = pd.factorize(column)
    else:
        # Values that only compare as equal, 1 and True, have labels of their own
        return pd.factorize(column.astype(object).map(_label, na_action="ignore"), sort=True)
    # Each value is labelled once, however many rows have it
    used = np.unique(codes[codes >= 0])
    own, labels = pd.factorize(known.astype(object).take(used).map(_label), sort=True)
    position = np.full(len(known) + 1, -1, dtype=np.intp)
    position[used] = own
    return position[codes], labels


def clean_target(column: pd.Series, task_type: TaskType) -> pd.Series:
    """Return the rows that have a target, as ``category`` or ``float64``.

    Raises
    ------
    TaskRejected
        If the target holds infinities, or is not numeric in a regression task.
    """
    column = column[column.notna()]
    cleaned = clean_column(column)
    if isinstance(cleaned.dtype, pd.CategoricalDtype):
        if task_type == "regression":
            is_text = pd.to_numeric(cleaned.cat.categories.to_series(), errors="coerce").isna()
            example = is_text.idxmax()
            raise TaskRejected(
                f"regression target '{column.name}' is not numeric (for example '{example}'): "
                "use numbers, or task_type classification"
            )
        return cleaned
    if np.isinf(cleaned.to_numpy(dtype=float)).any():
        raise TaskRejected(f"non-finite numbers in the target '{column.name}': remove those rows")
    return as_category(column) if task_type == "classification" else cleaned.astype("float64")


def is_rare_class(y: pd.Series, min_class_rows: int) -> pd.Series:
    """Tell for every row of a ``category`` target whether its class has fewer than `min_class_rows` rows."""
    counts = y.value_counts()
    return y.isin(counts.index[counts < min_class_rows])


def _label(value: object) -> str:
    is_whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if is_whole else str(value)  # type: ignore[call-overload]


def _holds_only(column: pd.Series, types: tuple[type, ...]) -> bool:
    return column.dtype == object and all(isinstance(value, types) for value in column.dropna())


def _as_number(column: pd.Series) -> pd.Series:

    whole = pd.api.types.is_bool_dtype(column.dtype) or pd.api.types.is_integer_dtype(column.dtype)
    if whole and not column.isna().any() and column.max() <= LARGEST_INTEGER:
        return column.astype("int64")
    return column.astype("float64")


def _days(durations: pd.Series) -> pd.Series:
    days: pd.Series = durations.dt.total_seconds() / SECONDS_PER_DAY
    return days


def _free_name(columns: Collection[str]) -> dict[str, str]:
    """Rename a feature called like the target column of a stored task."""
    name = f"{TARGET_COLUMN}_"
    while name in columns:
        name += "_"
    return {TARGET_COLUMN: name}
