from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from foretune import Guard
from foretune.recommendation.core.feasibility import Feasibility
from foretune.spaces.configuration import Configuration

GUARD = Guard(max_svm_rows=1000, max_gradient_boosting_rows=2000)


def why_not(learner: str, n_training: int = 100, n_refit: int = 0, **params: Any) -> str | None:
    return Feasibility(n_training, GUARD, n_refit).why_not(Configuration(learner, params))


def test_a_table_is_trained_on_four_folds_of_five() -> None:
    table: Any = SimpleNamespace(n_rows=103)
    found = Feasibility.of(table, GUARD)
    assert (found.n_training, found.n_refit) == (82, 0)
    assert Feasibility.of(table, GUARD, n_folds=2).n_training == 51


@pytest.mark.parametrize(
    ("learner", "params"),
    [
        ("k_nearest_neighbours", {"n_neighbors": 100}),
        ("k_nearest_neighbours", {}),
        ("random_forest", {"min_samples_leaf": 50}),
        ("random_forest", {"min_samples_leaf": 0.9}),
        ("svm", {"n_training": 1000}),
        ("gradient_boosting", {"n_training": 2000}),
        ("xgboost", {"n_training": 1_000_000}),
    ],
)
def test_most_can_be_fitted(learner: str, params: dict[str, Any]) -> None:
    assert why_not(learner, **params) is None


@pytest.mark.parametrize(
    ("learner", "params", "reason"),
    [
        (
            "k_nearest_neighbours",
            {"n_neighbors": 101},
            "n_neighbors = 101 is more than the 100 rows of a training fold",
        ),
        ("random_forest", {"min_samples_leaf": 51}, "min_samples_leaf = 51 allows no split of 100 rows"),
        (
            "svm",
            {"n_training": 1001},
            "a kernel machine needs hours for 1,001 rows (guard.max_svm_rows = 1,000)",
        ),
        (
            "svm",
            {"n_refit": 5000},
            "a kernel machine needs hours for 5,000 rows (guard.max_svm_rows = 1,000)",
        ),
        (
            "gradient_boosting",
            {"n_training": 2001},
            "gradient boosting tries every threshold of 2,001 rows, for which XGBoost is made "
            "(guard.max_gradient_boosting_rows = 2,000)",
        ),
    ],
)
def test_what_cannot_is_said(learner: str, params: dict[str, Any], reason: str) -> None:
    assert why_not(learner, **params) == reason


@pytest.mark.parametrize("value", ["auto", None, 1e300, float("nan"), True, [1, 2]])
def test_values_of_any_type_are_left_to_the_estimator(value: Any) -> None:
    reason = why_not("k_nearest_neighbours", n_neighbors=value, min_samples_leaf=value)
    assert (reason is None) == (value != 1e300)
