"""Number of cross-validation folds for a user's table."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from foretune.base import TaskType, counted
from foretune.tables import RowSplit

N_FOLDS = 5
# From so many rows, three folds train on more rows than a score needs, and cost three fits instead of five
LARGE_ROWS = 2_000
FOLDS_OF_LARGE = 3
# A very small class must not reduce the number of folds further
FEWEST_FOLDS = 3
# R2 of a single row is undefined
FOLD_ROWS = 2


def count_folds(y: npt.NDArray[Any], task_type: TaskType, split: RowSplit | None = None) -> tuple[int, str]:
    """Choose the number of folds: five, three from 2,000 rows, or fewer if a class or the table is small.

    Parameters
    ----------
    y, task_type
        Labels or values without missing ones, shape (n_rows,).
    split
        Groups or times by which the rows are split, of which there may be too few as well.

    Returns
    -------
    n_folds : int
        Below 2 if the table is too small for cross-validation.
    why : str
        The class, the table, or the groups that are few; empty if there are enough.
    """
    most = N_FOLDS if len(y) < LARGE_ROWS else FOLDS_OF_LARGE
    if task_type == "regression":
        n_folds = min(most, len(y) // FOLD_ROWS)
        why = f"y has {counted(len(y), 'row')}"
    else:
        name, smallest, largest = class_sizes(y)
        n_folds = min(most, max(FEWEST_FOLDS, smallest), largest)
        why = f"class {name!r} has {counted(smallest, 'row')}"
        if smallest < n_folds:
            why += ", so not every fold has one"
    if split is not None and split.most_folds < n_folds:
        n_folds, what = split.most_folds, "different time" if split.kind == "time" else "group"
        why = f"{split.title} has {counted(split.n_distinct, what)}"
    return n_folds, why if n_folds < most else ""


def class_sizes(y: npt.NDArray[Any]) -> tuple[str, int, int]:
    """Return the name and size of the smallest class, and the size of the largest."""
    labels, counts = np.unique(y, return_counts=True)
    return str(labels[counts.argmin()]), int(counts.min()), int(counts.max())
