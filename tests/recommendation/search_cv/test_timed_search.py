"""Proposals that end in time, with a clock that stands still."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from foretune.meta_model.cost_model import CostModel, LearnerCost
from foretune.recommendation.search_cv.time_limit import GROWING, MachineCosts, TimeLimit
from foretune.recommendation.search_cv.timed_search import TimedSearch, most_to_grow
from foretune.spaces.configuration import DEFAULT, Configuration

COST = LearnerCost(overhead=0.0, rate=1e-5, exponent=1.0, row_exponent=1.0, spread=0.3, n_fits=100)
ROUNDS = [10, 100, 1_000, 10_000]
CANDIDATES = [Configuration("mine", {"n_estimators": n}) for n in ROUNDS]


class Gains:
    """A search whose gains are written down."""

    def __init__(self, gains: list[float]) -> None:
        self.gains, self.tried = np.array(gains), np.zeros(len(gains), dtype=bool)
        self.allowed = ~self.tried
        self.default: int | None = None
        self.told: dict[int, float] = {}

    @property
    def free(self) -> Any:
        return self.allowed & ~self.tried

    @property
    def n_left(self) -> int:
        return int(self.free.sum())

    def restrict(self, allowed: Any) -> None:
        self.allowed = allowed

    def ask(self, seconds: Any) -> int:
        at = int(np.argmax(np.where(self.free, self.gains / seconds, -1.0)))
        self.tried[at] = True
        return at

    def tell(self, candidate: int, score: float) -> None:
        self.told[candidate] = score

    def expected_gains(self) -> Any:
        return self.gains


class Clock:
    """A clock that stands still."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def _search(
    gains: list[float], max_time: float, n_last: int = 0, reading: float = 0.0
) -> tuple[TimedSearch, Gains, Clock]:
    clock, proposals = Clock(), Gains(gains)
    costs = MachineCosts(CostModel(learners={"mine": COST}), 1, 1)
    # Seconds of a fit of 100 rows: .02, .2, 2 and 20; the machine is as fast as that of the ledger
    costs.observe(CANDIDATES[0], 100, costs.predict(CANDIDATES[0], 100))
    limit = TimeLimit(max_time, clock)
    search: Any = proposals
    return TimedSearch(search, CANDIDATES, costs, limit, 100, 1, n_last, reading), proposals, clock


def test_what_cannot_end_in_time_is_never_proposed() -> None:
    search, proposals, clock = _search([0.0, 0.0, 0.0, 1.0], 11.0)
    assert search.n_left == 3
    assert not proposals.free[3]
    clock.now = 10.9
    assert search.n_left == 1
    clock.now = 10.99
    assert search.n_left == 0


def test_time_for_the_last_fit_is_kept() -> None:
    search, _, clock = _search([1.0, 1.0, 1.0, 1.0], 110.0, n_last=1_000)
    assert search.n_left == 3
    search.tell(1, 0.5)
    # The best takes 2 s on all rows
    clock.now = 107.0
    assert search.seconds_of_last_fit == pytest.approx(2.6, rel=0.1)
    assert search.n_left == 2
    clock.now = 108.0
    assert search.n_left == 0
    search.tell(0, 0.4)
    search.tell(2, float("nan"))
    assert search.seconds_of_last_fit == pytest.approx(2.6, rel=0.1)


def test_reading_the_table_takes_time_too() -> None:
    assert _search([1.0] * 4, 10.0, n_last=100, reading=9.0)[0].n_left == 2
    assert _search([1.0] * 4, 10.0, n_last=100, reading=11.0)[0].n_left == 0


def test_gain_counts_by_the_second_where_a_trial_is_long() -> None:
    search, _, _ = _search([0.1, 0.5, 1.0, 0.0], 30.0)
    # Half a second is as good as less: five times the gain is worth ten times the time, not a hundred times
    assert [search.ask() for _ in range(3)] == [1, 2, 0]
    search, _, _ = _search([0.0, 0.9, 1.0, 0.0], 30.0)
    assert search.ask() == 1


