"""Whether features and target have the scale on which a memory's trials were fitted."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.tables import Table

# Learners whose hyperparameters mean something else on another scale of the features, or of the target; trees
# and boosters are the same on any. The trials of a memory have standardised columns and targets.
OF_FEATURES = frozenset({"svm", "k_nearest_neighbours", "linear", "mlp"})
OF_TARGET = frozenset({"svm", "linear", "mlp"})
# A standardised part of a table is not exactly standardised
LARGEST_FACTOR, LARGEST_MEAN = 3.0, 3.0
BINARY = 2


def unscaled_features(table: Table) -> list[str]:
    """Return the names of the numeric columns that are not standardised, more or less.

    Columns with at most two values, such as one-hot columns, may be as they are.
    """
    numeric = table.X.select_dtypes("number")
    return [str(name) for name in numeric if not _is_scaled(_values(numeric[name]))]


def is_target_unscaled(table: Table) -> bool:
    """Whether the values of a target are not standardised, more or less; false for classes."""
    return table.task_type == "regression" and not _is_scaled(_values(table.y))


def _values(column: pd.Series) -> npt.NDArray[np.float64]:
    values = np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
    return np.asarray(values[np.isfinite(values)])


def _is_scaled(values: npt.NDArray[np.float64]) -> bool:
    if len(np.unique(values)) <= BINARY:
        return bool(np.abs(values).max(initial=0.0) <= LARGEST_MEAN)
    deviation = float(values.std())
    is_near = 1 / LARGEST_FACTOR <= deviation <= LARGEST_FACTOR
    return is_near and abs(float(values.mean())) <= LARGEST_MEAN
