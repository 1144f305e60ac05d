"""Evaluation that ends in time: where a fit runs, what it teaches, and what an ended one leaves."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.conftest import make_mixed_task

from foretune.execution.job import Reply
from foretune.learners import EarlyStopping
from foretune.learners.fold_race import FoldRace
from foretune.learners.folds import make_folds
from foretune.learners.parameters import PreprocessingParameters
from foretune.meta_model.cost_model import CostModel, LearnerCost
from foretune.recommendation.search_cv import timed_evaluator
from foretune.recommendation.search_cv.rounds import choose_rounds_by
from foretune.recommendation.search_cv.scoring import SearchFold, choose_scoring
from foretune.recommendation.search_cv.time_limit import MachineCosts, TimeLimit
from foretune.recommendation.search_cv.timed_evaluator import FoldJob, TimedEvaluator, ended, merge_parts
from foretune.recommendation.search_cv.trial_evaluator import ScoredTrial, TrialEvaluator
from foretune.spaces.configuration import Configuration

COST = LearnerCost(overhead=0.0, rate=1e-5, exponent=1.0, row_exponent=1.0, spread=0.3, n_fits=100)
N_FOLDS = 3


def _scored(n: int, score: float = 0.7, seconds: float = 0.1) -> ScoredTrial:
    return ScoredTrial(np.full(n, score), np.full(n, seconds), np.zeros(n), "ok", "W: said")


class Pool:
    """Worker processes that answer what is written down."""

    def __init__(self, *replies: Reply, is_warm: bool = True) -> None:
        self.is_warm, self.replies = is_warm, list(replies)
        self.deadlines: list[float] = []

    def evaluate(self, job: Any, items: Sequence[Any], deadline: float) -> list[Reply]:
        assert isinstance(job, FoldJob)
        assert [one.name for one in job.learners] == ["linear"]
        self.deadlines.append(deadline)
        return [self.replies.pop(0) for _ in items]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """Folds that were evaluated in this process."""
    folds: list[list[int]] = []

    def evaluate(
        _: Any, __: Configuration, at: Sequence[int], race: Any = None, max_seconds: float | None = None
    ) -> ScoredTrial:
        folds.append(list(at))
        return _scored(len(at))

    monkeypatch.setattr(timed_evaluator, "evaluate_on", evaluate)
    return folds


def _evaluate(
    pool: Pool, max_time: float, known: tuple[str, ...] = ("linear",), n_parallel: int = 1, rows: int = 100
) -> tuple[ScoredTrial, MachineCosts]:
    costs = MachineCosts(CostModel(learners=dict.fromkeys(known, COST)), 1, 1)
    limit = TimeLimit(max_time, lambda: 0.0)
    evaluator: Any = SimpleNamespace(folds=[None] * N_FOLDS, folds_for=list, grows=lambda _: False)
    workers: Any = pool
    timed = TimedEvaluator(evaluator, costs, limit, workers, n_parallel, rows, lambda: 1.0)
    one = Configuration("linear", {})
    ((configuration, trial),) = timed.evaluate([one])
    assert configuration is one
    return trial, costs


def test_a_fit_that_is_sure_to_be_fast_runs_here(here: list[list[int]]) -> None:
    trial, costs = _evaluate(Pool(), 60.0)
    assert here == [[0], [1], [2]]
    assert trial.is_ok
    assert trial.fold_scores.tolist() == [0.7] * 3
    assert trial.error == "W: said"
    assert costs.is_calibrated


def test_parallel_fits_are_started_together(here: list[list[int]]) -> None:
    _evaluate(Pool(), 60.0, n_parallel=2)
    assert here == [[0, 1], [2]]


def test_an_unknown_learner_runs_in_a_worker_until_it_was_seen(here: list[list[int]]) -> None:
    pool = Pool(Reply("ok", _scored(1)))
    trial, _ = _evaluate(pool, 60.0, known=())
    assert trial.is_ok
    assert here == [[1], [2]]
    # Half of what is left after the reserve, at most
    assert 0 < pool.deadlines[0] <= 59.0


def test_a_fit_that_is_ended_is_a_row_and_a_lesson(here: list[list[int]]) -> None:
    pool = Pool(Reply("timeout", None, "took more than 9 s", 9.0))
    trial, costs = _evaluate(pool, 10.0, known=())
    assert (trial.status, here) == ("timeout", [])
    assert "max_time" in trial.error
    assert np.isnan(trial.fold_scores).all()
    assert trial.fold_scores.shape == (N_FOLDS,)
    assert "linear" in costs.ended
    assert costs.predict(Configuration("linear", {}), 100) >= 17


def test_a_worker_that_did_not_start_says_nothing_of_the_learner(here: list[list[int]]) -> None:
    pool = Pool(Reply("timeout", None, "", while_preparing=True))
    trial, costs = _evaluate(pool, 10.0, known=())
    assert (trial.status, costs.ended, here) == ("timeout", set(), [])


def test_other_failures_are_the_trials(here: list[list[int]]) -> None:
    pool = Pool(Reply("crashed", None, "the worker process was ended by SIGSEGV"))
    trial, _ = _evaluate(pool, 10.0, known=())
    assert (trial.status, here) == ("crashed", [])
    assert "SIGSEGV" in trial.error


def test_what_cannot_end_before_the_reserve_is_not_started(here: list[list[int]]) -> None:
    for max_time, rows in ((0.9, 100), (10.0, 1_000_000)):
        trial, costs = _evaluate(Pool(is_warm=False), max_time, rows=rows)
        assert (trial.status, here, costs.ended) == ("timeout", [], set())


def test_parts_are_merged_in_their_order() -> None:
    merged = merge_parts([_scored(2, 0.5), _scored(1, 0.8)], 3)
    assert merged.fold_scores.tolist() == [0.5, 0.5, 0.8]
    assert merged.fit_seconds.shape == (3,)
    failed = merge_parts([_scored(1), ended(1, "timeout", "late", 2.0)], 3)
    assert (failed.status, failed.error) == ("timeout", "late")
    assert failed.fit_seconds.tolist() == [0.1, 2.0]
    assert failed.fold_scores.shape == (3,)


def test_a_race_stops_what_is_behind_and_learns_of_what_is_not(here: list[list[int]]) -> None:
    race = FoldRace(N_FOLDS)
    race.record(np.array([0.99, 0.98, 0.97]))
    race.record(np.array([0.98, 0.975, 0.96]))
    costs = MachineCosts(CostModel(learners={"linear": COST}), 1, 1)
    evaluator: Any = SimpleNamespace(folds=[None] * N_FOLDS, folds_for=list, grows=lambda _: False)
    pool: Any = Pool()
    limit = TimeLimit(60.0, lambda: 0.0)
    timed = TimedEvaluator(evaluator, costs, limit, pool, 1, 100, lambda: 0.0)
    ((_, trial),) = timed.evaluate([Configuration("linear", {})], race)
    assert (trial.status, here) == ("stopped", [[0]])
    assert trial.fold_scores.shape == (N_FOLDS,)


def test_a_booster_that_grows_is_evaluated_on_all_folds_at_once(here: list[list[int]]) -> None:
    costs = MachineCosts(CostModel(learners={"xgboost": COST}), 1, 1)
    evaluator: Any = SimpleNamespace(folds=[None] * N_FOLDS, folds_for=list, grows=lambda _: True)
    pool: Any = Pool()
    timed = TimedEvaluator(evaluator, costs, TimeLimit(6e5, lambda: 0.0), pool, 1, 100, lambda: 0.0)
    ((_, trial),) = timed.evaluate([Configuration("xgboost", {"n_estimators": 5})])
    assert (trial.status, here) == ("ok", [[0, 1, 2]])


class LivePool(Pool):
    """Worker process that evaluates at once, in this process."""

    def evaluate(self, job: Any, items: Sequence[Any], deadline: float) -> list[Reply]:
        return [Reply("ok", job.evaluate(job.prepare(), item), "", 0.1) for item in items]


@pytest.mark.parametrize("known", [{"xgboost": COST}, {}], ids=["here", "in a worker"])
def test_a_race_stops_a_booster_while_it_grows(known: dict[str, LearnerCost]) -> None:
    folds = [
        SearchFold(**vars(fold), rows=fold.X_test, truth=fold.y_test)
        for fold in make_folds(make_mixed_task("regression"), N_FOLDS, PreprocessingParameters(), seed=0)
    ]
    scoring = choose_scoring("r2", "regression", None)
    choice = choose_rounds_by(EarlyStopping(5, 40), scoring, weighs=False)
    search = TrialEvaluator(folds, "regression", 0, scoring.scorer, metric=scoring.metric, choice=choice)
    one = Configuration("xgboost", {"n_estimators": 5, "max_depth": 2}, "similar")
    ((_, whole),) = search.evaluate([one])
    race = FoldRace(N_FOLDS)
    for less in (0.0, 0.01):
        race.record(np.full(N_FOLDS, 0.999 - less) - [0.0, less / 3, 0.0])
    costs = MachineCosts(CostModel(learners=known), 1, 1)
    pool: Any = LivePool()
    timed = TimedEvaluator(search, costs, TimeLimit(6e5, lambda: 0.0), pool, 1, 100, lambda: 0.0)
    ((_, trial),) = timed.evaluate([one], race)
    assert (trial.status, trial.error) == ("stopped", "behind the best on 1 fold of 3")
    assert trial.fit_seconds.shape == (1,)
    assert trial.n_rounds is not None
    assert np.isnan(trial.fold_scores[1:]).all()
    ((_, complete),) = timed.evaluate([one])
    np.testing.assert_array_equal(complete.fold_scores, whole.fold_scores)
    assert complete.n_rounds == whole.n_rounds
