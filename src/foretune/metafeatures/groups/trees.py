"""Decision trees for the landmarkers and the model-based metafeatures."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from foretune.base import TaskType


def make_tree(task_type: TaskType, seed: int, max_depth: int | None = None) -> Any:
    """Return an unfitted decision tree; the seed is reduced to 32 bits for scikit-learn."""
    kind = DecisionTreeClassifier if task_type == "classification" else DecisionTreeRegressor
    return kind(max_depth=max_depth, random_state=seed % 2**32)


def fit_tree(tree: Any, rows: NDArray[np.float64], target: NDArray[Any]) -> Any:
    """Fit a tree to finite rows without scikit-learn's checks, which take longer than small fits.

    Parameters
    ----------
    tree
        The unfitted tree.
    rows
        Shape (n_rows, n_columns).
    target
        Classes 0, 1, ... or numbers, shape (n_rows,).
    """
    with config_context(skip_parameter_validation=True):
        return tree.fit(single_precision(rows), target, check_input=False)


def predict_tree(tree: Any, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Predict finite rows with a fitted tree without scikit-learn's checks; shape (n_rows,)."""
    predicted: NDArray[np.float64] = tree.predict(single_precision(rows), check_input=False)
    return predicted


def single_precision(rows: NDArray[np.float64]) -> NDArray[np.float32]:
    """Convert rows to the single precision of trees, clipped to its range."""
    largest = np.finfo(np.float32).max
    return np.ascontiguousarray(np.clip(rows, -largest, largest), dtype=np.float32)


def predict_at_depth(tree: Any, rows: NDArray[np.float64], max_depth: int) -> NDArray[np.float64]:
    """Predict with a fitted tree cut at a depth.

    The first splits of a deep tree are those of a shallow one (up to ties of equally good splits).

    Parameters
    ----------
    tree
        Tree fitted to classes 0, 1, ... or to numbers.
    rows
        Shape (n_rows, n_columns).
    max_depth
        Maximum number of splits, at least 1.

    Returns
    -------
    ndarray
        Class or mean of the training rows in the node that is reached, shape (n_rows,).
    """
    fitted = tree.tree_
    # In the precision in which the tree compares with its thresholds
    values = rows.astype(np.float32)
    node = np.zeros(len(rows), dtype=np.int64)
    for _ in range(max_depth):
        feature = fitted.feature[node]
        inner = feature >= 0
        goes_left = values[np.arange(len(rows)), np.where(inner, feature, 0)] <= fitted.threshold[node]
        child = np.where(goes_left, fitted.children_left[node], fitted.children_right[node])
        node = np.where(inner, child, node)
    reached = fitted.value[node, 0]
    predicted: NDArray[np.float64] = (
        tree.classes_[reached.argmax(axis=1)] if hasattr(tree, "classes_") else reached[:, 0]
    )
    return predicted


@contextmanager
def many_classes_allowed() -> Iterator[None]:
    """Silence scikit-learn's warning of many small classes, since the task type is known."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The number of unique classes is greater than 50%")
        yield
