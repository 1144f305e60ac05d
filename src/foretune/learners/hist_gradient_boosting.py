"""Learner of scikit-learn's histogram-based gradient boosting."""

from __future__ import annotations

from typing import Any

from foretune.base import TaskType
from foretune.learners.learner import Learner
from foretune.learners.nested_axis import NestedAxis, predict_histogram_path


def _build(params: dict[str, Any], task_type: TaskType, seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    booster = (
        HistGradientBoostingClassifier if task_type == "classification" else HistGradientBoostingRegressor
    )
    # By itself it holds out a tenth of the rows above 10,000 rows, and fails where a class has one row
    return booster(**{"random_state": seed, "early_stopping": False, **params})


def _library_default(task_type: TaskType) -> dict[str, Any]:
    return {
        "learning_rate": 0.1,
        "max_leaf_nodes": 31,
        "min_samples_leaf": 20,
        "l2_regularization": 0.0,
        "max_features": 1.0,
    }


LEARNER = Learner(
    "hist_gradient_boosting",
    _build,
    _library_default,
    nested_axis=NestedAxis("max_iter", 100, predict_histogram_path),
    takes_labels=True,
)
