"""Learner of support vector machines."""

from __future__ import annotations

from typing import Any

from foretune.base import TaskType
from foretune.learners.calibrated_svc import CalibratedSVC
from foretune.learners.learner import Learner

# libsvm has no limit: a weak penalty on overlapping classes takes minutes for a thousand rows
MAX_ITERATIONS = 20_000


def _build(params: dict[str, Any], task_type: TaskType, seed: int) -> Any:
    from sklearn.svm import SVR

    if task_type == "regression":
        return SVR(max_iter=MAX_ITERATIONS, **params)
    return CalibratedSVC(max_iter=MAX_ITERATIONS, random_state=seed, **params)


def _library_default(task_type: TaskType) -> dict[str, Any]:
    # Without gamma ("scale"), which depends on the table
    default: dict[str, Any] = {"C": 1.0, "kernel": "rbf"}
    return default if task_type == "classification" else {**default, "epsilon": 0.1}


LEARNER = Learner("svm", _build, _library_default, predicts_most_probable=False, takes_labels=True)
