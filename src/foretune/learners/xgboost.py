"""Learner of XGBoost."""

from __future__ import annotations

from typing import Any

from foretune.base import TaskType
from foretune.learners.fast.quick_booster import fit_booster
from foretune.learners.folds import Fold
from foretune.learners.growing.paused_fit import PausedFit
from foretune.learners.growing.xgboost_rounds import grow_xgboost
from foretune.learners.learner import Learner, with_smaller_steps
from foretune.learners.native_form import NativeForm
from foretune.learners.nested_axis import NestedAxis, predict_boosting_path

# Parameters that XGBoost accepts besides the arguments of its estimators
NATIVE_NAMES = frozenset(
    {
        *("alpha", "eta", "lambda", "min_split_loss", "refresh_leaf", "updater", "process_type"),
        *("sample_type", "normalize_type", "rate_drop", "one_drop", "skip_drop"),
        *("feature_selector", "top_k", "max_cached_hist_node", "seed", "nthread"),
        *("tweedie_variance_power", "huber_slope", "quantile_alpha"),
    }
)


def _build(params: dict[str, Any], task_type: TaskType, seed: int) -> Any:
    from xgboost import XGBClassifier, XGBRegressor

    booster = XGBClassifier if task_type == "classification" else XGBRegressor
    estimator = booster(n_jobs=1, random_state=seed, **params)
    # XGBoost accepts any name, and would only warn at each fit
    unknown = sorted((getattr(estimator, "kwargs", None) or {}).keys() - NATIVE_NAMES)
    if unknown:
        raise TypeError(f"{booster.__name__} has no parameter {unknown[0]!r}")
    return estimator


def _fit_fold(params: dict[str, Any], task_type: TaskType, seed: int, fold: Fold) -> Any:
    return fit_booster(_build(params, task_type, seed), params, fold.X_train, fold.y_train, fold.weights)


def _grow(
    params: dict[str, Any], task_type: TaskType, seed: int, fold: Fold, max_rounds: int
) -> PausedFit | None:
    grown = {**params, "n_estimators": max_rounds}
    return grow_xgboost(_build(grown, task_type, seed), grown, fold)


def _mark(params: dict[str, Any], is_category: tuple[bool, ...]) -> dict[str, Any]:
    types = ["c" if marked else "q" for marked in is_category]
    return {**params, "enable_categorical": True, "feature_types": types}


def _library_default(task_type: TaskType) -> dict[str, Any]:
    return {
        "n_estimators": 100,
        "learning_rate": 0.3,
        "max_depth": 6,
        "min_child_weight": 1.0,
        "subsample": 1.0,
        "colsample_bytree": 1.0,
        "reg_lambda": 1.0,
    }


def _tuned_defaults(task_type: TaskType) -> list[dict[str, Any]]:
    if task_type == "classification":
        published = {"max_depth": 6, "subsample": 0.65, "colsample_bylevel": 0.9, "reg_lambda": 0.0}
        return [*with_smaller_steps(task_type), {"learning_rate": 0.08, **published}]
    return [*with_smaller_steps(task_type), {"learning_rate": 0.05, "max_depth": 9}]


LEARNER = Learner(
    "xgboost",
    _build,
    _library_default,
    nested_axis=NestedAxis("n_estimators", 100, predict_boosting_path, is_rounds=True),
    fit_fold=_fit_fold,
    tuned_defaults=_tuned_defaults,
    grow=_grow,
    native=NativeForm(_mark),
    threads="n_jobs",
)
