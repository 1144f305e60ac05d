"""Learner of random forests."""

from __future__ import annotations

from typing import Any

from foretune.base import TaskType
from foretune.learners.fast.quick_trees import random_forest
from foretune.learners.learner import Learner
from foretune.learners.nested_axis import NestedAxis, predict_forest_path


def _build(params: dict[str, Any], task_type: TaskType, seed: int) -> Any:
    return random_forest(task_type)(n_jobs=1, random_state=seed, **params)


def _library_default(task_type: TaskType) -> dict[str, Any]:
    # Without max_depth (None) and, for classification, max_features ("sqrt"), which are not numbers
    default = {"n_estimators": 100, "min_samples_leaf": 1}
    return default if task_type == "classification" else {**default, "max_features": 1.0}


LEARNER = Learner(
    "random_forest",
    _build,
    _library_default,
    nested_axis=NestedAxis("n_estimators", 100, predict_forest_path),
    takes_labels=True,
    threads="n_jobs",
)
