"""Work of a fit: it grows with the table and with what a learner repeats."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretune.learners.fit_work import Size, work
from foretune.spaces.configuration import Configuration

LEARNERS = [
    *("xgboost", "lightgbm", "hist_gradient_boosting", "catboost", "gradient_boosting"),
    *("random_forest", "extra_trees", "svm", "k_nearest_neighbours", "linear", "mlp", "realmlp", "mine"),
]
sizes = st.integers(2, 1_000_000)


@pytest.mark.parametrize("learner", LEARNERS)
@given(few=sizes, many=sizes, columns=st.integers(1, 2_000), classes=st.integers(1, 100))
@settings(max_examples=30, deadline=None)
def test_more_rows_columns_or_classes_are_no_less_work(
    learner: str, few: int, many: int, columns: int, classes: int
) -> None:
    few, many = sorted((few, many))
    one = Configuration(learner, {"max_depth": 6})
    assert 1 <= work(one, few, columns, classes) <= work(one, many, columns, classes)
    assert work(one, few, columns, classes) <= work(one, few, columns + 1, classes)
    assert work(one, few, columns, classes) <= work(one, few, columns, classes + 1)


@pytest.mark.parametrize("learner", ["xgboost", "gradient_boosting", "random_forest", "mine"])
def test_twice_the_rounds_are_twice_the_work(learner: str) -> None:
    once, twice = (work(Configuration(learner, {"n_estimators": n}), 1_000, 10, 2) for n in (50, 100))
    assert twice == pytest.approx(2 * once)


def test_rounds_that_early_stopping_chooses_are_more_at_a_small_learning_rate() -> None:
    rates = (10.0, 0.3, 0.1, 0.03, 0.001, 1e-6)
    found = [work(Configuration("lightgbm", {"learning_rate": rate}), 1_000, 10) for rate in rates]
    assert found == sorted(found)
    assert found[0] == found[1]
    assert found[-1] == found[-2] == 20 * found[0]


def test_leaves_and_depth_limit_each_other() -> None:
    def units(**params: object) -> float:
        return work(Configuration("lightgbm", dict(params)), 10_000, 10)

    assert units(num_leaves=8) < units(num_leaves=200)
    assert units(num_leaves=200, max_depth=2) < units(num_leaves=200)
    assert units(max_depth=-1) == units()


@pytest.mark.parametrize("value", [None, "auto", float("nan"), float("inf"), -3, 0, True])
def test_values_that_are_no_positive_number_are_the_usual_ones(value: object) -> None:
    given_value = Configuration("xgboost", {"n_estimators": value, "max_depth": value})
    assert work(given_value, 100, 3) == work(Configuration("xgboost", {}), 100, 3)


def test_a_table_without_rows_is_some_work() -> None:
    assert work(Configuration("mine", {}), 0, 0, 0) >= 1


@pytest.mark.parametrize(("n_classes", "n_outputs"), [(1, 1), (2, 1), (3, 3), (100, 100)])
def test_two_classes_need_one_model(n_classes: int, n_outputs: int) -> None:
    assert Size(10, 2, n_classes).n_outputs == n_outputs
