"""A search of four candidates whose gains and scores are written down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from foretune.recommendation.search_cv.run import SearchBudget, SearchRun
from foretune.recommendation.search_cv.trial_evaluator import ScoredTrial
from foretune.spaces.configuration import Configuration

CONFIGURATIONS = [Configuration("svm", {"C": float(at)}) for at in range(4)]
SCORES = [0.4, 0.3, 0.2, 0.1]


class Proposals:
    """Proposes the candidates in a given order; hears their scores."""

    def __init__(self, order: Sequence[int], default: int | None = None, gains: Sequence[float] = (1,) * 4):
        self.default = default
        self.told: list[tuple[int, float]] = []
        self._order = list(order)
        self._gains = np.array(gains, dtype=np.float64)

    @property
    def n_left(self) -> int:
        return len(self._order)

    def ask(self) -> int:
        return self._order.pop(0)

    def tell(self, candidate: int, score: float) -> None:
        self.told.append((candidate, score))

    def expected_gains(self) -> np.ndarray:
        return self._gains


class Evaluator:
    """Gives the scores that are written down, the last configuration first; may be interrupted."""

    def __init__(self, interrupted_at: int | None = None, status: str = "ok") -> None:
        self.batches: list[list[int]] = []
        self._interrupted_at = interrupted_at
        self._status = status

    def evaluate(
        self, configurations: Sequence[Configuration], race: Any = None
    ) -> Iterator[tuple[Configuration, ScoredTrial]]:
        self.batches.append([CONFIGURATIONS.index(one) for one in configurations])
        for one in reversed(configurations):
            at = CONFIGURATIONS.index(one)
            if at == self._interrupted_at:
                raise KeyboardInterrupt
            score = np.array([SCORES[at]])
            yield one, ScoredTrial(score, score, score, self._status, "")


def start(search: Proposals, evaluator: Evaluator, budget: SearchBudget, *report: Any) -> SearchRun:
    guarded: Any = search
    engine: Any = evaluator
    return SearchRun(guarded, CONFIGURATIONS, engine, budget, *report)


def test_the_first_trials_are_evaluated_together_and_each_later_one_alone() -> None:
    search, evaluator = Proposals([2, 0, 3, 1]), Evaluator()
    reported: list[tuple[int, Configuration, float]] = []
    run = start(
        search,
        evaluator,
        SearchBudget(4, n_planned=2, min_gain=0.0),
        lambda number, one, trial: reported.append((number, one, trial.score)),
    )
    run.run()
    assert evaluator.batches == [[2, 0], [3], [1]]
    # In the order of the proposals, whichever came first
    assert [(at, trial.score) for at, trial in run.trials] == [(2, 0.2), (0, 0.4), (3, 0.1), (1, 0.3)]
    assert search.told == [(0, 0.4), (2, 0.2), (3, 0.1), (1, 0.3)]
    assert reported == [
        (number, CONFIGURATIONS[at], SCORES[at]) for number, at in enumerate([0, 2, 3, 1], start=1)
    ]
    assert run.stop_reason == "n_trials"


@pytest.mark.parametrize(
    ("n_at_once", "batches"), [(2, [[2, 0], [3, 1]]), (3, [[2, 0, 3], [1]]), (9, [[2, 0, 3, 1]])]
)
def test_several_workers_get_several_candidates(n_at_once: int, batches: list[list[int]]) -> None:
    evaluator = Evaluator()
    run = SearchRun(
        Proposals([2, 0, 3, 1]), CONFIGURATIONS, evaluator, SearchBudget(4, 1, 0.0), n_at_once=n_at_once
    )
    run.run()
    assert evaluator.batches == batches


@pytest.mark.parametrize(("n_trials", "n_planned"), [(1, 3), (2, 3), (3, 1)])
def test_no_more_trials_than_wanted(n_trials: int, n_planned: int) -> None:
    run = start(Proposals([2, 0, 3, 1]), Evaluator(), SearchBudget(n_trials, n_planned, 0.0))
    run.run()
    assert (len(run.trials), run.stop_reason) == (n_trials, "n_trials")


def test_a_search_without_candidates_ends() -> None:
    run = start(Proposals([2, 0]), Evaluator(), SearchBudget(10, n_planned=3, min_gain=0.0))
    run.run()
    assert (len(run.trials), run.stop_reason) == (2, "no_candidates")


def test_a_search_ends_where_no_candidate_is_expected_to_gain_enough() -> None:
    # Of those that are free; what was tried may still expect something
    gains = [0.9, 0.05, 0.9, 0.04]
    budget = SearchBudget(4, n_planned=2, min_gain=0.1)
    run = start(Proposals([2, 0, 3, 1], gains=gains), Evaluator(), budget)
    run.run()
    assert ([at for at, _ in run.trials], run.stop_reason) == ([2, 0], "min_gain")
    patient = start(Proposals([2, 0, 3, 1], gains=gains), Evaluator(), SearchBudget(4, 2, min_gain=0.05))
    patient.run()
    assert patient.stop_reason == "n_trials"


def test_the_default_is_tried_before_a_search_ends_early() -> None:
    search = Proposals([2, 0, 3, 1], default=3, gains=[0.0] * 4)
    run = start(search, Evaluator(), SearchBudget(4, n_planned=1, min_gain=0.1))
    run.run()
    assert ([at for at, _ in run.trials], run.stop_reason) == ([2, 0, 3], "min_gain")


def test_an_interrupt_keeps_what_is_done() -> None:
    run = start(Proposals([2, 0, 3, 1]), Evaluator(interrupted_at=3), SearchBudget(4, 2, 0.0))
    run.run()
    assert ([at for at, _ in run.trials], run.stop_reason) == ([2, 0], "interrupted")


@pytest.mark.parametrize(("interrupted_at", "status"), [(0, "ok"), (3, "failed")])
def test_an_interrupt_before_the_first_success_goes_through(interrupted_at: int, status: str) -> None:
    run = start(
        Proposals([2, 0, 3, 1]), Evaluator(interrupted_at, status), SearchBudget(4, n_planned=2, min_gain=0.0)
    )
    with pytest.raises(KeyboardInterrupt):
        run.run()


def test_the_largest_scores_are_told_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "SCORES", [1e308, -1e308, 1e-308, float("nan")])
    search = Proposals([0, 1, 2, 3])
    run = start(search, Evaluator(), SearchBudget(4, n_planned=1, min_gain=0.0))
    run.run()
    assert search.told[:3] == [(0, 1e150), (1, -1e150), (2, 1e-308)]
    assert np.isnan(search.told[3][1])
    assert [trial.score for _, trial in run.trials][:2] == [1e308, -1e308]


class Expiring(Proposals):
    """Proposes until it was asked some times what is left: time passes in between."""

    def __init__(self, order: Sequence[int], n_looks: int) -> None:
        super().__init__(order)
        self._n_looks = n_looks

    @property
    def n_left(self) -> int:
        self._n_looks -= 1
        return len(self._order) if self._n_looks >= 0 else 0


@pytest.mark.parametrize("n_looks", [1, 2, 3, 4])
def test_time_may_be_over_between_two_looks(n_looks: int) -> None:
    search = Expiring([2, 0, 3, 1], n_looks)
    run = start(search, Evaluator(), SearchBudget(np.inf, n_planned=0, min_gain=0.0, is_timed=True))
    run.run()
    assert run.stop_reason == "max_time"
    assert len(run.trials) == n_looks // 2


def test_a_report_may_end_the_search_after_what_is_running() -> None:
    started: list[int] = []
    search, evaluator = Proposals([2, 0, 3, 1]), Evaluator()
    run = start(
        search,
        evaluator,
        SearchBudget(4, n_planned=2, min_gain=0.0),
        lambda number, one, trial: number == 1,
        None,
        1,
        lambda batch: started.append(len(batch)),
    )
    run.run()
    assert run.stop_reason == "callback"
    assert evaluator.batches == [[2, 0]]
    assert started == [2]
