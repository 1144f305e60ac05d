"""Parts of a search with a budget of time, which share its clock, its costs and its worker processes."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from joblib import effective_n_jobs

from foretune.base import TaskType
from foretune.execution import DeadlinePool, Job
from foretune.learners import Learner, get_learner, has_open_rounds, thin_folds
from foretune.meta_model import CostModel, GuardedSearch
from foretune.recommendation.core import Recommender, load_memory, open_rounds
from foretune.recommendation.search_cv.folds import GivenData, Splits
from foretune.recommendation.search_cv.time_limit import (
    GROWING,
    MOST_OF_LAST,
    MachineCosts,
    TimeLimit,
    is_own,
)
from foretune.recommendation.search_cv.timed_evaluator import TimedEvaluator, cost_of_rounds, import_libraries
from foretune.recommendation.search_cv.timed_refit import TimedRefit, draw_rows
from foretune.recommendation.search_cv.timed_search import MARGIN, TimedSearch
from foretune.recommendation.search_cv.trial_evaluator import TrialEvaluator
from foretune.spaces import Configuration

NEEDED_MODULES = ("xgboost", "sklearn.ensemble", "foretune.recommendation.search_cv.timed_refit")
# A worker process may be wanted where the cheapest last fit takes this share of max_time
SHARE_OF_LAST = 0.2
SHOWN_LEARNERS = 3
# A search is not even prepared in less
LEAST_SHARE = 0.1
# On which the reading of the table is timed
ROWS_OF_READING = (400, 2_000)
LEAST_SLOPE = 0.2
# Of max_time, for a trial: an expensive one is evaluated on fewer folds, which test on so many rows at least
SHARE_OF_TRIAL, FEWEST_TEST_ROWS = 0.05, 2_000
# With less time left, the start of a worker process takes too much of it
WORTH_A_START = 8.0
# Larger tables are tried on so many rows before the search, in this share of the time at most
LARGEST_WITHOUT_TRY, ROWS_OF_TRIES, MOST_OF_TRY = 4_000, (200, 1_000, 4_000), 0.1


@dataclass
class _WarmUp(Job):
    """Imports of what the fits in a worker process need."""

    learners: Sequence[Learner]
    task_type: TaskType
    task_id: str = "max_time"
    items: Sequence[Any] = field(default_factory=tuple)

    def prepare(self) -> None:
        for name in NEEDED_MODULES:
            importlib.import_module(name)
        import_libraries(self.learners, self.task_type)

    def evaluate(self, shared: None, item: None) -> None:
        """Do nothing."""


class TimedFit:
    """Search and last fit of one call within ``max_time``; closes its processes as a context manager.

    Parameters
    ----------
    max_time
        Seconds of the call, counted from now.
    n_jobs
        Number of parallel fits, as for :class:`joblib.Parallel`.
    """

    def __init__(self, max_time: float, n_jobs: int | None) -> None:
        self.limit = TimeLimit(max_time)
        self._n_parallel = max(int(effective_n_jobs(n_jobs)), 1)
        self._pool = DeadlinePool(self._n_parallel, self.limit.clock)
        self._costs = MachineCosts(CostModel(learners={}), 1, 1)
        self._search: TimedSearch | None = None
        self._seconds_of_reading = 0.0
        self._warm_up = _WarmUp((), "classification")
        self._notes: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.close()

    def choose_rows(
        self, target: npt.NDArray[Any], task_type: TaskType, max_rows: int, seed: int
    ) -> npt.NDArray[np.intp]:
        """Choose the rows to search on, of which there are fewer if time is short."""
        return draw_rows(target, task_type, self.limit.rows_in_time(max_rows), seed)

    def begin(
        self,
        recommender: Recommender,
        data: GivenData,
        build: Callable[[Configuration], Any],
        *,
        is_last: bool,
    ) -> None:
        """Take the costs from the memory, and start worker processes if they may be needed.

        Parameters
        ----------
        recommender
            Knows the memory and the table.
        data, build
            All rows, and the function that builds the pipeline of a configuration.
        is_last
            Whether there will be a last fit on all rows.
        """
        target = data.target
        kind, table = recommender.new_task.task_type, recommender.new_task
        n_classes = len(np.unique(target)) if kind == "classification" else 1
        provenance = recommender.provenance
        own = None if provenance.early_stopping is None else provenance.costs
        grown = () if own is None else own.learners
        self._costs = MachineCosts(costs_of(recommender), table.X.shape[1], n_classes, grown)
        self._warm_up = _WarmUp([get_learner(one) for one in recommender.learners if is_own(one)], kind)
        is_unknown = not all(map(self._costs.knows, recommender.learners))
        if is_unknown:
            self._pool.warm_up(self._warm_up, None, self.limit.deadline)
        if not is_last:
            return
        candidates = recommender.provenance.configurations.values()
        self._seconds_of_reading = self._measure_reading(data, build, next(iter(candidates)))
        defaults = [one for one in candidates if one.learner in recommender.learners]
        fastest = min((self._costs.predict(one, len(target)) for one in defaults), default=0.0)
        last = fastest + self._seconds_of_reading
        if not self._pool.is_warm and last > SHARE_OF_LAST * self.limit.max_time:
            self._pool.warm_up(self._warm_up, None, self.limit.deadline)

    def _measure_reading(
        self, data: GivenData, build: Callable[[Configuration], Any], configuration: Configuration
    ) -> float:
        """Measure the steps before the learner on a few rows, and return their seconds for all."""
        n_rows, seconds = len(data.target), []
        for n_some in ROWS_OF_READING:
            some = data.take(np.arange(min(n_rows, n_some)))
            start = self.limit.clock()
            with contextlib.suppress(ValueError):
                build(configuration)[:-1].fit_transform(some.X, some.target)
            seconds.append(self.limit.clock() - start)
        few, many = ROWS_OF_READING
        # Most of the time of a few rows does not depend on their number
        slope = max((seconds[1] - seconds[0]) / (many - few), LEAST_SLOPE * seconds[1] / many)
        return seconds[1] + slope * max(n_rows - many, 0)

    def choose_folds(self, splits: Splits, recommender: Recommender, *, stops_early: bool) -> Splits:
        """Return the splits that trials are evaluated on: the first ones where all take too much time.

        A trial of the memory's median configuration should take a twentieth of ``max_time``. The test parts
        together keep at least two thousand rows, or all.

        Parameters
        ----------
        splits
            Splits of the search.
        recommender
            Knows the memory's configurations.
        stops_early
            Whether early stopping chooses rounds.
        """
        known = [
            one
            for one in recommender.provenance.configurations.values()
            if one.learner in recommender.learners
        ]
        opened = [open_rounds(one) if stops_early else one for one in known]
        costly = [
            replace(one, strategy=GROWING) if stops_early and has_open_rounds(one) else one for one in opened
        ]
        if not costly:
            return splits
        seconds = float(np.median(self._costs.predict_all(costly, splits.n_training)))
        n_rows = np.cumsum([len(test) for _, test in splits.parts])
        n_least = int(np.searchsorted(n_rows, FEWEST_TEST_ROWS)) + 1
        n_in_time = int(SHARE_OF_TRIAL * self.limit.max_time * self._n_parallel / max(seconds, 1e-9))
        n_folds = min(max(n_least, n_in_time), len(splits.parts))
        if n_folds == len(splits.parts):
            return splits
        self._notes.append(
            f"max_time = {self.limit.max_time:g} s: a fit is expected to take {seconds:.2g} s, so trials are "
            f"evaluated on {n_folds} of {len(splits.parts)} folds"
        )
        return replace(splits, parts=splits.parts[:n_folds])

    @property
    def is_over(self) -> bool:
        """Whether too little time is left for a search, so that only the last fit is due."""
        return self.limit.left < LEAST_SHARE * self.limit.max_time

    def start_search(
        self,
        search: GuardedSearch,
        configurations: Sequence[Configuration],
        evaluator: TrialEvaluator,
        n_rows: int,
        n_rows_of_last_fit: int,
    ) -> tuple[TimedSearch, TimedEvaluator]:
        """Return search and evaluator that end in time.

        Parameters
        ----------
        search, configurations, evaluator
            Search over the configurations, and the evaluator on all folds.
        n_rows, n_rows_of_last_fit
            Rows of a fit of a trial, and of the last fit; 0 without one.
        """
        configurations = [cost_of_rounds(evaluator, one) for one in configurations]
        self._calibrate(configurations, evaluator, n_rows)
        if not self._pool.is_warm and self.limit.left > WORTH_A_START:
            # How long early stopping takes is less certain: such a trial may have to be ended
            may_end = evaluator.choice is not None or self._is_long(configurations, n_rows_of_last_fit)
            if may_end:
                self._pool.warm_up(self._warm_up, None, self.limit.deadline)
        n_fits = -(-len(evaluator.folds) // self._n_parallel)
        n_last, reading = self._choose_last(configurations, n_rows_of_last_fit)
        per_trial = MARGIN * n_last / (len(evaluator.folds) * n_rows)
        timed = TimedSearch(
            *(search, configurations, self._costs, self.limit, n_rows, n_fits, n_last, reading, per_trial)
        )
        self._search = timed
        evaluate = TimedEvaluator(
            evaluator,
            self._costs,
            self.limit,
            self._pool,
            self._n_parallel,
            n_rows,
            lambda: timed.seconds_of_last_fit,
            per_trial,
        )
        return timed, evaluate

    def _is_long(self, configurations: Sequence[Configuration], n_rows: int) -> bool:
        """Whether even the fastest fit to all rows takes a part of the time that has to be watched."""
        if not n_rows:
            return False
        seconds = self._costs.predict_all(configurations, n_rows)
        fastest = self._costs.predict(configurations[int(seconds.argmin())], n_rows)
        return fastest + self._seconds_of_reading > SHARE_OF_LAST * self.limit.left

    def _calibrate(
        self, configurations: Sequence[Configuration], evaluator: TrialEvaluator, n_rows: int
    ) -> None:
        """Time the cheapest configuration on a few rows: on large tables much depends on what is expected."""
        fixed = [one for one in configurations if one.strategy != GROWING and self._costs.knows(one.learner)]
        if n_rows <= LARGEST_WITHOUT_TRY or self._costs.is_calibrated or not fixed:
            return
        seconds = self._costs.predict_all(fixed, n_rows)
        cheapest = fixed[int(seconds.argmin())]
        some: Any = [evaluator.folds_for(cheapest.learner)[0]]
        n_fitted, seconds_of_try = 0, 0.0
        for n_some in ROWS_OF_TRIES:
            # The first fit of a process also loads what it needs, and small ones are slower than their rows
            likely = seconds_of_try * n_some / n_fitted if n_fitted else 0.0
            if likely > MOST_OF_TRY * self.limit.left:
                break
            few = thin_folds(some, min(n_some / n_rows, 1.0), evaluator.task_type, evaluator.seed)
            ((_, trial),) = replace(evaluator, folds=few, n_jobs=1).run([cheapest])
            if not trial.is_ok:
                return
            n_fitted, seconds_of_try = len(few[0].y_train), float(trial.fit_seconds[0])
        self._costs.observe(cheapest, n_fitted, seconds_of_try)

    def _choose_last(self, configurations: Sequence[Configuration], n_rows: int) -> tuple[int, float]:
        """Return the rows of the last fit and the seconds of reading them: fewer where all take too long."""
        if not n_rows:
            return 0, 0.0
        kept, reading = n_rows, self._seconds_of_reading
        all_rows = self._costs.predict_all(configurations, n_rows)
        fast = [configurations[at] for at in np.argsort(all_rows)[:SHOWN_LEARNERS]]
        while kept > ROWS_OF_READING[-1]:
            fastest = float(self._costs.predict_all(fast, kept).min())
            if fastest + reading <= MOST_OF_LAST * self.limit.left:
                break
            kept, reading = kept // 2, reading / 2
        return kept, reading

    def describe_limits(self) -> list[str]:
        """Return notes on the folds and candidates that were left out for lack of time, if any were."""
        if self._search is None or not self._search.n_dropped:
            return self._notes
        names = self._search.dropped_learners()
        more = f" and {len(names) - SHOWN_LEARNERS} more" if len(names) > SHOWN_LEARNERS else ""
        return [
            *self._notes,
            f"max_time = {self.limit.max_time:g} s: {self._search.n_dropped:,} configurations were left out "
            f"that take too long ({', '.join(names[:SHOWN_LEARNERS])}{more})",
        ]

    def refit(
        self, build: Callable[[Configuration], Any], data: GivenData, recommender: Recommender, seed: int
    ) -> TimedRefit:
        """Return the last fit within the time that is left."""
        return TimedRefit(
            build,
            data,
            recommender.new_task.task_type,
            seed,
            self._costs,
            self.limit,
            self._pool,
            self._seconds_of_reading,
            self._n_parallel,
        )


def costs_of(recommender: Recommender) -> CostModel:
    """Return the costs of the memory; learners that it does not know are those of the shipped memory."""
    own = recommender.provenance.costs
    shipped = load_memory(recommender.new_task.task_type).provenance
    known = None if shipped is None else shipped.costs
    if own is None or known is None:
        return own or known or CostModel(learners={})
    return own.model_copy(update={"learners": {**known.learners, **own.learners}})
