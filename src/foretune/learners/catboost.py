"""Learner of CatBoost, an optional package."""

from __future__ import annotations

from typing import Any

from foretune.base import MissingExtraError, TaskType, how_to_install
from foretune.learners.learner import Learner
from foretune.learners.native_form import NativeForm
from foretune.learners.nested_axis import NestedAxis, predict_catboost_path

# Of these CatBoost takes one only
OF_OUTPUT = frozenset({"logging_level", "silent", "verbose", "verbose_eval"})


def _build(params: dict[str, Any], task_type: TaskType, seed: int) -> Any:
    try:
        from catboost import CatBoostClassifier, CatBoostRegressor
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"the learner 'catboost' needs an optional package: {how_to_install('catboost')}",
            name=error.name,
        ) from error
    booster = CatBoostClassifier if task_type == "classification" else CatBoostRegressor
    if "cat_features" in params:
        from foretune.learners.coded_catboost import CodedCatBoostClassifier, CodedCatBoostRegressor

        booster = CodedCatBoostClassifier if task_type == "classification" else CodedCatBoostRegressor
    settings: dict[str, Any] = {"allow_const_label": True, "allow_writing_files": False}
    if not OF_OUTPUT & params.keys():
        settings["logging_level"] = "Silent"
    return booster(**{"thread_count": 1, "random_seed": seed, **settings, **params})


def _mark(params: dict[str, Any], is_category: tuple[bool, ...]) -> dict[str, Any]:
    # A tuple, for CatBoost copies a list, and then cannot be cloned
    return {**params, "cat_features": tuple(at for at, marked in enumerate(is_category) if marked)}


def _library_default(task_type: TaskType) -> dict[str, Any]:
    # CatBoost sets the learning rate, the sampling of rows and the steps of a leaf by the table; where the L2
    # penalty is given, even if it is the default of 3, the learning rate is fixed
    return {"grow_policy": "SymmetricTree", "depth": 6, "rsm": 1.0}


def _tuned_defaults(task_type: TaskType) -> list[dict[str, Any]]:
    if task_type == "classification":
        return [{"learning_rate": 0.08, "depth": 7}]
    return [{"learning_rate": 0.09, "depth": 9}]


# Without takes_labels: of several classes CatBoost predicts labels in a column, codes are laid flat
LEARNER = Learner(
    "catboost",
    _build,
    _library_default,
    nested_axis=NestedAxis("iterations", 1000, predict_catboost_path, is_rounds=True),
    tuned_defaults=_tuned_defaults,
    native=NativeForm(_mark),
)
