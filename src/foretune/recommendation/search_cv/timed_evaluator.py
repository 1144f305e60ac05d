"""Evaluation of configurations that ends in time: in a process that is ended, if it may be too slow."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from foretune.base import TaskType
from foretune.execution import DeadlinePool, Job, Reply
from foretune.learners import (
    STOPPED,
    FoldRace,
    Learner,
    get_learner,
    register_learner,
    with_rounds,
)
from foretune.recommendation.core import open_rounds
from foretune.recommendation.search_cv.time_limit import GROWING, MachineCosts, TimeLimit, kind_of
from foretune.recommendation.search_cv.timed_search import most_to_grow, seconds_of_first_rounds
from foretune.recommendation.search_cv.trial_evaluator import (
    ScoredTrial,
    TrialEvaluator,
    has_default,
    stop_trial,
)
from foretune.spaces import Configuration

# Of a worker process: mostly imports
SECONDS_TO_START = 4.0
# A fit that is not known to be fast may take this share of the time that is left for trials
SHARE_OF_ONE = 0.5
# Of what the call may be late, for a fit that is longer than it should be
SHARE_OF_LATE = 0.4
# Fits that are longer go to worker processes, if there are several; that they start must be worth it
WORTH_A_WORKER = 0.3
LEAST_TIME_FOR_WORKERS = 20.0
# Of the time that a booster may grow: one that took more may have been cut short
CUT_SHARE = 0.8
NO_TIME = "there was no time to go on with it"


@dataclass
class FoldJob(Job):
    """Fits in a worker process; an item is what :func:`evaluate_on` takes after the evaluator.

    Attributes
    ----------
    evaluator
        Evaluates, with all folds.
    learners
        Learners of the items, which a new process may not know.
    """

    evaluator: TrialEvaluator
    learners: Sequence[Learner]
    task_id: str = "max_time"
    items: Sequence[Any] = field(default_factory=tuple)

    def prepare(self) -> TrialEvaluator:
        """Register the learners, and import their libraries before a fit is timed."""
        for learner in self.learners:
            register_learner(learner)
        import_libraries(self.learners, self.evaluator.task_type)
        return self.evaluator

    def evaluate(
        self, shared: TrialEvaluator, item: tuple[Configuration, list[int], FoldRace | None, float | None]
    ) -> ScoredTrial:
        """Fit and score a configuration on folds."""
        return evaluate_on(shared, *item)


def import_libraries(learners: Sequence[Learner], task_type: TaskType) -> None:
    """Import what learners are built from, by building each."""
    for learner in learners:
        # One that cannot be built says so where it is evaluated
        with contextlib.suppress(Exception):
            learner.build(learner.library_default(task_type), task_type, 0)


def evaluate_on(
    evaluator: TrialEvaluator,
    configuration: Configuration,
    at: Sequence[int],
    race: FoldRace | None = None,
    max_seconds: float | None = None,
) -> ScoredTrial:
    """Evaluate one configuration on the folds at some positions, one after the other.

    A race may stop a booster that early stopping ends, which grows on the first folds before the others.
    After ``max_seconds`` such a booster grows no more.
    """
    if max_seconds is not None and evaluator.choice is not None:
        evaluator = replace(evaluator, choice=replace(evaluator.choice, max_seconds=max_seconds))
    folds = evaluator.folds_for(configuration.learner)
    some: Any = [folds[one] for one in at]
    # Starting processes of joblib takes seconds that nobody has counted
    ((_, trial),) = replace(evaluator, folds=some, n_jobs=1).run([configuration], race)
    return trial


def cost_of_rounds(evaluator: TrialEvaluator, configuration: Configuration) -> Configuration:
    """Return the configuration of which the work is known: without rounds if early stopping chooses them."""
    if not evaluator.grows(configuration):
        return configuration
    return replace(open_rounds(configuration), strategy=GROWING)


def as_grown(evaluator: TrialEvaluator, configuration: Configuration, trial: ScoredTrial) -> Configuration:
    """Return the configuration with as many rounds as its trial has grown."""
    if trial.n_rounds is None or evaluator.choice is None:
        return configuration
    stopping = evaluator.choice.early_stopping
    return with_rounds(configuration, min(trial.n_rounds + stopping.patience, stopping.max_rounds))


class TimedEvaluator:
    """Evaluator that ends every fit in time, one configuration after the other, fold by fold.

    A fit that is sure to be fast enough runs in this process. Any other runs in a worker process, which is
    ended when the time is over: the configuration is then a trial with the status ``timeout``. The seconds of
    every fit calibrate the costs.

    Parameters
    ----------
    evaluator
        Evaluates on all folds.
    costs, limit
        Seconds of fits, and the time that is left.
    pool
        Worker processes, as many as there are parallel fits.
    n_parallel
        Number of parallel fits.
    n_rows
        Rows that a fold trains on.
    reserve
        Returns the seconds to keep for the last fit.
    last_per_trial
        Seconds of a booster's last fit, as a share of those of its trial.
    """

    def __init__(  # noqa: PLR0913, PLR0917
        self,
        evaluator: TrialEvaluator,
        costs: MachineCosts,
        limit: TimeLimit,
        pool: DeadlinePool,
        n_parallel: int,
        n_rows: int,
        reserve: Callable[[], float],
        last_per_trial: float = 0.0,
    ) -> None:
        self._evaluator = evaluator
        self._last_per_trial = last_per_trial
        self._costs, self._limit, self._pool = costs, limit, pool
        self._n_parallel, self._n_rows, self._reserve = n_parallel, n_rows, reserve
        self._job: FoldJob | None = None

    def evaluate(
        self, configurations: Sequence[Configuration], race: FoldRace | None = None
    ) -> Iterator[tuple[Configuration, ScoredTrial]]:
        """Yield each configuration with its outcome; a race stops trials that are behind the best."""
        for one in configurations:
            trial = self.evaluate_one(one, race)
            if race is not None and trial.is_ok:
                race.record(trial.fold_scores)
            yield one, trial

    def evaluate_one(self, configuration: Configuration, race: FoldRace | None) -> ScoredTrial:
        """Return the outcome of one configuration."""
        n_folds = len(self._evaluator.folds)
        # A booster that early stopping ends grows on all folds together
        n_at_once = n_folds if self._evaluator.grows(configuration) else self._n_parallel
        parts: list[ScoredTrial] = []
        for start in range(0, n_folds, n_at_once):
            at = range(start, min(start + n_at_once, n_folds))
            parts.append(self._evaluate_part(configuration, at, race))
            if parts[-1].status == STOPPED:
                return parts[-1]
            if not parts[-1].is_ok:
                break
            if race is not None and at.stop in race.looks and not has_default([configuration]):
                so_far = merge_parts(parts, at.stop)
                if race.find_hopeless(so_far.fold_scores[None])[0]:
                    return stop_trial(so_far, race)
        return merge_parts(parts, n_folds)

    def _evaluate_part(
        self, configuration: Configuration, at: Sequence[int], race: FoldRace | None
    ) -> ScoredTrial:
        left = self._limit.left - self._reserve()
        grows = self._evaluator.grows(configuration)
        # Folds that grow together are fitted in turn
        n_fits = len(at) if grows else 1
        costly = cost_of_rounds(self._evaluator, configuration)
        expected = n_fits * self._costs.predict(costly, self._n_rows)
        largest = n_fits * self._costs.largest(costly, self._n_rows)
        growing_seconds = self._growing_seconds(left) if grows else None
        start = 0.0 if self._pool.is_warm else SECONDS_TO_START
        knows = self._costs.knows(configuration.learner)
        if left <= 0:
            return ended(len(at), "timeout", NO_TIME)
        # Here folds are fitted in turn
        largest_here = len(at) * self._costs.largest(costly, self._n_rows)
        if growing_seconds is not None:
            expected, largest = min(expected, growing_seconds), min(largest, growing_seconds)
            # It cannot end before its first rounds
            least = len(at) * seconds_of_first_rounds(self._costs, [costly], self._n_rows)[0]
            least *= self._costs.factor(kind_of(costly))
            if least > left and not self._pool.is_warm:
                return ended(len(at), "timeout", NO_TIME)
            largest_here = min(largest_here, max(growing_seconds, least))
        is_fast = knows and largest_here <= left + SHARE_OF_LATE * self._limit.late_seconds
        if is_fast and not self._is_for_workers(at, n_fits, expected, left):
            trial = evaluate_on(self._evaluator, configuration, at, race, growing_seconds)
        elif knows and expected + start > left:
            return ended(len(at), "timeout", NO_TIME)
        else:
            allowed = min(left, max(largest, SHARE_OF_ONE * left) + start)
            trial = self._evaluate_in_worker(configuration, at, race, allowed, growing_seconds)
        seconds = float(np.max(trial.fit_seconds + trial.score_seconds))
        if growing_seconds is not None and seconds > CUT_SHARE * growing_seconds:
            # It may have been cut short
            return trial
        # A fit that had less time than it was expected to take says nothing
        if trial.status in ("ok", STOPPED) or (trial.status == "timeout" and seconds >= expected):
            was_ended = trial.status == "timeout"
            fitted = as_grown(self._evaluator, configuration, trial)
            self._costs.observe(costly, self._n_rows, seconds, was_ended=was_ended, fitted=fitted)
        return trial

    def _growing_seconds(self, left: float) -> float:
        """Return how long a booster may grow, so that there is time for a last fit of it, too."""
        return most_to_grow(left, self._limit.max_time, self._last_per_trial)

    def _is_for_workers(self, at: Sequence[int], n_fits: int, expected: float, left: float) -> bool:
        """Whether several folds are better fitted at the same time."""
        is_parallel = len(at) > 1 and n_fits == 1 and expected > WORTH_A_WORKER
        return is_parallel and (self._pool.is_warm or left > LEAST_TIME_FOR_WORKERS)

    def _evaluate_in_worker(
        self,
        configuration: Configuration,
        at: Sequence[int],
        race: FoldRace | None,
        seconds: float,
        growing_seconds: float | None,
    ) -> ScoredTrial:
        if self._job is None or get_learner(configuration.learner) not in self._job.learners:
            known = () if self._job is None else self._job.learners
            # Sent with the job, as the table is not
            self._evaluator.folds_for(configuration.learner)
            self._job = FoldJob(self._evaluator, [*known, get_learner(configuration.learner)])
        items: list[Any] = [(configuration, [one], None, None) for one in at]
        if growing_seconds is not None:
            items = [(configuration, list(at), race, growing_seconds)]
        replies = self._pool.evaluate(self._job, items, self._limit.clock() + seconds)
        return merge_parts([as_trial(reply, seconds) for reply in replies], len(at))


def as_trial(reply: Reply, seconds: float) -> ScoredTrial:
    """Return the trial on one fold that a worker process was given ``seconds`` for."""
    if isinstance(reply.value, ScoredTrial):
        return reply.value
    if reply.status == "timeout":
        if reply.while_preparing:
            return ended(1, "timeout", "a worker process did not start in time")
        return ended(1, "timeout", f"ended after {seconds:.3g} s, as max_time allows no more", reply.seconds)
    return ended(1, reply.status, reply.error, reply.seconds)


def ended(n_folds: int, status: str, error: str, seconds: float = 0.0) -> ScoredTrial:
    """Return a trial without scores."""
    none = np.full(n_folds, np.nan)
    return ScoredTrial(none, np.full(n_folds, seconds), np.zeros(n_folds), status, error)


def merge_parts(parts: Sequence[ScoredTrial], n_folds: int) -> ScoredTrial:
    """Merge the outcomes of one configuration on parts of the folds."""
    if len(parts) == 1 and len(parts[0].fold_scores) == n_folds:
        return parts[0]
    fit_seconds = np.concatenate([part.fit_seconds for part in parts])
    score_seconds = np.concatenate([part.score_seconds for part in parts])
    failed = next((part for part in parts if not part.is_ok), None)
    if failed is not None:
        none = np.full(n_folds, np.nan)
        return ScoredTrial(none, fit_seconds, score_seconds, failed.status, failed.error)
    said = sorted({text for part in parts for text in part.error.split("; ") if text})
    scores = np.concatenate([part.fold_scores for part in parts])
    further = {
        name: np.concatenate(
            [part.further.get(name, np.full(len(part.fold_scores), np.nan)) for part in parts]
        )
        for name in dict.fromkeys(name for part in parts for name in part.further)
    }
    return ScoredTrial(scores, fit_seconds, score_seconds, "ok", "; ".join(said), further=further)