def test_a_trial_never_takes_most_of_the_time_if_there_are_others() -> None:
    assert _search([1.0] * 4, 60.0)[0].n_left == 3
    assert _search([1.0] * 4, 600.0)[0].n_left == 4


def test_the_library_default_may_take_longer_than_others() -> None:
    search, proposals, _ = _search([0.1, 0.1, 1.0, 0.1], 6.0)
    assert search.n_left == 2
    proposals.default = 2
    assert search.n_left == 3
    assert proposals.allowed.tolist() == [True, True, True, False]


def test_what_is_large_is_tried_where_all_else_is_worthless() -> None:
    search, proposals, _ = _search([0.01, 0.01, 1.0, 0.1], 6.0)
    assert search.n_left == 3
    assert proposals.allowed.tolist() == [True, True, True, False]
    assert _search([0.1, 0.01, 1.0, 0.1], 6.0)[0].n_left == 2


def test_what_is_large_is_tried_where_all_else_was() -> None:
    search, _, _ = _search([1.0, 1.0, 1.0, 1.0], 6.0)
    assert search.n_left == 2
    assert sorted([search.ask(), search.ask()]) == [0, 1]
    # It takes 2 of 6 seconds, which is more than a quarter
    assert search.n_left == 1
    assert search.ask() == 2


def test_the_default_comes_first_where_early_stopping_is_uncertain() -> None:
    for strategy, first in [("sobol", 0), (GROWING, 1)]:
        candidates = [
            Configuration("xgboost", CANDIDATES[0].params, strategy),
            Configuration("xgboost", CANDIDATES[1].params, DEFAULT),
            Configuration("xgboost", CANDIDATES[0].params, strategy),
        ]
        proposals: Any = Gains([1.0, 0.1, 0.5])
        costs = MachineCosts(CostModel(learners={"xgboost": COST}), 1, 1)
        limit = TimeLimit(60.0, Clock())
        search = TimedSearch(proposals, candidates, costs, limit, 100, 1, 0)
        assert search.n_left == 3
        assert search.ask() == first
        assert search.n_left == 2
        # Once, and by the gain from then on
        assert search.ask() == (2 if first == 0 else 0)


def test_it_tells_what_was_left_out_while_there_was_something_else() -> None:
    search, _, clock = _search([1.0] * 4, 60.0)
    assert search.n_left == 3
    # Time that passes between the two questions changes nothing
    clock.now = 59.99
    search.ask()
    assert (search.n_dropped, search.dropped_learners()) == (1, ["mine"])
    clock.now = 60.0
    assert search.n_left == 0
    assert search.n_dropped == 1
    assert (search.expected_gains() == -1).all()


def test_a_booster_that_may_be_cut_short_is_tried_though_it_would_take_too_long() -> None:
    # Trial and last fit take as long each, and there is time for less than both
    rate = {"learning_rate": 0.03}
    for strategy, n_left in [("sobol", 1), (GROWING, 2)]:
        candidates = [
            Configuration("xgboost", {"n_estimators": 1, **rate}, DEFAULT),
            Configuration(
                "xgboost", {**rate, **({} if strategy == GROWING else {"n_estimators": 1_000})}, strategy
            ),
        ]
        cost = COST.model_copy(update={"rate": 4e-7})
        costs = MachineCosts(CostModel(learners={"xgboost": cost}), 10, 1)
        costs.observe(candidates[0], 1_000, costs.predict(candidates[0], 1_000))
        seconds = costs.predict(candidates[1], 1_000)
        limit = TimeLimit(1.7 * seconds, Clock())
        proposals: Any = Gains([0.1, 1.0])
        search = TimedSearch(proposals, candidates, costs, limit, 1_000, 1, 1_000, last_per_trial=1.3)
        assert search.n_left == n_left


def test_growing_leaves_time_for_the_last_fit() -> None:
    assert most_to_grow(left=100.0, max_time=100.0, last_per_trial=0.3) == 25.0
    assert most_to_grow(left=13.0, max_time=100.0, last_per_trial=0.3) == pytest.approx(10.0)
    assert most_to_grow(left=-1.0, max_time=100.0, last_per_trial=0.3) == 0.0
