"""A search from its first trial to its end, with scores that cost nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from tests.meta_model.priors import make_prior

from foretune.meta_model.guard import GuardedSearch
from foretune.meta_model.parameters import Guard, PolicyParameters
from foretune.recommendation.search_cv.run import SearchBudget, SearchRun
from foretune.recommendation.search_cv.trial_evaluator import ScoredTrial
from foretune.spaces.configuration import Configuration

N = 12
CONFIGURATIONS = [Configuration("svm", {"C": float(at)}) for at in range(N)]
PRIOR = make_prior(N)
SCORES = 0.7 + np.exp(-2) * PRIOR.surfaces[3]


class Evaluator:
    """Knows all scores; the last of a batch is done first, and Ctrl-C comes after so many trials."""

    def __init__(self, scores: Any = SCORES, n_before_interrupt: int = N) -> None:
        self.scores = scores
        self.n_left = n_before_interrupt
        self.batches: list[list[int]] = []

    def evaluate(self, batch: Sequence[Configuration]) -> Iterator[tuple[Configuration, ScoredTrial]]:
        self.batches.append([int(one.params["C"]) for one in batch])
        for one in reversed(batch):
            if not self.n_left:
                raise KeyboardInterrupt
            self.n_left -= 1
            score = self.scores[int(one.params["C"])]
            status = "ok" if np.isfinite(score) else "failed"
            yield one, ScoredTrial(np.array([score]), np.zeros(1), status, "")


def _run(evaluator: Evaluator, n_trials: int, min_gain: float = 0.0, **guard: float) -> SearchRun:
    search = GuardedSearch(
        PRIOR, PolicyParameters(), Guard.model_validate(guard), [5], np.random.default_rng(0)
    )
    run = SearchRun(search, CONFIGURATIONS, evaluator, SearchBudget(n_trials, 3, min_gain))
    run.run()
    return run


def test_the_first_three_are_evaluated_together_and_then_one_at_a_time() -> None:
    evaluator = Evaluator()
    run = _run(evaluator, 6)
    assert [len(batch) for batch in evaluator.batches] == [3, 1, 1, 1]
    # In the order of the proposals, whichever was done first
    assert [at for at, _ in run.trials] == [at for batch in evaluator.batches for at in batch]
    assert [trial.score for _, trial in run.trials] == [SCORES[at] for at, _ in run.trials]
    assert run.stop_reason == "n_trials"


def test_fewer_trials_than_are_planned() -> None:
    evaluator = Evaluator()
    assert len(_run(evaluator, 2).trials) == 2
    assert len(evaluator.batches) == 1


def test_it_ends_when_every_candidate_was_tried() -> None:
    run = _run(Evaluator(), 50)
    assert sorted(at for at, _ in run.trials) == list(range(N))
    assert run.stop_reason == "no_candidates"


@pytest.mark.parametrize("default_within", [2, 7])
def test_it_ends_when_nothing_is_to_be_gained_but_not_before_the_default(default_within: int) -> None:
    run = _run(Evaluator(), 50, min_gain=1.0, default_within=default_within, max_risk=1)
    tried = [at for at, _ in run.trials]
    assert run.stop_reason == "min_gain"
    assert len(tried) == max(3, tried.index(5) + 1)


def test_an_interrupted_search_keeps_its_trials() -> None:
    run = _run(Evaluator(n_before_interrupt=5), 9)
    assert run.stop_reason == "interrupted"
    assert len(run.trials) == 5


def test_an_interrupt_before_any_success_is_passed_on() -> None:
    with pytest.raises(KeyboardInterrupt):
        _run(Evaluator(np.full(N, np.nan), n_before_interrupt=4), 9)


def test_each_trial_is_reported_with_its_number() -> None:
    told: list[tuple[int, float]] = []
    search = GuardedSearch(PRIOR, PolicyParameters(), Guard(), [5], np.random.default_rng(0))
    evaluator: Any = Evaluator()
    SearchRun(
        search,
        CONFIGURATIONS,
        evaluator,
        SearchBudget(4, 3, 0.0),
        lambda number, one, trial: told.append((number, trial.score - SCORES[int(one.params["C"])])),
    ).run()
    assert told == [(1, 0.0), (2, 0.0), (3, 0.0), (4, 0.0)]
