"""Library defaults fit every kind of table as it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from large.case import Case, predict_with
from large.defaults import FITS
from large.metrics import METRICS
from large.tables import SplitTable


@pytest.mark.quick("two-xgboost", "three-lightgbm", "numbers-hist_gradient_boosting")
@pytest.mark.parametrize("library", [name for name in FITS if name != "catboost"])
@pytest.mark.parametrize("name", ["two", "three", "numbers"])
def test_a_default_is_better_than_a_guess(library: str, name: str, tables: dict[str, SplitTable]) -> None:
    _check(library, tables[name])


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["two", "three", "numbers"])
def test_catboost_too(name: str, tables: dict[str, SplitTable]) -> None:
    pytest.importorskip("catboost")
    _check("catboost", tables[name])


def _check(library: str, table: SplitTable) -> None:
    metric = METRICS["log_loss" if table.n_classes else "rmse"]
    fitted = FITS[library](Case(table, metric, 0))
    predictions = fitted.predict(table.X_test)
    if table.n_classes:
        assert predictions.shape == (len(table.X_test), table.n_classes)
        guess = np.tile(np.bincount(table.y) / len(table.y), (len(table.y_test), 1))
    else:
        guess = np.full(len(table.y_test), table.y.mean())
    assert metric.loss(table.y_test, predictions) < metric.loss(table.y_test, guess)


def test_many_categories_are_no_error_for_histograms() -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"c": pd.Categorical([f"v{at}" for at in range(300)]), "a": rng.normal(size=300)})
    table = SplitTable("many", "regression", X, X["a"], X, X["a"], 0)
    fitted = FITS["hist_gradient_boosting"](Case(table, METRICS["rmse"], 0))
    assert METRICS["rmse"].loss(X["a"], fitted.predict(X)) < 0.5


def test_a_class_that_was_not_seen_has_no_probability() -> None:
    class Model:
        classes_ = np.array([0, 2])

        def predict_proba(self, X: Any) -> Any:
            return np.full((len(X), 2), 0.5)

    assert predict_with(Model(), pd.DataFrame({"a": [1]}), 3).tolist() == [[0.5, 0, 0.5]]
