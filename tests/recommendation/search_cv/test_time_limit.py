"""The clock of a search, and costs that the first fits calibrate; no time passes here."""

from __future__ import annotations

import numpy as np
import pytest

from foretune.learners.registry import _LEARNERS, get_learner
from foretune.meta_model.cost_model import CostModel, LearnerCost
from foretune.recommendation.search_cv.time_limit import (
    GROWING,
    LONGER_GROWING,
    SECONDS_GROWING,
    MachineCosts,
    TimeLimit,
    kind_of,
)
from foretune.spaces.configuration import Configuration

COST = LearnerCost(overhead=0.0, rate=1e-6, exponent=1.0, row_exponent=1.0, spread=0.8, n_fits=100)
MODEL = CostModel(learners={"xgboost": COST, "linear": COST})
XGBOOST, LINEAR = Configuration("xgboost", {"n_estimators": 10}), Configuration("linear", {})


class Clock:
    """A clock that stands still."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def costs() -> MachineCosts:
    return MachineCosts(MODEL, 10, 1)


def test_time_is_counted_from_the_beginning() -> None:
    clock = Clock()
    limit = TimeLimit(20, clock)
    clock.now += 15
    assert limit.left == pytest.approx(5)
    assert limit.deadline == pytest.approx(120)
    clock.now += 6
    assert limit.left == pytest.approx(-1)
    assert limit.deadline < limit.last_deadline < 100 + 1.1 * 20 + 2


@pytest.mark.parametrize(
    ("max_time", "max_rows", "rows"),
    [(1, 20_000, 2_000), (5, 20_000, 5_000), (5, 300, 300), (60, 20_000, 20_000), (0.1, 20_000, 2_000)],
)
def test_little_time_is_spent_on_few_rows(max_time: float, max_rows: int, rows: int) -> None:
    assert TimeLimit(max_time).rows_in_time(max_rows) == rows


def test_the_first_fit_tells_how_fast_the_machine_is(costs: MachineCosts) -> None:
    was_calibrated = costs.is_calibrated
    before, other = costs.predict(XGBOOST, 1_000), costs.predict(LINEAR, 1_000)
    assert before == pytest.approx(MODEL.predict(XGBOOST, 1_000, 10, 1))
    costs.observe(XGBOOST, 1_000, 4 * before)
    assert (was_calibrated, costs.is_calibrated) == (False, True)
    assert costs.predict(XGBOOST, 1_000) == pytest.approx(4 * before, rel=0.15)
    assert other < costs.predict(LINEAR, 1_000) < 4 * other
    # What is expected of more rows changes alike
    assert costs.predict(XGBOOST, 50_000) == pytest.approx(
        MODEL.predict(XGBOOST, 50_000, 10, 1) * costs.factor("xgboost")
    )


def test_fits_that_were_seen_are_less_uncertain(costs: MachineCosts) -> None:
    def doubt(configuration: Configuration) -> float:
        return costs.largest(configuration, 1_000) / costs.predict(configuration, 1_000)

    doubts = [doubt(XGBOOST)]
    for _ in range(20):
        costs.observe(XGBOOST, 1_000, 0.1)
        doubts.append(doubt(XGBOOST))
    assert np.diff(doubts).max() < 1e-9
    assert doubts[-1] > 1.2
    assert doubt(LINEAR) > doubt(XGBOOST)


def test_a_fit_that_was_ended_takes_longer_than_it_did_and_says_nothing_of_the_machine(
    costs: MachineCosts,
) -> None:
    linear = costs.predict(LINEAR, 1_000)
    assert costs.knows("xgboost")
    costs.observe(XGBOOST, 1_000, 30.0, was_ended=True)
    assert costs.predict(XGBOOST, 1_000) >= 59
    assert costs.predict(LINEAR, 1_000) == pytest.approx(linear)
    assert not costs.knows("xgboost")
    costs.observe(XGBOOST, 1_000, 1.0, was_ended=True)
    assert costs.predict(XGBOOST, 1_000) >= 59


def test_a_learner_from_outside_is_known_once_it_was_seen(
    costs: MachineCosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = get_learner("linear")
    other = type(own)("linear", lambda *_: None, lambda _: {})
    monkeypatch.setitem(_LEARNERS, "linear", other)
    assert not costs.knows("linear")
    costs.observe(LINEAR, 1_000, 0.1)
    assert costs.knows("linear")


def test_many_rounds_of_early_stopping_do_not_make_the_machine_slow(costs: MachineCosts) -> None:
    growing = Configuration("xgboost", {"learning_rate": 0.1}, GROWING)
    assert (kind_of(growing), kind_of(XGBOOST)) == ("xgboost growing", "xgboost")
    expected, other = MODEL.predict(growing, 1_000, 10, 1), costs.predict(XGBOOST, 1_000)
    assert costs.predict(growing, 1_000) == pytest.approx(LONGER_GROWING * (expected + SECONDS_GROWING))
    assert costs.predict_all([growing], 1_000) == pytest.approx(expected + SECONDS_GROWING)
    grown = Configuration("xgboost", {"learning_rate": 0.1, "n_estimators": 2_000})
    seconds = MODEL.predict(grown, 1_000, 10, 1)
    costs.observe(growing, 1_000, seconds, fitted=grown)
    # The next that early stopping ends may take as long, others are as fast as expected
    assert costs.predict(growing, 1_000) == pytest.approx(seconds, rel=0.5)
    assert costs.predict(XGBOOST, 1_000) == pytest.approx(other)
    costs.observe(growing, 1_000, 1e6, was_ended=True)
    assert costs.predict(XGBOOST, 1_000) == pytest.approx(other)
    assert not costs.knows("xgboost")


def test_costs_of_fits_that_early_stopping_ended_need_no_allowance_for_it() -> None:
    costs = MachineCosts(MODEL, 10, 1, ["xgboost"])
    growing = Configuration("xgboost", {"max_depth": 3}, GROWING)
    expected = costs.predict_all([growing], 1_000)[0]
    assert expected == MODEL.predict(growing, 1_000, 10, 1)
    assert costs.predict(growing, 1_000) == pytest.approx(expected)
    # As slow as the ledger's, whatever number of rounds it took
    many = Configuration("xgboost", {"max_depth": 3, "n_estimators": 1_500})
    costs.observe(growing, 50_000, costs.predict_all([growing], 50_000)[0], fitted=many)
    assert costs.factor(kind_of(LINEAR)) == pytest.approx(1)
    assert costs.predict(growing, 1_000) == pytest.approx(expected)
    # Others have it
    assert MachineCosts(MODEL, 10, 1, ["linear"]).predict(growing, 1_000) > LONGER_GROWING * expected
