"""Somebody's table as a task that can be described and tuned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from numpy.typing import ArrayLike

from foretune.base import TaskType, UserError, counted, quoted
from foretune.meta_model import Memory
from foretune.tables import TaskRejected
from foretune.tasks import Task

NAME = "new"
MAX_ROWS = 20_000
MIN_CLASS_ROWS = 2
LEAST_ROWS = 2


class TableError(UserError, ValueError):
    """A table from which nothing can be recommended; the message says why and what to do."""


@dataclass(frozen=True)
class NewTask:
    """A table that is to be tuned.

    Attributes
    ----------
    task
        Cleaned; at most as many rows as were asked for.
    n_rows
        Rows of the table before that.
    notes
        What was changed, one sentence each.
    """

    task: Task
    n_rows: int
    notes: tuple[str, ...]

    @property
    def smallest_class(self) -> int:
        """Rows of the smallest class; all rows where there are no classes."""
        if self.task.task_type == "regression":
            return len(self.task.y)
        return int(self.task.y.value_counts().min())

    def describe(self, settings: Mapping[str, Any] | None) -> pd.Series:
        """Compute the metafeatures by the extractor that described the known tasks.

        Raises
        ------
        TableError
            If those were described elsewhere.
        """
        from foretune.metafeatures import MetafeatureExtractor

        if settings is None:
            raise TableError(
                "this memory learnt from tasks that Foretune did not describe: give the metafeatures of the "
                "new task as well, by the argument metafeatures"
            )
        return MetafeatureExtractor.from_settings(settings).extract(
            self.task.X, self.task.y, self.task.task_type
        )


def read_table(
    X: pd.DataFrame | ArrayLike,
    y: pd.Series | ArrayLike,
    task_type: TaskType | None = None,
    max_rows: int = MAX_ROWS,
    seed: int = 0,
) -> NewTask:
    """Make a task of a table.

    Columns without a single value are left out, rows without a target too, and classes of a single row. A
    table of more than ``max_rows`` rows is sampled, spread over classes or quantiles of the target. All that
    is said in the notes.

    Parameters
    ----------
    X
        Features, shape (n_rows, n_features). Text, categories and booleans are nominal, dates numeric.
    y
        Target, shape (n_rows,).
    task_type
        Told from the target if None, see :func:`foretune.metafeatures.infer_task_type`.
    max_rows
        Rows to keep at most.
    seed
        Seed of the sample.

    Raises
    ------
    TableError
        If nothing can be learnt from the table: shapes that do not fit, infinities, no feature, one class.
    """
    from foretune.metafeatures import infer_task_type
    from foretune.tables import TARGET_COLUMN, TaskRejected, clean_table
    from foretune.tasks import Task

    frame, target = _as_frame(X), _as_series(y)
    if len(frame) != len(target):
        raise TableError(f"X has {len(frame)} rows but y has {len(target)}")
    notes: list[str] = []
    if missing := int(target.isna().sum()):
        notes.append(f"{missing} of {len(target)} rows have no target and are left out")
    empty = [str(name) for name in frame.columns[frame.isna().all().to_numpy()]]
    if empty and len(frame):
        notes.append(f"columns without a single value are left out: {', '.join(empty[:5])}")
        frame = frame.drop(columns=empty)
    if frame.shape[1] == 0:
        raise TableError("no feature has a value: give a table with at least one feature")
    known = target.notna().to_numpy()
    frame, target = frame[known].reset_index(drop=True), target[known].reset_index(drop=True)
    if len(target) < LEAST_ROWS:
        raise TableError(f"rows with a target: n_samples = {len(target)}, at least {LEAST_ROWS} are needed")
    if task_type is None:
        task_type = infer_task_type(target)
    # A million rows are sampled before they are cleaned; the column of the target gets a name of its own
    kept = sample_rows(target, task_type, max_rows, seed)
    if len(kept) < len(target):
        notes.append(
            f"{len(kept):,} of {len(target):,} rows are looked at, spread over "
            f"{'classes' if task_type == 'classification' else 'quantiles of the target'}"
        )
    name = _free_name(frame)
    table = frame.iloc[kept].assign(**{name: target.iloc[kept].to_numpy()})
    try:
        clean = clean_table(table, name, task_type, min_class_rows=MIN_CLASS_ROWS)
    except TaskRejected as rejected:
        raise TableError(str(rejected).replace(f"'{name}'", "y").replace("target y", "y")) from None
    if dropped := len(kept) - len(clean.y):
        notes.append(f"{dropped} rows of classes with a single row are left out")
    task = Task(NAME, task_type, clean.X, pd.Series(clean.y, name=TARGET_COLUMN))
    return NewTask(task, len(target), tuple(notes))


def sample_rows(
    target: pd.Series | npt.NDArray[Any], task_type: TaskType, max_rows: int, seed: int
) -> npt.NDArray[np.intp]:
    """Choose at most so many rows, spread over classes or quantiles of the target.

    Parameters
    ----------
    target
        Without missing values, shape (n_rows,).
    task_type
        What the rows are spread over.
    max_rows
        Exceeded only where two rows of each class are more.
    seed
        Seed of the draw.

    Returns
    -------
    numpy.ndarray
        Positions, increasing.
    """
    from foretune.tables import subsample_rows

    series = pd.Series(target)
    strata = series.astype("category") if task_type == "classification" else series
    return subsample_rows(strata, max_rows, MIN_CLASS_ROWS, seed, NAME)


def _as_frame(X: Any) -> pd.DataFrame:

    if isinstance(X, pd.DataFrame):
        return X.reset_index(drop=True).set_axis([str(name) for name in X.columns], axis=1)
    if hasattr(X, "toarray"):
        raise TableError("X is sparse: give a dense table, such as X.toarray()")
    array = np.asarray(X)
    if array.ndim != 2:
        raise TableError(f"X must have two dimensions, got shape {array.shape}")
    frame = pd.DataFrame(array, columns=[f"x{at}" for at in range(array.shape[1])])
    return frame.infer_objects()


def _as_series(y: Any) -> pd.Series:

    if isinstance(y, pd.Series):
        return y.reset_index(drop=True)
    array = np.asarray(y)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise TableError(f"y must have one dimension, got shape {array.shape}")
    return pd.Series(array).infer_objects()


def _free_name(frame: pd.DataFrame) -> str:
    name = "y"
    while name in frame:
        name += "_"
    return name


def read_metafeatures(file: str) -> pd.Series:
    """Read the metafeatures of one task from a CSV or Parquet file with a single row, a column each.

    Raises
    ------
    TableError
        If the file cannot be read, or has not one row; the message names it.
    """
    from foretune.tables import read_user_file

    path = Path(file).expanduser()
    try:
        table = read_user_file(path, path.suffix)
    except TaskRejected as rejected:
        raise TableError(f"{file}: {rejected}") from None
    return _only_row(table, file)


def check_metafeatures(given: pd.Series | pd.DataFrame | Mapping[str, Any], memory: Memory) -> pd.Series:
    """Check that metafeatures are those of a memory.

    Parameters
    ----------
    given
        By name: a series, a mapping, or a frame with one row. Names that the memory does not know are
        ignored, missing ones count as undefined.
    memory
        Its tasks were described by the same metafeatures.

    Returns
    -------
    pandas.Series
        ``float64``.

    Raises
    ------
    TableError
        If none of the names is known, or a value of one that is known is no number.
    """
    row = (
        _only_row(given, "metafeatures")
        if isinstance(given, pd.DataFrame)
        else pd.Series(given, dtype=object)
    )
    known = [name for name in memory.metafeatures if name in row.index]
    if memory.metafeatures and not known:
        raise TableError(
            f"metafeatures: this memory knows none of {quoted(row.index)}; its tasks are described by "
            f"{quoted(memory.metafeatures)}"
        )
    for name in known:
        value = row[name]
        is_missing = pd.api.types.is_scalar(value) and pd.isna(value)
        if not is_missing and not isinstance(value, (int, float, np.number)):
            raise TableError(f"metafeatures: {name} = {value!r} is no number")
    return row[known].astype("float64")


def _only_row(table: pd.DataFrame, source: str) -> pd.Series:
    if len(table) != 1:
        raise TableError(
            f"{source}: {counted(len(table), 'row')}, but the new table is one task: give its row alone"
        )
    return table.iloc[0].astype(object)
