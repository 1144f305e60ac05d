"""A learning task: a table, its target and what is known of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from foretune.base import TaskType
from foretune.tables import TARGET_COLUMN


@dataclass(frozen=True)
class Task:
    """One learning task, ready to be tuned and described.

    Attributes
    ----------
    task_id
        Unique name; also the name of its Parquet partition.
    task_type
        ``"classification"`` or ``"regression"``.
    X
        Features, shape (n_rows, n_features); string column names, nominal columns as pandas ``category``,
        every other column numeric or boolean. Missing values are NaN; infinities do not occur.
    y
        Target, shape (n_rows,), without missing values: ``category`` for classification, ``float64`` else.
    """

    task_id: str
    task_type: TaskType
    X: pd.DataFrame
    y: pd.Series

    @classmethod
    def from_frame(cls, task_id: str, task_type: TaskType, frame: pd.DataFrame) -> Task:
        """Split a partition, whose last column is ``target``, into features and target."""
        return cls(task_id, task_type, frame.drop(columns=TARGET_COLUMN), frame[TARGET_COLUMN])

    def to_frame(self) -> pd.DataFrame:
        """Return the features with the target as last column, the form in which a task is stored."""
        return self.X.assign(**{TARGET_COLUMN: self.y})


def content_hash(task: Task) -> str:
    """Return a fingerprint of what a task holds, whatever it is called.

    Parameters
    ----------
    task
        A task, fresh or read back from its partition.

    Returns
    -------
    str
        64 hexadecimal digits (SHA-256) over the names, kinds and values of the columns, target last. Row
        and column order count. The row index, the order of categories, unused categories, the sign of
        zero and the storage of strings do not.
    """
    digest = hashlib.sha256()
    frame = task.to_frame()
    digest.update(f"{len(frame)}x{frame.shape[1]}".encode())
    for name in frame.columns:
        _update_with_text(digest, name)
        _update_with_values(digest, frame[name])
    return digest.hexdigest()


def _update_with_text(digest: hashlib._Hash, text: str) -> None:
    """Add a text, its length first: "ab", "c" and "a", "bc" must differ."""
    encoded = text.encode("utf-8", "surrogatepass")
    digest.update(f"{len(encoded)}:".encode() + encoded)


def _update_with_values(digest: hashlib._Hash, column: pd.Series) -> None:

    if isinstance(column.dtype, pd.CategoricalDtype):
        # Codes into the sorted observed values: 100,000 rows cost one pass over integers
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
