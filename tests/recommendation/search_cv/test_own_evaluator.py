"""Trials of the user's own estimator are those of ``cross_val_score``."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from lightgbm import LGBMRegressor
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import get_scorer
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from xgboost import XGBRegressor

from foretune.recommendation.core import KnownPart
from foretune.recommendation.search_cv.folds import GivenData, Splits
from foretune.recommendation.search_cv.own_configuration import OwnConfiguration
from foretune.recommendation.search_cv.own_evaluator import (
    OwnEvaluator,
    build_own,
    choose_threads,
    fit_own,
    make_own_folds,
)
from foretune.recommendation.search_cv.own_metadata import name_of_weights

X, Y = load_iris(return_X_y=True)
CV = StratifiedKFold(3, shuffle=True, random_state=0)
PIPE = make_pipeline(StandardScaler(), LogisticRegression())


def _evaluator(estimator: Any, data: Any = X, n_jobs: int | None = None) -> OwnEvaluator:
    given = GivenData(data, Y, Y)
    folds = make_own_folds(given, Splits(list(CV.split(X, Y))))
    build = partial(build_own, estimator, {})
    return OwnEvaluator(folds, "classification", 0, get_scorer("accuracy"), n_jobs, build=build)


@pytest.mark.quick("sparse")
@pytest.mark.parametrize("data", [X, X.tolist(), csr_matrix(X)], ids=["array", "list", "sparse"])
def test_scores_are_those_of_scikit_learn(data: Any) -> None:
    estimator = LogisticRegression()
    configurations = [OwnConfiguration("linear", {"C": C}) for C in (0.01, 1.0)]
    for configuration, trial in _evaluator(estimator, data).evaluate(configurations):
        as_set = clone(estimator).set_params(**configuration.params)
        expected = cross_val_score(as_set, X, Y, cv=CV, scoring="accuracy")
        np.testing.assert_array_equal(trial.fold_scores, expected)
        assert trial.is_ok


@pytest.mark.slow
def test_several_workers_change_nothing() -> None:
    configurations = [OwnConfiguration("linear", {"logisticregression__C": C}) for C in (0.01, 1.0)]
    one, two = (list(_evaluator(PIPE, n_jobs=n).evaluate(configurations)) for n in (1, 2))
    for (_, first), (_, second) in zip(one, two, strict=True):
        np.testing.assert_allclose(first.fold_scores, second.fold_scores, atol=1e-12)


def test_a_fit_that_did_not_converge_counts() -> None:
    short = LogisticRegression(max_iter=2)
    ((_, trial),) = _evaluator(short).evaluate([OwnConfiguration("linear", {})])
    assert trial.is_ok
    assert "ConvergenceWarning" in trial.error or "converge" in trial.error
    with pytest.warns(ConvergenceWarning):
        expected = cross_val_score(short, X, Y, cv=CV, scoring="accuracy")
    np.testing.assert_array_equal(trial.fold_scores, expected)


def test_an_error_is_that_of_its_trial() -> None:
    outcomes = list(
        _evaluator(PIPE).evaluate(
            [
                OwnConfiguration("a", {"logisticregression__C": -1.0}),
                OwnConfiguration("a", {"logisticregression__C": 1.0}),
            ]
        )
    )
    assert [trial.status for _, trial in outcomes] == ["failed", "ok"]
    assert "C" in outcomes[0][1].error


def test_a_value_that_is_an_estimator_is_copied() -> None:
    scaler = StandardScaler()
    ((configuration, trial),) = _evaluator(PIPE).evaluate([OwnConfiguration("a", {"standardscaler": scaler})])
    assert trial.is_ok
    assert not hasattr(scaler, "mean_")
    assert configuration.config_id != OwnConfiguration("a", {"standardscaler": "passthrough"}).config_id


@pytest.mark.parametrize(
    ("estimator", "name"),
    [
        (LogisticRegression(max_iter=1000), "sample_weight"),
        (PIPE, "logisticregression__sample_weight"),
        (TransformedTargetRegressor(make_pipeline(Ridge())), "ridge__sample_weight"),
        pytest.param(
            CalibratedClassifierCV(LogisticRegression(max_iter=1000)),
            "sample_weight",
            marks=pytest.mark.slow,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_weights_reach_what_predicts(estimator: Any, name: str) -> None:
    assert name_of_weights(estimator) == name
    weights = np.where(Y == 0, 100.0, 0.01)
    weighted, plain = fit_own(estimator, X, Y, {name: weights}).predict(X), estimator.fit(X, Y).predict(X)
    assert not np.array_equal(weighted, plain)


@pytest.mark.parametrize(
    ("estimator", "shape", "threads"),
    [
        (LGBMRegressor(), (100, 5), {"model__n_jobs": 1}),
        (LGBMRegressor(n_jobs=2), (100, 5), {}),
        (XGBRegressor(), (100, 5), {"model__n_jobs": 1}),
        (Ridge(), (100, 5), {}),
    ],
)
def test_a_booster_that_asks_for_no_threads_takes_one_on_a_small_table(
    estimator: Any, shape: tuple[int, int], threads: dict[str, int]
) -> None:
    learner = {"LGBMRegressor": "lightgbm", "XGBRegressor": "xgboost"}.get(type(estimator).__name__, "linear")
    assert choose_threads(KnownPart(learner, "model__", estimator), np.zeros(shape)) == threads
    assert choose_threads(None, np.zeros(shape)) == {}
