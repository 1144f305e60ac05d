from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.learners.growing.test_lockstep import make_choice, make_folds, separate

from foretune.base.parameters import TASK_TYPES, TaskType
from foretune.learners import get_learner
from foretune.learners.growing import xgboost_rounds
from foretune.learners.growing.lockstep import evaluate_growing
from foretune.learners.growing.xgboost_rounds import grow_xgboost
from foretune.spaces.configuration import Configuration


def _grow(params: dict[str, Any]) -> Any:
    estimator = get_learner("xgboost").build({**params, "n_estimators": 5}, "classification", 0)
    return grow_xgboost(estimator, params, make_folds("classification")[0])


def test_what_changes_trees_or_predictions_is_fitted_anew() -> None:
    assert _grow({"max_depth": 2}) is not None
    assert _grow({"max_bin": 8}) is not None
    assert _grow({"booster": "dart"}) is None
    assert _grow({"objective": "binary:hinge"}) is None


@pytest.mark.parametrize("params", [{"max_depth": 2}, {"max_bin": 8}])
def test_another_release_that_sums_in_another_way_is_fitted_anew(
    params: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xgboost_rounds, "_sums_exactly", lambda *_: False)
    assert _grow(params) is None


def test_sums_are_compared_with_separate_fits() -> None:
    compare = xgboost_rounds._sums_exactly
    for n_classes in (None, 2, 3):
        assert compare(n_classes, xgboost_rounds._grow)
        assert compare(n_classes, xgboost_rounds._grow_by_callback)
    assert not compare(2, lambda *_: None)


@pytest.mark.quick("classification-params0", "regression-params2")
@pytest.mark.parametrize(
    "params",
    [
        {"tree_method": "approx", "subsample": 0.6},
        {"booster": "dart", "rate_drop": 0.3},
        {"num_parallel_tree": 2, "subsample": 0.6, "max_bin": 8},
        {"sampling_method": "uniform", "subsample": 0.5, "monotone_constraints": "(1,0,0,0,0)"},
    ],
)
@pytest.mark.parametrize("task_type", TASK_TYPES)
def test_fits_with_any_parameters_equal_separate_ones(params: dict[str, Any], task_type: TaskType) -> None:
    folds = make_folds(task_type, 2)
    configuration = Configuration("xgboost", params)
    trial = evaluate_growing(configuration, folds, task_type, 1, make_choice(task_type))
    assert trial.rounds is not None, trial.error
    alone = separate(configuration, folds, task_type, 1, 14)
    assert trial.fold_metrics == alone[trial.rounds.chosen - 1].fold_metrics
    if "booster" not in params:
        name = trial.rounds.metric
        means = [np.mean([one[name] for one in each.fold_metrics]) for each in alone]
        assert trial.rounds.chosen == int(np.argmin(means)) + 1


def test_a_fold_without_a_class_in_order_is_fitted_anew() -> None:
    fold = make_folds("classification", 2)[0]
    estimator = get_learner("xgboost").build({"n_estimators": 5}, "classification", 0)
    assert grow_xgboost(estimator, {}, fold) is not None
    other = type(fold)(fold.X_train, fold.y_train + 1, fold.X_test, fold.y_test)
    assert grow_xgboost(estimator, {}, other) is None
