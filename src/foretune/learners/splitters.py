"""Splitters of a table for cross-validation: at random, by groups, by time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import (
    BaseCrossValidator,
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
)

from foretune.base import TaskType
from foretune.tables import SplitKind, find_block_starts

Part = npt.NDArray[np.intp]


class TimeFolds(BaseCrossValidator):
    """Splitter whose training parts are earlier than their test parts.

    The rows, which may be in any order, are divided by their times into ``n_splits + 1`` blocks. Each block
    but the first is a test part; all earlier rows are its training part. Rows of the same time are in one
    block, so that a training part is always earlier; where all times differ, blocks are those of
    :class:`sklearn.model_selection.TimeSeriesSplit`.

    Parameters
    ----------
    n_splits
        Number of folds.

    Examples
    --------
    >>> from foretune.learners import TimeFolds
    >>> times = [2021, 2022, 2022, 2020, 2023]
    >>> [(train.tolist(), test.tolist()) for train, test in TimeFolds(2).split(times, groups=times)]
    [([0, 3], [1, 2]), ([0, 1, 2, 3], [4])]
    """

    # The groups of scikit-learn are the times
    __metadata_request__split = {"groups": True}  # noqa: RUF012 - scikit-learn reads it

    def __init__(self, n_splits: int = 5) -> None:
        self.n_splits = n_splits

    def __repr__(self) -> str:
        return f"TimeFolds({self.n_splits})"

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of folds; the arguments do not matter."""
        return self.n_splits

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[Part, Part]]:
        """Generate the positions of the training and test rows of each fold, earliest test part first.

        Parameters
        ----------
        X, y
            Table, of which only the number of rows counts, and target, which does not matter.
        groups
            Time of each row, shape (n_rows,): anything that can be sorted.

        Raises
        ------
        ValueError
            If times are missing, or fewer than ``n_splits + 1`` differ.
        """
        if groups is None:
            raise ValueError("TimeFolds needs the times of the rows: give them as groups")
        times = np.asarray(groups)
        n_rows = len(X) if hasattr(X, "__len__") else X.shape[0]
        if times.shape != (n_rows,):
            raise ValueError(f"groups must be the times of {n_rows} rows, but have shape {times.shape}")
        if (times != times).any():  # noqa: PLR0124 - what is missing does not equal itself
            raise ValueError("groups, the times of the rows, have missing ones")
        codes = np.unique(times, return_inverse=True)[1]
        starts = find_block_starts(codes, self.n_splits)
        for start, end in zip(starts, [*starts[1:], codes.max() + 1], strict=True):
            yield np.flatnonzero(codes < start), np.flatnonzero((codes >= start) & (codes < end))


def make_splitter(task_type: TaskType, n_folds: int, seed: int, by: SplitKind | None = None) -> Any:
    """Make a cross-validation splitter.

    Parameters
    ----------
    task_type
        For classification the folds are stratified, except those by time.
    n_folds
        Number of folds.
    seed
        Seed of the shuffling; folds by time, and those by groups for regression, which are as equal in size
        as the groups allow, do not depend on it.
    by
        ``"groups"`` or ``"time"``, which ``split`` then takes as ``groups``; None to shuffle rows.
    """
    is_classification = task_type == "classification"
    if by == "time":
        return TimeFolds(n_folds)
    if by == "groups":
        if is_classification:
            return StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
        return GroupKFold(n_folds)
    return (StratifiedKFold if is_classification else KFold)(n_folds, shuffle=True, random_state=seed)


def name_splitter(task_type: TaskType, by: SplitKind | None = None) -> str:
    """Return the name of the class of :func:`make_splitter`."""
    return type(make_splitter(task_type, 2, 0, by)).__name__
