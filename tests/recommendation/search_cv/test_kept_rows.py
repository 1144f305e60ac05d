"""Estimators that transform known rows only once."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from foretune.recommendation.search_cv.kept_rows import keep_rows

RNG = np.random.default_rng(0)
X = pd.DataFrame(RNG.normal(size=(40, 3)), columns=list("abc"))
Y = X["a"] + X["b"] ** 2


class Counting(TransformerMixin, BaseEstimator):
    """Step that counts how often it transforms."""

    calls = 0

    def fit(self, X: Any, y: Any = None) -> Counting:
        """Fit."""
        self.fitted_ = True
        return self

    def transform(self, X: Any) -> Any:
        """Return twice the rows."""
        type(self).calls += 1
        return X * 2


def _pipeline() -> Pipeline:
    return make_pipeline(Counting(), "passthrough", StandardScaler(), Ridge())


@pytest.mark.parametrize(
    "made",
    [
        _pipeline(),
        make_pipeline(Counting(), make_pipeline(Counting(), Ridge())),
        TransformedTargetRegressor(_pipeline(), func=np.arcsinh, inverse_func=np.sinh),
        make_pipeline(make_column_transformer((Counting(), ["a", "b"])), TransformedTargetRegressor(Ridge())),
    ],
    ids=["pipeline", "nested", "target", "columns"],
)
def test_rows_are_transformed_once_and_predicted_as_before(made: Any) -> None:
    fitted = made.fit(X[:30], Y[:30])
    test, others = X[30:], X[20:30]
    expected = fitted.predict(test), fitted.predict(others)
    kept = keep_rows(fitted, test)
    before = Counting.calls
    for _ in range(3):
        np.testing.assert_array_equal(kept.predict(test), expected[0])
    assert Counting.calls == before
    # Equal rows are other rows, which nobody says to be unchanged
    np.testing.assert_array_equal(kept.predict(test.copy()), expected[0])
    np.testing.assert_array_equal(kept.predict(others), expected[1])
    assert Counting.calls > before
    # The estimator itself knows nothing of it
    before = Counting.calls
    np.testing.assert_array_equal(fitted.predict(test), expected[0])
    assert Counting.calls > before


def test_a_scorer_may_look_into_it() -> None:
    fitted = _pipeline().fit(X, Y)
    kept = keep_rows(fitted, X)
    assert kept[-1] is fitted[-1]
    assert isinstance(kept, Pipeline)
    assert isinstance(kept[0], Counting)
    for n_steps in (1, 3):
        np.testing.assert_array_equal(kept[:n_steps].transform(X), fitted[:n_steps].transform(X))
    np.testing.assert_array_equal(clone(kept).fit(X, Y).predict(X), fitted.predict(X))
    # As a scorer with processes of its own does
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(kept)).predict(X), fitted.predict(X))


def test_what_cannot_be_copied_stays_as_it_is() -> None:
    class Alone(Counting):
        def __copy__(self) -> Alone:
            raise TypeError("there is only one")

    fitted = make_pipeline(Alone(), Ridge()).fit(X, Y)
    assert keep_rows(fitted, X) is fitted
    ridge = Ridge().fit(X, Y)
    assert keep_rows(ridge, X) is ridge
