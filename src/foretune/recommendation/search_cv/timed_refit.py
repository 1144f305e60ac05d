"""Last fit that ends in time: the best configuration, or what is nearest to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.base import TaskType
from foretune.execution import DeadlinePool, Job
from foretune.learners import Learner, get_learner, register_learner
from foretune.recommendation.core import SearchError
from foretune.recommendation.search_cv.folds import GivenData
from foretune.recommendation.search_cv.last_fit import fit_to_all
from foretune.recommendation.search_cv.time_limit import MachineCosts, TimeLimit
from foretune.recommendation.search_cv.timed_evaluator import SECONDS_TO_START
from foretune.spaces import DEFAULT, Configuration
from foretune.tables import sample_rows

# Learners that fit anything in little time, and their settings beside the library's
CHEAP_LEARNERS: dict[str, dict[str, Any]] = {"xgboost": {"n_estimators": 30}, "linear": {}}
# A sample of less is no substitute for all rows with a cheaper learner
SMALLEST_SAMPLE, SMALLEST_SHARE = 500, 0.01
FEWEST_ROWS = 200
# Of what is left, for a fit to a sample
SHARE_OF_SAMPLE = 0.5
# A larger sample is fitted anew if it has so many times the rows
WORTH_MORE = 2.0
LEAST_SECONDS = 0.3


class Fitted(NamedTuple):
    """A fitted pipeline, its configuration, and a note if it is not the best one on all rows."""

    configuration: Configuration
    pipeline: Any
    note: str = ""


@dataclass
class RefitJob(Job):
    """Fits of pipelines to all rows, in a worker process; an item is a configuration."""

    build: Callable[[Configuration], Any]
    data: GivenData
    learners: Sequence[Learner]
    n_workers: int = 1
    task_id: str = "max_time"
    items: Sequence[Any] = field(default_factory=tuple)

    def prepare(self) -> None:
        """Register the learners."""
        for learner in self.learners:
            register_learner(learner)

    def evaluate(self, shared: None, item: Configuration) -> Any:
        """Fit the pipeline of a configuration."""
        return fit_to_all(self.build, item, self.data, self.n_workers)


@dataclass
class TimedRefit:
    """Last fit within the time that is left.

    In this order: the best configuration on all rows, if it is expected to end in time; the next best ones
    that are; the best on a sample of rows; a cheap default, on a sample if need be. What may overrun runs in
    a worker process, and a learner of which a fit was ended never runs in this one.

    Attributes
    ----------
    build
        Builds the unfitted pipeline of a configuration.
    data
        What the user gave.
    task_type, seed
        Type of the cheap default, and seed of samples.
    costs, limit, pool
        Seconds of fits, the time that is left, and worker processes.
    other_seconds
        Seconds of the reading and preprocessing of all rows.
    n_workers
        Number of parallel fits, whose threads a large fit gets.
    """

    build: Callable[[Configuration], Any]
    data: GivenData
    task_type: TaskType
    seed: int
    costs: MachineCosts
    limit: TimeLimit
    pool: DeadlinePool
    other_seconds: float = 0.0
    n_workers: int = 1

    def fit(self, ranked: Sequence[Configuration], *, why: str = "") -> Fitted:
        """Fit the first of the configurations, best first, that can be fitted in time.

        Parameters
        ----------
        ranked
            Configurations, best first.
        why
            Why there is no better one than the first, for the note.

        Raises
        ------
        SearchError
            If not even the cheap default can be fitted.
        """
        notes = why and f"{_escaped(why)}: {{}} is fitted"
        for configuration in ranked:
            fitted, why_not = self._fit_to_all(configuration)
            if fitted is not None:
                return Fitted(configuration, fitted, notes.format(_described(configuration)))
            if configuration is ranked[0]:
                why = why or f"the best, {_described(configuration)}, {why_not}"
                notes = notes or f"{_escaped(why)}: the next best, {{}}, is fitted"
        for configuration in ranked[:1]:
            if (sampled := self._fit_to_sample(configuration)) is not None:
                note = f"{why}: {_described(configuration)} is fitted to {sampled[1]}"
                return Fitted(configuration, sampled[0], note)
        return self._fit_cheap_default(why)

    @property
    def _left(self) -> float:
        """Seconds until whatever runs is ended."""
        return self.limit.last_deadline - self.limit.clock()

    @property
    def _n_rows(self) -> int:
        return len(self.data.target)

    def _fit_to_all(self, configuration: Configuration) -> tuple[Any, str]:
        """Return the fitted pipeline, or None and why there is none."""
        expected = self.costs.predict(configuration, self._n_rows) + self.other_seconds
        largest = self._largest(configuration, self._n_rows)
        if self.costs.knows(configuration.learner) and largest <= self._left:
            return self._try_here(configuration, self.data)
        start = 0.0 if self.pool.is_warm else SECONDS_TO_START
        if expected + start > self.limit.left:
            return None, f"would take about {expected:.2g} s on all rows, more than is left of max_time"
        return self._try_in_worker(configuration)

    def _try_here(self, configuration: Configuration, data: GivenData) -> tuple[Any, str]:
        try:
            pipeline = fit_to_all(self.build, configuration, data, self.n_workers)
        except Exception as error:  # noqa: BLE001 - a learner may raise anything
            return None, f"cannot be fitted ({type(error).__name__}: {error})"
        return pipeline, ""

    def _try_in_worker(self, configuration: Configuration) -> tuple[Any, str]:
        job = RefitJob(self.build, self.data, [get_learner(configuration.learner)], self.n_workers)
        start = self.limit.clock()
        # What is late is left for the cheap default
        (reply,) = self.pool.evaluate(job, [configuration], self.limit.deadline)
        if reply.status == "ok":
            return reply.value, ""
        if reply.status != "timeout":
            return None, f"cannot be fitted ({reply.error})"
        seconds = self.limit.clock() - start
        self.costs.observe(configuration, self._n_rows, seconds, was_ended=True)
        return None, f"did not end in {seconds:.2g} s on all rows"

    def _fit_to_sample(self, configuration: Configuration) -> tuple[Any, str] | None:
        least = max(SMALLEST_SAMPLE, SMALLEST_SHARE * self._n_rows)
        if not self.costs.knows(configuration.learner):
            return None
        rows = self._rows_in_time(configuration)
        if rows is None or len(rows) < least:
            return None
        pipeline, n_rows, _ = self._fit_to_more(configuration, rows)
        some = "all" if n_rows == self._n_rows else f"{n_rows:,} of"
        return None if pipeline is None else (pipeline, f"{some} {self._n_rows:,} rows")

    def _fit_to_more(self, configuration: Configuration, rows: npt.NDArray[np.intp]) -> tuple[Any, int, str]:
        """Fit to a sample, and to a larger one as long as the seconds of the last fit say that there is time.

        Returns
        -------
        pipeline, n_rows, problem
            The last fitted pipeline, or None; its number of rows; and why there is none.
        """
        fitted, n_fitted, problem = None, 0, ""
        more: npt.NDArray[np.intp] | None = rows
        while more is not None and len(more) >= WORTH_MORE * n_fitted:
            start = self.limit.clock()
            pipeline, problem = self._try_here(configuration, self._sample(more))
            if pipeline is None:
                break
            fitted, n_fitted = pipeline, len(more)
            if n_fitted == self._n_rows:
                break
            reading = self.other_seconds * n_fitted / self._n_rows
            self.costs.observe(configuration, n_fitted, max(self.limit.clock() - start - reading, 0.0))
            more = self._rows_in_time(configuration)
        return fitted, n_fitted, problem

    def _fit_cheap_default(self, why: str) -> Fitted:
        problem = ""
        names = [name for name in CHEAP_LEARNERS if name not in self.costs.ended] or [*CHEAP_LEARNERS][-1:]
        for name in names:
            params = {**get_learner(name).library_default(self.task_type), **CHEAP_LEARNERS[name]}
            configuration = Configuration(name, params, DEFAULT)
            rows = self._rows_in_time(configuration)
            if rows is None:
                rows = draw_rows(self.data.target, self.task_type, FEWEST_ROWS, self.seed)
            pipeline, n_rows, problem = self._fit_to_more(configuration, rows)
            if pipeline is not None:
                some = "" if n_rows == self._n_rows else f" to {n_rows:,} of {self._n_rows:,} rows"
                return Fitted(configuration, pipeline, f"{why}: a cheap default of {name} is fitted{some}")
        raise SearchError(f"{why}, and the cheap default {problem}")

    def _rows_in_time(self, configuration: Configuration) -> npt.NDArray[np.intp] | None:
        """Return the largest sample of rows, halved again and again, of which the fit is sure to be fast."""
        allowed = max(SHARE_OF_SAMPLE * self._left, LEAST_SECONDS)
        n_rows = self._n_rows
        while n_rows >= FEWEST_ROWS and self._largest(configuration, n_rows) > allowed:
            n_rows //= 2
        if n_rows < min(FEWEST_ROWS, self._n_rows):
            return None
        if n_rows == self._n_rows:
            return np.arange(n_rows)
        return draw_rows(self.data.target, self.task_type, n_rows, self.seed)

    def _largest(self, configuration: Configuration, n_rows: int) -> float:
        reading = self.other_seconds * n_rows / self._n_rows
        return self.costs.largest(configuration, n_rows) + reading

    def _sample(self, rows: npt.NDArray[np.intp]) -> GivenData:
        return self.data if len(rows) == self._n_rows else self.data.take(rows)


def _described(configuration: Configuration) -> str:
    return f"{configuration.learner} with {configuration.params}"


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def draw_rows(target: npt.NDArray[Any], task_type: TaskType, n_rows: int, seed: int) -> npt.NDArray[np.intp]:
    """Draw a sample of rows, spread over the classes or the quantiles of the target."""
    values = pd.Series(target)
    return sample_rows(values.astype("category") if task_type == "classification" else values, n_rows, seed)
