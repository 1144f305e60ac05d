"""Learning task: features, target and content hash."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from foretune.base import TaskType
from foretune.tables import TARGET_COLUMN, RowSplit, SplitKind, with_days

# Columns of a partition for the groups or times of its rows, under names that no feature has
SPLIT_COLUMNS: dict[str, SplitKind] = {"foretune:groups": "groups", "foretune:time": "time"}


@dataclass(frozen=True)
class Task:
    """Supervised learning task: features and target of a cleaned table.

    Attributes
    ----------
    task_id
        Unique name, and name of its Parquet partition.
    task_type
        ``"classification"`` or ``"regression"``.
    X
        Features, shape (n_rows, n_features), as in :class:`foretune.tables.Table`: text for column names,
        numbers (booleans are 0 and 1), times, and nominal columns as ``category``. Missing values are NaN or
        NaT; infinities do not occur.
    y
        Target, shape (n_rows,), without missing values: ``category`` for classification, otherwise
        ``float64``.
    split
        Groups or times by which the rows are split for cross-validation; None to split at random.
    """

    task_id: str
    task_type: TaskType
    X: pd.DataFrame
    y: pd.Series
    split: RowSplit | None = None

    @classmethod
    def from_frame(cls, task_id: str, task_type: TaskType, frame: pd.DataFrame) -> Task:
        """Split a partition, whose last column is ``target``, into features, target and groups or times."""
        found = [name for name in SPLIT_COLUMNS if name in frame.columns]
        splits = [RowSplit(SPLIT_COLUMNS[name], frame[name].to_numpy(dtype=np.int64)) for name in found]
        X = frame.drop(columns=[TARGET_COLUMN, *found])
        return cls(task_id, task_type, X, frame[TARGET_COLUMN], *splits)

    def to_frame(self) -> pd.DataFrame:
        """Return the features, groups or times, and the target as last column, as in a partition."""
        split = self.split
        if split is None:
            return self.X.assign(**{TARGET_COLUMN: self.y})
        (name,) = [name for name, kind in SPLIT_COLUMNS.items() if kind == split.kind]
        return self.X.assign(**{name: split.codes}).assign(**{TARGET_COLUMN: self.y})


def content_hash(task: Task) -> str:
    """Compute a hash of the content of a task, independent of its name.

    Parameters
    ----------
    task
        The task.

    Returns
    -------
    str
        64 hexadecimal digits (SHA-256) over names, kinds and values of the columns, target last, and over the
        groups or times by which rows are split: without any it is that of features and target. It depends
        on the order of rows and columns, but not on the row index, the order of categories, unused
        categories, the sign of zero, the storage of strings or whether days are stored as times.
    """
    digest = hashlib.sha256()
    frame = with_days(task.X.assign(**{TARGET_COLUMN: task.y}))
    digest.update(f"{len(frame)}x{frame.shape[1]}".encode())
    for name in frame.columns:
        _update_with_text(digest, name)
        _update_with_values(digest, frame[name])
    if task.split is not None:
        _update_with_text(digest, f"split by {task.split.kind}")
        digest.update(task.split.codes.astype("<i8").tobytes())
    return digest.hexdigest()


def _update_with_text(digest: hashlib._Hash, text: str) -> None:
    """Add a text prefixed by its length, so that "ab", "c" and "a", "bc" differ."""
    encoded = text.encode("utf-8", "surrogatepass")
    digest.update(f"{len(encoded)}:".encode() + encoded)


def _update_with_values(digest: hashlib._Hash, column: pd.Series) -> None:

    if isinstance(column.dtype, pd.CategoricalDtype):
        # Codes of the sorted observed values: one pass over integers
        values = column.astype(object)
        labels = values.map(str, na_action="ignore")
        codes, observed = pd.factorize(labels, sort=True)
        digest.update(b"category")
        for label in observed:
            _update_with_text(digest, label)
        digest.update(codes.astype("<i8").tobytes())
        return
    array = column.to_numpy()
    if array.dtype.kind == "f":
        array = np.where(np.isnan(array), np.nan, array + 0.0).astype("<f8")
    digest.update(array.dtype.kind.encode() + array.astype(array.dtype.newbyteorder("<")).tobytes())
