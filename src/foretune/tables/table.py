"""Tables as learners and metafeatures see them: features, target and task type."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from numpy.typing import ArrayLike

from foretune.base import TaskType
from foretune.tables.checks import TableError, check_finite, check_raw_frame
from foretune.tables.cleaning import ColumnKind, column_kind, decode, unmasked
from foretune.tables.column_formats import TableFormat, find_mark, read_columns
from foretune.tables.names import TARGET_COLUMN, ColumnType
from foretune.tables.row_split import RowSplit, SplitColumn
from foretune.tables.subsample import subsample_rows
from foretune.tables.target import Target, as_series, without_rare_classes

MIN_CLASS_ROWS = 2
# Name of the random stream that draws the rows
SAMPLE = "new"


@dataclass(frozen=True, eq=False)
class Table:
    """Features and target, read by the rules of :mod:`foretune.tables.column_formats`.

    Attributes
    ----------
    X
        Features, shape (n_rows, n_features): ``int64``, ``float64``, ``datetime64``, ``timedelta64`` or
        ``category``; column names are text, the index is 0, 1, ... The parts of dates come last.
    y
        Target, shape (n_rows,), without missing values: ``category`` or ``float64``.
    task_type
        ``"classification"`` or ``"regression"``.
    rows
        Positions of the rows in the input, increasing, shape (n_rows,).
    n_rows, n_rows_given
        Number of input rows with a target, before sampling, and of all input rows.
    format
        Formats of the raw columns, to read more rows.
    notes, remarks
        What was decided and changed, one sentence each; remarks are about what nearly everybody means.
    split
        Groups or times of the rows, by which they are split; None to split at random.
    """

    X: pd.DataFrame
    y: pd.Series
    task_type: TaskType
    rows: npt.NDArray[np.intp]
    n_rows: int
    n_rows_given: int
    format: TableFormat
    notes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    split: RowSplit | None = None

    @classmethod
    def read(
        cls,
        X: pd.DataFrame | ArrayLike,
        y: pd.Series | ArrayLike,
        task_type: TaskType | None = None,
        max_rows: int | None = None,
        seed: int = 0,
        column_types: Mapping[str, ColumnType] | None = None,
    ) -> Table:
        """Read features and target; rows without a target and columns that tell nothing are left out.

        Parameters
        ----------
        X, y
            Features, shape (n_rows, n_features), a frame of any columns or an array; target, shape (n_rows,).
        task_type
            Inferred by :func:`foretune.tables.target.infer_task_type` if None.
        max_rows, seed
            Size and seed of a sample, stratified by classes or quantiles of the target; None for all rows.
        column_types
            Types of columns by name, ``"number"``, ``"time"``, ``"nominal"`` or ``"ignored"``, instead of
            the inferred ones.

        Raises
        ------
        TableError
            If the shapes do not fit, or the target is infinite, or not numeric in regression, or a type does
            not fit a column.
        """
        frame, target = as_frame(X), as_series(y)
        if len(frame) != len(target):
            raise TableError(f"X has {len(frame)} rows but y has {len(target)}")
        find = cache(partial(find_mark, frame, target))
        answer = Target.read(target, task_type, find)
        known = frame if len(answer.rows) == len(frame) else frame.iloc[answer.rows]
        read, format_ = read_columns(known.reset_index(drop=True), column_types, find)
        chosen = np.arange(len(answer.rows))
        if max_rows is not None:
            chosen = sample_rows(answer.values, max_rows, seed)
        X = read if len(chosen) == len(read) else _take(read, chosen)
        rows = answer.rows[chosen]
        y = answer.values.iloc[chosen].reset_index(drop=True)
        return cls(
            X,
            y.cat.remove_unused_categories() if answer.task_type == "classification" else y,
            answer.task_type,
            rows,
            len(answer.rows),
            len(frame),
            format_,
            (*answer.notes, *format_.notes, *_describe_sample(len(rows), answer)),
            (*answer.remarks, *format_.remarks),
        )

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        target: str,
        task_type: TaskType | None,
        drop_columns: Collection[str] = (),
        min_class_rows: int = MIN_CLASS_ROWS,
        column_types: Mapping[str, ColumnType] | None = None,
        split_column: SplitColumn | None = None,
    ) -> Table:
        """Read the raw table of a task.

        Parameters
        ----------
        frame
            Raw features and target, shape (n_rows, n_columns).
        target, task_type
            Name of the column to predict, as text, and its type, inferred if None; a feature called
            ``target`` becomes ``target_``.
        drop_columns
            Names of columns that are not features.
        min_class_rows
            Classes with fewer rows are left out: the number of cross-validation folds.
        column_types
            Types of columns by name, instead of the inferred ones.
        split_column
            Column of groups or times by which rows are split; None to split at random.

        Raises
        ------
        TableError
            If the table cannot be a task.
        """
        frame = as_frame(frame).reset_index(drop=True)
        if split_column is not None and target in frame.columns:
            split_column.check(frame.columns, target)
            drop_columns = [*drop_columns, *split_column.left_out]
        check_raw_frame(frame, target, drop_columns)
        find = cache(partial(find_mark, frame))
        answer = Target.read(frame[target], task_type, find)
        y = without_rare_classes(answer.values, answer.task_type, target, min_class_rows)
        kept = frame.iloc[answer.rows[y.index]].reset_index(drop=True)
        split = None
        if split_column is not None:
            split = split_column.read(kept, column_types, find)
            column_types = split_column.types_of_features(column_types)
        features = kept.drop(columns=[target, *drop_columns])
        read, format_ = read_columns(features, column_types, find)
        X = read.rename(columns=_free_name(features.columns))
        if X.shape[1] == 0:
            raise TableError("no feature has a value: add features, or shorten drop_columns")
        check_finite(X)
        return cls(
            X,
            y.reset_index(drop=True).rename(TARGET_COLUMN),
            answer.task_type,
            answer.rows[y.index],
            len(answer.rows),
            len(frame),
            format_,
            (*answer.notes, *format_.notes, *(() if split is None else split.notes)),
            (*answer.remarks, *format_.remarks),
            split,
        )

    @property
    def kinds(self) -> tuple[ColumnKind, ...]:
        """Kind of each column."""
        return tuple(column_kind(self.X.iloc[:, at]) for at in range(self.X.shape[1]))


def as_frame(X: Any) -> pd.DataFrame:
    """Convert a table of any type to a frame whose column names are text.

    Raises
    ------
    TableError
        If it is sparse or not two-dimensional.
    """
    X = as_pandas(X)
    if isinstance(X, pd.DataFrame):
        return X.set_axis([str(name) for name in X.columns], axis=1)
    if hasattr(X, "toarray"):
        raise TableError("X is sparse: give a dense table, such as X.toarray()")
    array = np.asarray(X)
    if array.ndim != 2:
        raise TableError(f"X must have two dimensions, got shape {array.shape}")
    return pd.DataFrame(array, columns=[f"x{at}" for at in range(array.shape[1])]).infer_objects()


def as_pandas(X: Any) -> Any:
    """Convert a table of Arrow or Polars to a frame of pandas, and a masked array to one with missing cells.

    Anything else is returned unchanged.
    """
    if not hasattr(X, "to_pandas"):
        return unmasked(X)
    frame = X.to_pandas()
    return decode(frame, X.schema) if hasattr(X, "schema") else frame


def _take(read: pd.DataFrame, rows: npt.NDArray[np.intp]) -> pd.DataFrame:
    """Take rows; categories are those that occur in them."""
    taken = read.iloc[rows].reset_index(drop=True)
    columns = [taken.iloc[:, at] for at in range(taken.shape[1])]
    used = [
        column.cat.remove_unused_categories() if isinstance(column.dtype, pd.CategoricalDtype) else column
        for column in columns
    ]
    return pd.DataFrame(dict(enumerate(used)), index=taken.index).set_axis(taken.columns, axis=1)


def sample_rows(y: pd.Series, max_rows: int, seed: int) -> npt.NDArray[np.intp]:
    """Return the positions of the rows of a new table that are looked at, see :func:`subsample_rows`."""
    return subsample_rows(y, max_rows, MIN_CLASS_ROWS, seed, SAMPLE)


def _describe_sample(n_kept: int, answer: Target) -> list[str]:
    n_known = len(answer.rows)
    if n_kept == n_known:
        return []
    spread = "classes" if answer.task_type == "classification" else "quantiles of the target"
    return [f"{n_kept:,} of {n_known:,} rows are looked at, spread over {spread}"]


def _free_name(columns: Collection[str]) -> dict[str, str]:
    """Return a new name for a feature called like the target column of a stored task."""
    name = f"{TARGET_COLUMN}_"
    while name in columns:
        name += "_"
    return {TARGET_COLUMN: name}
