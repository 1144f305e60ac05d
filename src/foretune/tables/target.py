"""Targets: inference of the task type, reading, and removal of rare classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from numpy.typing import ArrayLike
from pandas.api import types

from foretune.base import TaskType, counted, quoted
from foretune.tables.cells import is_blank, is_missing_text
from foretune.tables.checks import LARGEST_NUMBER, TableError
from foretune.tables.cleaning import as_category, as_dense, is_time, to_days, unmasked
from foretune.tables.column_formats import (
    ColumnFormat,
    MarkFinder,
    TargetFormat,
    infer_target_format,
    read_column,
)

# Whole numbers are classes if at most so many differ, and each occurs twice on average ...
MOST_INFERRED_CLASSES = 20
# ... but with more than so many values, of which the largest are rare, and frequencies that rise and fall but
# once, they are counts. Of random class frequencies at most 4 % look so, of Poisson counts 77 to 100 %
MOST_PLAIN_CLASSES = 7
RARE = 0.1
# Standard deviations of a difference that is no second peak
PEAK_NOISE = 2
# With more values than this, the first may be a peak of its own: zeros of those who were never at risk
FEWEST_WITH_ZEROS = 10
# Classes of fewer rows on average are none that a model can learn
FEWEST_CLASS_ROWS = 3
FEWEST_FOLDS = 2
# Dimensions of a table
COLUMNS = 2
# Characters of a text in a message
LONGEST_TEXT = 40
# From 1 to this number on, whole numbers are often ratings
FEWEST_RATINGS = 5


@dataclass(frozen=True, eq=False)
class Target:
    """Target of the rows that have one.

    Attributes
    ----------
    values
        Shape (n_known,): ``category`` or ``float64``; the index is 0, 1, ...
    rows
        Positions of these rows in the input, shape (n_known,).
    task_type
        ``"classification"`` or ``"regression"``.
    notes, remarks
        What was decided and left out, one sentence each; remarks are about what nearly everybody means.
    """

    values: pd.Series
    rows: npt.NDArray[np.intp]
    task_type: TaskType
    notes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @classmethod
    def read(
        cls, column: pd.Series, task_type: TaskType | None = None, find: MarkFinder | None = None
    ) -> Target:
        """Read a raw target.

        Parameters
        ----------
        column
            Raw values, shape (n_rows,).
        task_type
            Inferred by :func:`infer_task_type` if None.
        find
            Finds the decimal mark of the features, see :func:`infer_target_format`.

        Raises
        ------
        TableError
            If the target holds infinities, or is not numeric in a regression task, or is about as much a
            column of numbers as one of texts.
        """
        wanted, column = task_type, as_dense(column)
        if task_type == "regression" and isinstance(column.dtype, pd.CategoricalDtype):
            column = column.astype(object)
        found = infer_target_format(column, find)
        format_, is_text = found.format, found.note and not types.is_numeric_dtype(column.dtype)
        if task_type == "regression" and format_.type == "nominal" and column.notna().any():
            raise TableError(_not_numeric(column))
        if wanted == "classification" and format_.type == "number":
            _check_discrete(column)
        task_type = task_type or infer_task_type(column, find)
        if task_type == "classification":
            values = _labels(column, format_)
        else:
            read = read_column(column, format_)
            values = to_days(read) if is_time(read.dtype) else read.astype("float64")
        _check_finite(column, values)
        known = np.flatnonzero(values.notna())
        notes = [
            *_describe_missing(column, values),
            *(_describe_unreadable(column, found) if task_type == "regression" else ()),
            *([] if is_text or not found.note else [found.note]),
        ]
        as_numbers = [f"{found.note} in the target '{column.name}'"] if is_text else []
        decided = [] if wanted else _describe_type(column, format_, values, task_type)
        is_usual = task_type == "classification" and _are_class_codes(values)
        return cls(
            values.iloc[known].reset_index(drop=True),
            known,
            task_type,
            (*notes, *([] if is_usual else decided)),
            (*(as_numbers if task_type == "regression" else ()), *(decided if is_usual else ())),
        )


def infer_task_type(y: pd.Series | ArrayLike, find: MarkFinder | None = None) -> TaskType:
    """Infer classification or regression from the target, ignoring missing values.

    Text, categories and truth values are classes. Dates and durations are if at most 20 differ, and each
    occurs twice on average. Numbers, also as text, are if they are all whole besides, unless they seem to be
    counts: more than 7 differ, their frequencies have one peak and the largest are rare. All others are a
    regression target.

    Raises
    ------
    TableError
        If the target holds many numbers and many texts that are none, or texts that hardly repeat.
    """
    column = y if isinstance(y, pd.Series) else pd.Series(np.asarray(unmasked(y))).infer_objects()
    format_ = infer_target_format(column, find).format
    if format_.type == "nominal" or _is_truth(column):
        _check_repeated(column)
        return "classification"
    known = read_column(column, format_).dropna().to_numpy()
    values, counts = np.unique(known, return_counts=True)
    few = values.size <= min(MOST_INFERRED_CLASSES, known.size / 2)
    if format_.type == "time":
        return "classification" if few else "regression"
    is_whole = few and bool((values == np.floor(values)).all())
    return "classification" if is_whole and not _are_counts(counts) else "regression"


def holds_numbers(y: Any) -> bool:
    """Return whether a target holds numbers, also as text.

    Truth values, categories and several columns are none.
    """
    try:
        column = as_series(y)
        return not _is_truth(column) and infer_target_format(column).format.type == "number"
    except TableError:
        return False


def as_series(y: Any) -> pd.Series:
    """Convert a target to a series, called ``y`` if it has no name.

    Raises
    ------
    TableError
        If it is not one value per row.
    """
    if not isinstance(y, pd.Series):
        try:
            array = np.asarray(unmasked(y))
        except ValueError:
            raise TableError("y has rows of several lengths: give one value per row") from None
        if array.ndim == COLUMNS and array.shape[1] == 1:
            array = array[:, 0]
        if array.ndim != 1:
            raise TableError(f"y must have one dimension, got shape {array.shape}")
        y = pd.Series(array)
    series: pd.Series = y.infer_objects().reset_index(drop=True)
    return series.rename("y") if series.name is None else series


def _check_repeated(column: pd.Series) -> None:
    """Reject texts of which most occur once or twice, which may be numbers or names."""
    if isinstance(column.dtype, pd.CategoricalDtype) or not _hardly_repeat(column):
        return
    texts = as_category(column).cat.categories
    have_digits = sum(any(map(str.isdigit, text)) for text in texts) > len(texts) / 2
    quantities = "if they are quantities, leave only the numbers in the cells; " if have_digits else ""
    shown = quoted([text[:LONGEST_TEXT] for text in texts[:2]])
    raise TableError(
        f"target '{column.name}' holds {len(texts)} different texts in {column.notna().sum()} rows, such as "
        f"{shown}, which are no numbers or dates, but hardly repeat: {quantities}"
        "task_type='classification' takes them as classes"
    )


def _check_discrete(column: pd.Series) -> None:
    """Reject classes that are measurements."""
    known = column.dropna()
    values = pd.to_numeric(known, errors="coerce").dropna()
    if _hardly_repeat(column) and bool((values != np.floor(values)).any()):
        raise TableError(
            f"target '{column.name}' holds {known.nunique()} different numbers with decimals in {len(known)} "
            "rows, which are no classes: use task_type regression, or make classes, such as by pandas.cut"
        )


def _hardly_repeat(column: pd.Series) -> bool:
    n_values = as_category(column).cat.categories.size
    return n_values > MOST_INFERRED_CLASSES and column.notna().sum() < FEWEST_CLASS_ROWS * n_values


def _are_counts(counts: npt.NDArray[np.intp]) -> bool:
    """Return whether values are quantities, by how often each occurs: one peak, and the largest are rare."""
    if counts.size <= MOST_PLAIN_CLASSES or counts[-1] > RARE * counts.max():
        return False
    return _has_one_peak(counts) or (counts.size > FEWEST_WITH_ZEROS and _has_one_peak(counts[1:]))


def _has_one_peak(counts: npt.NDArray[np.intp]) -> bool:
    """Return whether frequencies fall on both sides of the highest, but for chance."""
    peak = int(counts.argmax())
    for side in (counts[peak:], counts[peak::-1]):
        low = np.minimum.accumulate(side)
        if (side - low > PEAK_NOISE * np.sqrt(side + low)).any():
            return False
    return True


def _are_class_codes(labels: pd.Series) -> bool:
    """Return whether labels are 0, 1, 2, ..., as of an encoder, or so few from 1 on that none rates."""
    n, known = labels.cat.categories.size, set(labels.cat.categories)
    from_one = n < FEWEST_RATINGS and known == {str(1 + code) for code in range(n)}
    return from_one or known == {str(code) for code in range(n)}


def _is_truth(column: pd.Series) -> bool:
    if types.is_bool_dtype(column.dtype):
        return True
    known = column.dropna()
    return not types.is_numeric_dtype(column.dtype) and all(
        isinstance(value, bool | np.bool_) or str(value).strip().lower() in ("true", "false")
        for value in known.unique()
    )


def _labels(column: pd.Series, format_: ColumnFormat) -> pd.Series:
    """Return classes, of which only empty cells are missing; cells that are no number beside numbers too."""
    is_empty = column.map(is_blank).astype(bool) if not types.is_numeric_dtype(column.dtype) else None
    if format_.type == "number" and is_empty is not None:
        is_empty = column.map(is_missing_text).astype(bool)
    return as_category(column if is_empty is None or not is_empty.any() else column.where(~is_empty))


def _check_finite(column: pd.Series, values: pd.Series) -> None:
    numbers = values if values.dtype.kind == "f" else column
    if types.is_float_dtype(numbers.dtype) and np.isinf(numbers.to_numpy(np.float64, na_value=np.nan)).any():
        raise TableError(f"non-finite numbers in the target '{column.name}': remove those rows")
    if values.dtype.kind == "f" and (largest := values.abs().max()) > LARGEST_NUMBER:
        raise TableError(
            f"the target '{column.name}' has numbers of up to {largest:.0e}, whose squares overflow in "
            "learners: divide it, or take its logarithm"
        )


def _not_numeric(column: pd.Series) -> str:
    labels = as_category(column).cat.categories
    is_text = pd.to_numeric(pd.Series(labels, index=labels), errors="coerce").isna()
    may_be_classes = 2 * len(labels) <= column.notna().sum()
    return (
        f"regression target '{column.name}' is not numeric (for example '{is_text.idxmax()}'): use numbers"
        + (", or task_type classification" if may_be_classes else "")
    )


def _describe_missing(column: pd.Series, values: pd.Series) -> list[str]:
    is_missing = values.isna().to_numpy()
    if not is_missing.any():
        return []
    cells = [cell for cell in column[is_missing].dropna().astype(str).unique() if cell.strip()]
    such_as = f" ({quoted(cells, 3)})" if cells else ""
    return [f"{is_missing.sum()} of {len(column)} rows have no target{such_as} and are left out"]


def _describe_unreadable(column: pd.Series, found: TargetFormat) -> list[str]:
    if not found.unreadable:
        return []
    return [
        f"the target '{column.name}' is numeric, but {counted(found.n_unreadable, 'cell')} cannot be read: "
        f"{quoted(found.unreadable, 3)}"
    ]


def _describe_type(
    column: pd.Series, format_: ColumnFormat, values: pd.Series, task_type: TaskType
) -> list[str]:
    """Note a task type that could be the other one, and how to change it."""
    if format_.type == "time":
        return [_describe_times(column, values, task_type)]
    if format_.type != "number" or _is_truth(column):
        return []
    if task_type == "classification":
        n = values.nunique()
        if n < 3:
            return []
        return [
            f"the {n} whole numbers of the target '{column.name}' are read as classes; "
            f"task_type='regression' predicts them as quantities, such as counts or ratings"
        ]
    known = values.dropna()
    if known.nunique() <= MOST_INFERRED_CLASSES and bool((known == np.floor(known)).all()):
        return [
            f"the {known.nunique()} whole numbers of the target '{column.name}' are read as quantities; "
            f"task_type='classification' predicts them as classes"
        ]
    return []


def _describe_times(column: pd.Series, values: pd.Series, task_type: TaskType) -> str:
    if task_type == "regression":
        return f"the target '{column.name}' is a time and is predicted in days (since 1970-01-01 for dates)"
    return (
        f"the {values.nunique()} times of the target '{column.name}' are read as classes; "
        f"task_type='regression' predicts them in days"
    )


def without_rare_classes(y: pd.Series, task_type: TaskType, name: str, min_class_rows: int) -> pd.Series:
    """Remove the rows of classes that are too small for cross-validation; regression targets are unchanged.

    Parameters
    ----------
    y, task_type
        Cleaned target, shape (n_rows,), and its type.
    name
        Name of the target in messages.
    min_class_rows
        Classes with fewer rows are left out: the number of folds.

    Raises
    ------
    TableError
        If there are too few rows, or fewer than two classes or values.
    """
    if len(y) < min_class_rows:
        raise TableError(
            f"{counted(len(y), 'row')} with a target, fewer than {min_class_rows} folds: add rows"
        )
    if not (y != y.iloc[0]).any():
        if task_type == "classification":
            raise TableError(f"target '{name}' has one class only, '{y.iloc[0]}': add rows of another class")
        raise TableError(f"target '{name}' is constant: choose a target that varies")
    if task_type == "regression":
        return y
    counts = y.value_counts()
    if counts.max() == 1:
        instead = ", or use task_type regression for numbers" if _are_numbers(counts.index) else ""
        raise TableError(
            f"the {len(y)} values of target '{name}' all differ, so that they are no classes: choose a "
            f"target whose values repeat{instead}"
        )
    y = y[~y.isin(counts.index[counts < min_class_rows])].cat.remove_unused_categories()
    if (n_classes := y.nunique()) < 2:
        raise TableError(
            f"target '{name}' has {counted(n_classes, 'class', 'classes')} of at least {min_class_rows} "
            "rows, two are needed: add rows of other classes"
            + (", lower n_folds" if min_class_rows > FEWEST_FOLDS else "")
            + (", or use task_type regression for a continuous target" if _are_numbers(counts.index) else "")
        )
    return y


def _are_numbers(labels: pd.Index) -> bool:
    return bool(pd.to_numeric(labels.to_series(), errors="coerce").notna().all())
