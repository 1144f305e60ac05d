"""Cleaned table: features, target and task type."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from numpy.typing import ArrayLike

from foretune.base import TaskType, quoted
from foretune.tables.checks import TableError, check_features, check_raw_frame
from foretune.tables.cleaning import ColumnKind, clean_columns, column_kind, is_empty
from foretune.tables.names import TARGET_COLUMN
from foretune.tables.subsample import subsample_rows
from foretune.tables.target import clean_target, infer_task_type, without_rare_classes

MIN_CLASS_ROWS = 2
# Name of the random stream that draws the rows
SAMPLE = "new"


@dataclass(frozen=True, eq=False)
class Table:
    """Features and target, cleaned by the rules of :mod:`foretune.tables.cleaning`.

    Attributes
    ----------
    X
        Features, shape (n_rows, n_features): ``int64``, ``float64``, ``datetime64``, ``timedelta64`` or
        ``category``; column names are text, the index is 0, 1, ...
    y
        Target, shape (n_rows,), without missing values: ``category`` or ``float64``.
    task_type
        ``"classification"`` or ``"regression"``.
    rows
        Positions of the rows in the input, increasing, shape (n_rows,).
    n_rows, n_rows_given
        Number of input rows with a target, before sampling, and of all input rows.
    notes
        What was changed, one sentence each.
    """

    X: pd.DataFrame
    y: pd.Series
    task_type: TaskType
    rows: npt.NDArray[np.intp]
    n_rows: int
    n_rows_given: int
    notes: tuple[str, ...] = ()

    @classmethod
    def read(
        cls,
        X: pd.DataFrame | ArrayLike,
        y: pd.Series | ArrayLike,
        task_type: TaskType | None = None,
        max_rows: int | None = None,
        seed: int = 0,
    ) -> Table:
        """Read features and target; rows without a target and columns without a value are left out.

        Parameters
        ----------
        X, y
            Features, shape (n_rows, n_features), a frame of any columns or an array; target, shape (n_rows,).
        task_type
            Inferred by :func:`infer_task_type` if None.
        max_rows, seed
            Size and seed of a sample, stratified by classes or quantiles of the target; None for all rows.

        Raises
        ------
        TableError
            If the shapes do not fit, or the target is infinite, or not numeric in regression.
        """
        frame, target = as_frame(X), _as_series(y)
        if len(frame) != len(target):
            raise TableError(f"X has {len(frame)} rows but y has {len(target)}")
        known = np.flatnonzero(target.notna())
        task_type = task_type or infer_task_type(target)
        rows = known if max_rows is None else known[_sample(target.iloc[known], task_type, max_rows, seed)]
        features = frame if len(rows) == len(frame) else frame.iloc[rows]
        has_none = is_empty(features)
        return cls(
            clean_columns(features.iloc[:, np.flatnonzero(~has_none)].reset_index(drop=True)),
            clean_target(target.iloc[rows], task_type).reset_index(drop=True),
            task_type,
            rows,
            len(known),
            len(frame),
            tuple(_notes(len(frame), len(known), len(rows), frame.columns[has_none], task_type)),
        )

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        target: str,
        task_type: TaskType,
        drop_columns: Collection[str] = (),
        min_class_rows: int = MIN_CLASS_ROWS,
    ) -> Table:
        """Read the raw table of a task.

        Parameters
        ----------
        frame
            Raw features and target, shape (n_rows, n_columns).
        target, task_type
            Name of the column to predict, as text, and its type; a feature called ``target`` becomes
            ``target_``.
        drop_columns
            Names of columns that are not features.
        min_class_rows
            Classes with fewer rows are left out: the number of cross-validation folds.

        Raises
        ------
        TableError
            If the table cannot be a task.
        """
        frame = as_frame(frame).reset_index(drop=True)
        check_raw_frame(frame, target, drop_columns)
        known = clean_target(frame[target], task_type)
        y = without_rare_classes(known, task_type, target, min_class_rows)
        rows = y.index.to_numpy()
        features = frame.drop(columns=[target, *drop_columns]).iloc[rows].reset_index(drop=True)
        X = clean_columns(features).rename(columns=_free_name(features.columns))
        check_features(X)
        y = y.reset_index(drop=True).rename(TARGET_COLUMN)
        return cls(X, y, task_type, rows, len(known), len(frame))

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
    if hasattr(X, "to_pandas"):
        X = X.to_pandas()
    if isinstance(X, pd.DataFrame):
        return X.set_axis([str(name) for name in X.columns], axis=1)
    if hasattr(X, "toarray"):
        raise TableError("X is sparse: give a dense table, such as X.toarray()")
    array = np.asarray(X)
    if array.ndim != 2:
        raise TableError(f"X must have two dimensions, got shape {array.shape}")
    return pd.DataFrame(array, columns=[f"x{at}" for at in range(array.shape[1])]).infer_objects()


def _as_series(y: Any) -> pd.Series:
    """Convert a target to a series, called ``y`` if it has no name."""
    if not isinstance(y, pd.Series):
        array = np.asarray(y)
        if array.ndim == 2 and array.shape[1] == 1:
            array = array[:, 0]
        if array.ndim != 1:
            raise TableError(f"y must have one dimension, got shape {array.shape}")
        y = pd.Series(array)
    series: pd.Series = y.infer_objects().reset_index(drop=True)
    return series.rename("y") if series.name is None else series


def _sample(target: pd.Series, task_type: TaskType, max_rows: int, seed: int) -> npt.NDArray[np.intp]:
    strata = target.astype("category") if task_type == "classification" else target
    return subsample_rows(strata, max_rows, MIN_CLASS_ROWS, seed, SAMPLE)


def _notes(n_given: int, n_known: int, n_kept: int, empty: pd.Index, task_type: TaskType) -> list[str]:
    notes = []
    if n_known < n_given:
        notes.append(f"{n_given - n_known} of {n_given} rows have no target and are left out")
    if len(empty) and n_kept:
        notes.append(f"columns without a single value are left out: {quoted(empty)}")
    if n_kept < n_known:
        spread = "classes" if task_type == "classification" else "quantiles of the target"
        notes.append(f"{n_kept:,} of {n_known:,} rows are looked at, spread over {spread}")
    return notes


def _free_name(columns: Collection[str]) -> dict[str, str]:
    """Return a new name for a feature called like the target column of a stored task."""
    name = f"{TARGET_COLUMN}_"
    while name in columns:
        name += "_"
    return {TARGET_COLUMN: name}
