"""Learner of scikit-learn's histogram-based gradient boosting."""

from __future__ import annotations

from typing import Any

from foretune.base import TaskType
from foretune.learners.folds import Fold
from foretune.learners.growing.warm_started import WarmStartedBooster
from foretune.learners.learner import Learner, with_smaller_steps
from foretune.learners.native_form import NativeForm
from foretune.learners.nested_axis import NestedAxis, predict_histogram_path

# Bins that scikit-learn has for the values of a column
MOST_CATEGORIES = 255


def _build(params: dict[str, Any], task_type: TaskType, seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    booster = (
        HistGradientBoostingClassifier if task_type == "classification" else HistGradientBoostingRegressor
    )
    # By itself it holds out a tenth of the rows above 10,000 rows, and fails where a class has one row
    return booster(**{"random_state": seed, "early_stopping": False, **params})


def _grow(
    params: dict[str, Any], task_type: TaskType, seed: int, fold: Fold, max_rounds: int
) -> WarmStartedBooster | None:
    # Early stopping of its own, and a generator that moves on, are not resumed exactly
    if params.get("early_stopping") or not isinstance(params.get("random_state", seed), int):
        return None
    return WarmStartedBooster(_build(params, task_type, seed), "max_iter", fold)


def _mark(params: dict[str, Any], is_category: tuple[bool, ...]) -> dict[str, Any]:
    return {**params, "categorical_features": list(is_category)}


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
    nested_axis=NestedAxis("max_iter", 100, predict_histogram_path, is_rounds=True),
    takes_labels=True,
    tuned_defaults=with_smaller_steps,
    grow=_grow,
    native=NativeForm(_mark, MOST_CATEGORIES),
    threads="openmp",
)
