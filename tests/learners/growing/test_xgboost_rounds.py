from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.learners.growing.test_lockstep import make_choice, make_folds, separate

from foretune.learners import get_learner
from foretune.learners.growing import xgboost_rounds
from foretune.learners.growing.lockstep import evaluate_growing
from foretune.learners.growing.xgboost_rounds import grow_xgboost
from foretune.spaces.configuration import Configuration


def _grow(params: dict[str, Any]) -> Any:
    estimator = get_learner("xgboost").build({**params, "n_estimators": 5}, "classification", 0)
    return grow_xgboost(estimator, params, make_folds("classification")[0])


def test_what_cannot_be_fitted_quickly_is_fitted_anew() -> None:
    assert _grow({"max_depth": 2}) is not None
    assert _grow({"tree_method": "approx"}) is None


def test_another_release_that_sums_in_another_way_is_fitted_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xgboost_rounds, "_sums_exactly", lambda _: False)
    assert _grow({"max_depth": 2}) is None
    monkeypatch.undo()
    unknown = xgboost_rounds._sums_exactly.__wrapped__
    assert all(unknown(n_classes) for n_classes in (None, 2, 3))
    monkeypatch.setattr(xgboost_rounds, "_grow", lambda *_: None)
    assert not unknown(2)


@pytest.mark.parametrize(
    "params", [{"tree_method": "approx", "subsample": 0.6}, {"booster": "dart", "rate_drop": 0.3}]
)
def test_fits_with_any_parameters_equal_separate_ones(params: dict[str, Any]) -> None:
    folds = make_folds("classification", 2)
    configuration = Configuration("xgboost", params)
    trial = evaluate_growing(configuration, folds, "classification", 1, make_choice("classification"))
    assert trial.rounds is not None, trial.error
    alone = separate(configuration, folds, "classification", 1, 14)
    assert trial.fold_metrics == alone[trial.rounds.chosen - 1].fold_metrics
    if "booster" not in params:
        means = [np.mean([one["log_loss"] for one in each.fold_metrics]) for each in alone]
        assert trial.rounds.chosen == int(np.argmin(means)) + 1


def test_a_fold_without_a_class_in_order_is_fitted_anew() -> None:
    fold = make_folds("classification", 2)[0]
    estimator = get_learner("xgboost").build({"n_estimators": 5}, "classification", 0)
    assert grow_xgboost(estimator, {}, fold) is not None
    other = type(fold)(fold.X_train, fold.y_train + 1, fold.X_test, fold.y_test)
    assert grow_xgboost(estimator, {}, other) is None
