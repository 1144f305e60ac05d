from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, Ridge
from tests.metafeatures.conftest import describe

from foretune.metafeatures.groups.linearity import (
    _PENALTY,
    LinearFunction,
    measure_class_linearity,
    measure_target_linearity,
)


@pytest.mark.parametrize("shape", [(30, 4), (10, 25)])
def test_it_is_ridge_regression_in_both_dimensions(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    rows, target = rng.normal(size=shape), rng.normal(size=shape[0])
    ridge = Ridge(alpha=_PENALTY * shape[0]).fit(rows, target)
    np.testing.assert_allclose(LinearFunction(rows, target)(rows), ridge.predict(rows), atol=1e-8)


def test_a_line_tells_separated_classes_apart() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=100)
    X = pd.DataFrame({"x": x, "noise": rng.normal(size=100)})
    X = X[abs(x) > 0.5]
    values = measure_class_linearity(describe(X, X["x"] > 0, "classification"))
    assert values["linear_error.mean"] == values["linear_error_distance.mean"] == 0
    assert values["linear_nonlinearity.mean"] == 0


def test_no_line_solves_exclusive_or() -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.uniform(-1, 1, size=(400, 2)), columns=["a", "b"])
    values = measure_class_linearity(describe(X, X["a"] * X["b"] > 0, "classification"))
    assert 0.4 < values["linear_error.mean"] < 0.6
    assert 0.3 < values["linear_nonlinearity.max"] < 0.7
    assert values["linear_error_distance.max"] > 0


def test_errors_by_hand() -> None:
    # Least squares through -1 and 1, with rows on the wrong side
    x = np.array([0.0, 1.0, 2.0, 3.0, 0.5])
    y = pd.Series(["b", "b", "a", "a", "a"])
    values = measure_class_linearity(describe(pd.DataFrame({"x": x}), y, "classification"))
    sides = np.where(y == "a", 1.0, -1.0)
    standardised = ((x - x.mean()) / x.std())[:, None]
    line = Ridge(alpha=_PENALTY * 5).fit(standardised, sides).predict(standardised)
    wrong = (line > 0) != (sides > 0)
    distance = np.abs(line[wrong]).sum() / 5
    assert wrong.sum() == 2
    assert values["linear_error.mean"] == pytest.approx(2 / 5)
    assert values["linear_error_distance.mean"] == pytest.approx(distance / (1 + distance))


def test_residuals_are_those_of_least_squares() -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(200, 3)), columns=list("abc"))
    y = X["a"] * 2 - X["b"] + rng.normal(size=200)
    values = measure_target_linearity(describe(X, y, "regression"))
    z = (y - y.mean()) / y.std(ddof=0)
    residuals = z - LinearRegression().fit(X, z).predict(X)
    assert values["linear_squared_residual"] == pytest.approx((residuals**2).mean(), abs=1e-4)
    assert values["linear_residual"] == pytest.approx(residuals.abs().mean(), abs=1e-3)
    assert values["linear_nonlinearity"] < values["linear_squared_residual"]
