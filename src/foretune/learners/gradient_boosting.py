"""Learner of scikit-learn's gradient boosting."""

from __future__ import annotations

from typing import Any

from foretune.base import TaskType
from foretune.learners.folds import Fold
from foretune.learners.growing.monitored import MonitoredBooster, grow_monitored
from foretune.learners.learner import Learner
from foretune.learners.nested_axis import NestedAxis, predict_staged_path


def _build(params: dict[str, Any], task_type: TaskType, seed: int) -> Any:
    from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor

    booster = GradientBoostingClassifier if task_type == "classification" else GradientBoostingRegressor
    return booster(random_state=seed, **params)


def _grow(
    params: dict[str, Any], task_type: TaskType, seed: int, fold: Fold, max_rounds: int
) -> MonitoredBooster:
    return grow_monitored(_build({**params, "n_estimators": max_rounds}, task_type, seed), fold)


def _library_default(task_type: TaskType) -> dict[str, Any]:
    return {
        "n_estimators": 100,
        "learning_rate": 0.1,
        "max_depth": 3,
        "min_samples_leaf": 1,
        "subsample": 1.0,
    }


LEARNER = Learner(
    "gradient_boosting",
    _build,
    _library_default,
    nested_axis=NestedAxis("n_estimators", 100, predict_staged_path, is_rounds=True),
    takes_labels=True,
    grow=_grow,
)
