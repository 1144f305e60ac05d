"""Learner of k-nearest neighbours."""

from __future__ import annotations

from typing import Any

from foretune.base import TaskType
from foretune.learners.learner import Learner
from foretune.learners.nested_axis import NestedAxis, predict_neighbours_path
from foretune.learners.weighted_neighbours import WeightedKNeighborsClassifier, WeightedKNeighborsRegressor


def _build(params: dict[str, Any], task_type: TaskType, seed: int) -> Any:
    classifies = task_type == "classification"
    neighbours = WeightedKNeighborsClassifier if classifies else WeightedKNeighborsRegressor
    return neighbours(n_jobs=1, **params)


def _library_default(task_type: TaskType) -> dict[str, Any]:
    return {"n_neighbors": 5, "weights": "uniform", "p": 2}


LEARNER = Learner(
    "k_nearest_neighbours",
    _build,
    _library_default,
    nested_axis=NestedAxis("n_neighbors", 5, predict_neighbours_path, shared=("weights",)),
    takes_labels=True,
)
