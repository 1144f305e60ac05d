"""Learner of LightGBM."""

from __future__ import annotations

from typing import Any

from foretune.base import TaskType
from foretune.learners.folds import Fold
from foretune.learners.growing.lightgbm_rounds import grow_lightgbm
from foretune.learners.growing.paused_fit import PausedFit
from foretune.learners.learner import Learner, with_smaller_steps
from foretune.learners.native_form import NativeForm
from foretune.learners.nested_axis import NestedAxis, predict_lightgbm_path

# Parameters that LightGBM reads besides the arguments of its estimators. Missing are those that replace an
# argument which the nested axis depends on, such as num_iterations and boosting, and those that lose to an
# argument, such as eta.
NATIVE_NAMES = frozenset(
    {
        *("min_data_in_leaf", "min_sum_hessian_in_leaf", "min_gain_to_split", "min_data_in_bin", "max_bin"),
        *("bagging_fraction", "bagging_freq", "pos_bagging_fraction", "neg_bagging_fraction", "bagging_seed"),
        *("feature_fraction", "feature_fraction_bynode", "feature_fraction_seed", "max_bin_by_feature"),
        *("lambda_l1", "lambda_l2", "linear_lambda", "linear_tree", "path_smooth", "max_delta_step"),
        *("cat_l2", "cat_smooth", "max_cat_threshold", "max_cat_to_onehot", "min_data_per_group"),
        *("data_sample_strategy", "top_rate", "other_rate", "data_random_seed"),
        *("drop_rate", "max_drop", "skip_drop", "xgboost_dart_mode", "uniform_drop", "drop_seed"),
        *("is_unbalance", "scale_pos_weight", "boost_from_average", "reg_sqrt", "sigmoid"),
        *("alpha", "fair_c", "poisson_max_delta_step", "tweedie_variance_power"),
        *("bin_construct_sample_cnt", "enable_bundle", "is_enable_sparse", "use_missing", "zero_as_missing"),
        *("force_col_wise", "force_row_wise", "histogram_pool_size", "feature_pre_filter", "deterministic"),
        *("extra_trees", "extra_seed", "monotone_constraints", "interaction_constraints"),
        *("categorical_column", "verbose", "verbosity"),
    }
)
LAYOUTS = frozenset({"force_col_wise", "force_row_wise"})


def _build(params: dict[str, Any], task_type: TaskType, seed: int) -> Any:
    from lightgbm import LGBMClassifier, LGBMRegressor

    booster = LGBMClassifier if task_type == "classification" else LGBMRegressor
    # LightGBM accepts any name and ignores what it does not know
    unknown = sorted(params.keys() - booster().get_params().keys() - NATIVE_NAMES)
    if unknown:
        raise TypeError(f"{booster.__name__} has no parameter {unknown[0]!r}")
    # Otherwise each fit measures which layout is faster
    layout: dict[str, Any] = {} if LAYOUTS & params.keys() else {"force_col_wise": True}
    quiet: dict[str, Any] = {} if {"verbose", "verbosity"} & params.keys() else {"verbosity": -1}
    # Sums in an order that the number of threads does not change; with one thread they are the same without
    exact: dict[str, Any] = {} if "deterministic" in params else {"deterministic": True}
    return booster(n_jobs=1, random_state=seed, **layout, **quiet, **exact, **params)


def _grow(params: dict[str, Any], task_type: TaskType, seed: int, fold: Fold, max_rounds: int) -> PausedFit:
    return grow_lightgbm(_build({**params, "n_estimators": max_rounds}, task_type, seed), fold)


def _mark(params: dict[str, Any], is_category: tuple[bool, ...]) -> dict[str, Any]:
    # Under its first name, categorical_feature, LightGBM warns of it
    return {**params, "categorical_column": [at for at, marked in enumerate(is_category) if marked]}


def _library_default(task_type: TaskType) -> dict[str, Any]:
    return {
        "learning_rate": 0.1,
        "num_leaves": 31,
        "min_child_samples": 20,
        "min_child_weight": 0.001,
        "subsample_freq": 0,
        "colsample_bytree": 1.0,
        "reg_lambda": 0.0,
    }


def _tuned_defaults(task_type: TaskType) -> list[dict[str, Any]]:
    bagging = {"subsample_freq": 1, "subsample": 0.75}
    if task_type == "classification":
        return [
            *with_smaller_steps(task_type),
            {"learning_rate": 0.04, "num_leaves": 50, "min_child_samples": 40, **bagging},
        ]
    return [
        *with_smaller_steps(task_type),
        {"learning_rate": 0.05, "num_leaves": 100, "min_child_samples": 3, **bagging},
    ]


LEARNER = Learner(
    "lightgbm",
    _build,
    _library_default,
    nested_axis=NestedAxis("n_estimators", 100, predict_lightgbm_path, is_rounds=True),
    takes_labels=True,
    tuned_defaults=_tuned_defaults,
    grow=_grow,
    native=NativeForm(_mark),
    threads="n_jobs",
)
