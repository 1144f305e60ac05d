"""The decision trees that landmarks and the model-based group fit."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from foretune.parameters import TaskType


def make_tree(task_type: TaskType, seed: int, max_depth: int | None = None) -> Any:
    """Return an unfitted tree; seeds beyond 32 bits are fine for numpy but not for scikit-learn."""
    kind = DecisionTreeClassifier if task_type == "classification" else DecisionTreeRegressor
    return kind(max_depth=max_depth, random_state=seed % 2**32)


@contextmanager
def many_classes_allowed() -> Iterator[None]:
    """Silence scikit-learn, which takes many small classes for a mistake; here the task's type is known."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The number of unique classes is greater than 50%")
        yield
