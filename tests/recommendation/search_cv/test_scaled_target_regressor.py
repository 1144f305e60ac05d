from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import ElasticNet, Ridge
from sklearn.metrics import r2_score
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR
from xgboost import XGBRegressor

from foretune.recommendation.search_cv.scaled_target_regressor import ScaledTargetRegressor

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 3))
Y = 3 * X[:, 0] + X[:, 1] * X[:, 2] + RNG.normal(size=120) / 10 + 50


@pytest.mark.parametrize("regressor", [Ridge(), RandomForestRegressor(5, random_state=0), SVR()], ids=str)
def test_it_predicts_as_scikit_learns_wrapper(regressor: Any) -> None:
    expected = TransformedTargetRegressor(regressor, transformer=StandardScaler()).fit(X, Y).predict(X)
    np.testing.assert_allclose(ScaledTargetRegressor(regressor).fit(X, Y).predict(X), expected, rtol=1e-12)


@pytest.mark.parametrize("offset", [1e6, 1.7e9, -1e12])
def test_a_large_offset_loses_nothing(offset: float) -> None:
    plain, far = (
        ScaledTargetRegressor(XGBRegressor(n_estimators=20, n_jobs=1)).fit(X, Y + shift).predict(X)
        for shift in (0.0, offset)
    )
    assert far.dtype == np.float64
    assert r2_score(Y + offset, far) == pytest.approx(r2_score(Y, plain), abs=2e-3)


@pytest.mark.parametrize("regressor", [ElasticNet(0.01), SVR(kernel="linear")], ids=str)
def test_coefficients_have_the_targets_unit(regressor: Any) -> None:
    fitted = ScaledTargetRegressor(regressor).fit(X, Y)
    np.testing.assert_allclose(X @ fitted.coef_.ravel() + fitted.intercept_, fitted.predict(X), rtol=1e-10)
    assert not hasattr(fitted, "feature_importances_")


def test_importances_are_the_regressors() -> None:
    fitted = ScaledTargetRegressor(RandomForestRegressor(5, random_state=0)).fit(X, Y)
    np.testing.assert_array_equal(fitted.feature_importances_, fitted.regressor_.feature_importances_)
    assert fitted.feature_importances_.argmax() == 0
    assert not hasattr(fitted, "coef_")
