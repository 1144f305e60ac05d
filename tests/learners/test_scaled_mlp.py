from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris, make_regression
from sklearn.preprocessing import scale
from sklearn.utils.estimator_checks import check_estimator

from foretune.learners import Fold, ScaledMLPClassifier, ScaledMLPRegressor, scaled_mlp
from foretune.learners.fit import evaluate_configuration
from foretune.learners.scaled_mlp import InputScaler
from foretune.spaces.configuration import Configuration

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("scaling", ["quantile", "robust"])
def test_values_of_any_size_are_pressed_below_three_in_their_order(scaling: str) -> None:
    column = np.exp(RNG.normal(0, 3, 200))
    found = InputScaler(scaling, 0).fit(column[:, None]).transform(np.r_[column, 1e9, -1e9][:, None])[:, 0]
    assert np.abs(found).max() <= 3
    assert np.all(np.diff(found[np.argsort(column)]) >= 0)
    assert abs(np.median(found[:200])) < 0.1
    assert found[-2] == found.max()
    assert found[-1] == found.min()


def test_columns_of_two_values_stay_as_they_are() -> None:
    X = np.c_[RNG.integers(0, 2, 50), np.zeros(50), RNG.normal(size=50)].astype(float)
    found = InputScaler("quantile", 0).fit(X).transform(X)
    np.testing.assert_array_equal(found[:, :2], X[:, :2])
    assert not np.array_equal(found[:, 2], X[:, 2])
    alone = InputScaler("robust", 0).fit(X[:, :2]).transform(X[:, :2])
    np.testing.assert_array_equal(alone, X[:, :2])


def test_another_scaling_is_refused() -> None:
    with pytest.raises(ValueError, match="scaling = 'log', allowed: quantile, robust"):
        ScaledMLPRegressor(scaling="log").fit(np.eye(5), np.arange(5.0))


def test_it_is_the_network_of_scikit_learn_on_scaled_inputs() -> None:
    X, y = load_iris(return_X_y=True)
    ours = ScaledMLPClassifier(2, 8, 0.01, 0.1, 16, max_iter=5, random_state=3).fit(X, y)
    scaled = ours.scaler_.transform(X)
    assert ours.network_.hidden_layer_sizes == (8, 8)
    np.testing.assert_array_equal(ours.predict_proba(X), ours.network_.predict_proba(scaled))
    assert ours.score(X, y) > 0.5


@pytest.mark.parametrize(("early_stopping", "status"), [(True, "ok"), (False, "failed")])
def test_the_last_epoch_fails_a_trial_only_where_no_best_one_is_kept(
    early_stopping: bool, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    X, y = load_iris(return_X_y=True)
    fold = Fold(X[::2], y[::2], X[1::2], y[1::2])
    monkeypatch.setattr(scaled_mlp, "LEAST_LIMIT", 1)
    params = {"max_iter": 3, "early_stopping": early_stopping}
    trial = evaluate_configuration(Configuration("mlp", params), [fold], "classification", 0)
    assert trial.status == status
    assert ("ConvergenceWarning" in trial.error) == (status == "failed")


def test_the_default_converges_on_a_small_table() -> None:
    X, y = make_regression(100, 5, random_state=0)
    for early_stopping in (True, False):
        fitted = ScaledMLPRegressor(early_stopping=early_stopping, random_state=0).fit(X, scale(y))
        assert fitted.n_iter_ < fitted.network_.max_iter or early_stopping
        assert np.isfinite(fitted.predict(X)).all()


@pytest.mark.quick("labels0-True", "labels1-False")
@pytest.mark.parametrize(
    ("labels", "stops"),
    [
        ([0] * 20 + [1] * 20, True),
        ([0] * 39 + [1], False),
        ([0] * 38 + [1, 2], True),
        ([0] * 10 + [1] * 10, False),
    ],
)
def test_rows_are_held_out_where_there_are_enough(labels: list[int], stops: bool) -> None:
    X = RNG.normal(size=(len(labels), 2))
    fitted = ScaledMLPClassifier(batch_size=1000, max_iter=2, random_state=0).fit(X, labels)
    assert fitted.network_.early_stopping == stops
    assert fitted.network_.batch_size <= len(labels)


def test_patience_is_of_batches_where_an_epoch_has_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scaled_mlp, "LEAST_LIMIT", 1)
    X, y = RNG.normal(size=(100, 2)), RNG.normal(size=100)
    for batch_size, epochs in ((200, 100), (45, 50), (2, 10)):
        fitted = ScaledMLPRegressor(batch_size=batch_size, width=2, max_iter=2, random_state=0).fit(X, y)
        assert fitted.network_.n_iter_no_change == epochs


@pytest.mark.thorough
@pytest.mark.parametrize("estimator", [ScaledMLPClassifier, ScaledMLPRegressor])
def test_it_is_an_estimator_of_scikit_learn(estimator: Any) -> None:
    check_estimator(
        estimator(max_iter=50, random_state=0),
        expected_failed_checks={
            "check_sample_weight_equivalence_on_dense_data": "repeated rows are held out one by one",
        },
        on_skip=None,
    )
    assert clone(estimator(width=7)).width == 7
