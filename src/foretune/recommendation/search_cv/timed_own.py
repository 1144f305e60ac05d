"""Evaluation of the user's own estimator that ends in time: in processes that are ended if need be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from joblib import effective_n_jobs
from sklearn import config_context, get_config

from foretune.base import describe_error
from foretune.execution import DeadlinePool
from foretune.learners import FoldRace
from foretune.recommendation.search_cv.own_evaluator import OwnEvaluator
from foretune.recommendation.search_cv.time_limit import MOST_OF_LAST, TimeLimit
from foretune.recommendation.search_cv.timed_evaluator import (
    NO_TIME,
    SECONDS_TO_START,
    FoldJob,
    TimedEvaluator,
    as_trial,
    ended,
    evaluate_on,
    merge_parts,
)
from foretune.recommendation.search_cv.trial_evaluator import ScoredTrial, TrialEvaluator
from foretune.spaces import Configuration

# With less time left, the start of a worker process takes too much of it
WORTH_A_START = 8.0
NOT_SENT = "max_time ends no fit that runs: the estimator cannot be sent to another process ({error})"


@dataclass
class OwnFoldJob(FoldJob):
    """Fits of the user's estimator in a worker process, with the settings of scikit-learn of this one."""

    config: dict[str, Any] = field(default_factory=get_config)

    def evaluate(self, shared: TrialEvaluator, item: Any) -> Any:
        """Fit and score a configuration on folds; None only sends the table."""
        if item is None:
            return None
        with config_context(**self.config):
            return super().evaluate(shared, item)


class TimedOwnEvaluator(TimedEvaluator):
    """Evaluator of the user's own estimator that ends a trial which would overrun.

    The first trials run in this process to their end, until one has a score: there is always a result. After
    that trials run in worker processes, as soon as these have started, where they are ended in time. With
    little time left, or an estimator that cannot be sent to another process, all trials run here.

    Parameters
    ----------
    evaluator
        Evaluates on the user's own rows.
    limit
        The time that is left.
    last_fit
        So many fits of a trial take as long as the last fit to all rows; 0 without one.

    Attributes
    ----------
    why_not_ended
        Why no trial could be ended; empty if that was no matter.
    """

    def __init__(self, evaluator: OwnEvaluator, limit: TimeLimit, *, last_fit: float = 0.0) -> None:
        self._evaluator, self._limit, self._last_fit = evaluator, limit, last_fit
        self._n_parallel = max(int(effective_n_jobs(evaluator.n_jobs)), 1)
        self._pool = DeadlinePool(self._n_parallel, limit.clock)
        self._own_job: OwnFoldJob | None = None
        self._ready_at = np.inf
        self._seconds_of_fold = 0.0
        self._has_result = False
        self._is_started = False
        self.why_not_ended = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.close()

    def evaluate_one(self, configuration: Configuration, race: FoldRace | None) -> ScoredTrial:
        """Return the outcome of one configuration."""
        if not self._has_result:
            # Whatever time it takes, as many folds at once as there are workers, and nothing to race with
            ((_, trial),) = self._evaluator.run([configuration])
        else:
            if not self._is_started:
                # A known trial took no time in which they could have started
                self._start()
                self._ready_at = self._limit.clock()
            trial = super().evaluate_one(configuration, race)
        if trial.is_ok:
            self.take_known(trial)
            if not self._is_started:
                self._start()
        return trial

    def take_known(self, trial: ScoredTrial) -> None:
        """Learn of a trial that is ok: there is a result, and every other trial can be ended in time."""
        self._seconds_of_fold = max(self._seconds_of_fold, float(np.max(trial.fit_seconds)))
        self._has_result = True

    def _start(self) -> None:
        """Start the worker processes, without waiting for them."""
        self._is_started = True
        if self._limit.left < WORTH_A_START:
            return
        job = OwnFoldJob(self._evaluator, ())
        try:
            self._pool.warm_up(job, None, self._limit.deadline)
        except Exception as error:  # noqa: BLE001 - whatever an estimator raises when it is pickled
            self.why_not_ended = NOT_SENT.format(error=describe_error(error))
            return
        self._own_job, self._ready_at = job, self._limit.clock() + SECONDS_TO_START

    def _evaluate_part(
        self, configuration: Configuration, at: Sequence[int], race: FoldRace | None
    ) -> ScoredTrial:
        last = min(self._last_fit * self._seconds_of_fold, MOST_OF_LAST * self._limit.max_time)
        seconds = self._limit.left - last
        if self._own_job is None or self._limit.clock() < self._ready_at:
            return evaluate_on(self._evaluator, configuration, at, race)
        if seconds <= 0:
            return ended(len(at), "timeout", NO_TIME)
        # The folds choose a number of rounds together
        parts = [list(at)] if self._evaluator.grows(configuration) else [[one] for one in at]
        items: list[Any] = [(configuration, part, race if len(part) > 1 else None, None) for part in parts]
        replies = self._pool.evaluate(self._own_job, items, self._limit.clock() + seconds)
        broken = next((one for one in replies if one.while_preparing and one.status != "timeout"), None)
        if broken is not None:
            # Such as a class of a module that the other process does not find
            self._own_job, self.why_not_ended = None, NOT_SENT.format(error=broken.error)
            return evaluate_on(self._evaluator, configuration, at)
        return merge_parts([as_trial(reply, seconds) for reply in replies], len(at))
