"""Trials of a search over the parameters of a function."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from foretune.base import UserError, describe_error, is_number, shortened
from foretune.learners import FoldRace
from foretune.recommendation.function_search.function_search import FunctionSearch
from foretune.recommendation.function_search.trial_store import FAILED, OK, Outcome, TrialStore
from foretune.recommendation.search_cv import Deadline, Proposals, ScoredTrial, SearchBudget, SearchRun
from foretune.spaces import DEFAULT, Configuration

Function = Callable[[dict[str, Any]], float]
DIRECTIONS = ("maximize", "minimize")


class AbortedSearchError(UserError):
    """A fault that every trial would have: it ends the search and is no trial."""


@dataclass(frozen=True)
class FunctionTrial:
    """Trial of a function.

    Attributes
    ----------
    number
        Number of the trial, from 1.
    params
        The configuration.
    score
        What the function returned; NaN if it failed.
    seconds
        Wall time.
    error
        The error; empty if there is none.
    is_start
        Whether it is the configuration that the search was to begin with.
    is_known
        Whether it is from the ledger.
    """

    number: int
    params: dict[str, Any]
    score: float
    seconds: float
    error: str
    is_start: bool
    is_known: bool

    @property
    def is_ok(self) -> bool:
        """Whether there is a score."""
        return bool(np.isfinite(self.score))


class FunctionRun:
    """Evaluates what a search proposes.

    Parameters
    ----------
    search
        The search.
    function
        Returns the score of a configuration. Its errors are failed trials, except
        :class:`AbortedSearchError`.
    direction
        ``maximize`` or ``minimize``.
    store
        Where trials are looked up and recorded; None for nowhere.
    report
        Called with each trial.

    Attributes
    ----------
    trials
        The trials so far.
    stop_reason
        Why the search ended; see :class:`.SearchRun`.
    """

    def __init__(
        self,
        search: FunctionSearch,
        function: Function,
        direction: str,
        store: TrialStore | None = None,
        report: Callable[[FunctionTrial], None] = lambda _: None,
    ) -> None:
        self._search, self._function = search, function
        self._sign = -1.0 if direction == "minimize" else 1.0
        self._store, self._report = store, report
        self.trials: list[FunctionTrial] = []
        self.stop_reason: str = "n_trials"

    @property
    def best(self) -> FunctionTrial | None:
        """Trial with the best score, the first of equal ones; None if there is none."""
        scored = [one for one in self.trials if one.is_ok]
        return max(scored, key=lambda one: self._sign * one.score) if scored else None

    def run(self, n_trials: int, max_time: float | None = None) -> None:
        """Search until a stopping criterion is met.

        Parameters
        ----------
        n_trials
            Number of trials, with those that are known.
        max_time
            Seconds after which no further trial begins; None for no limit.

        Raises
        ------
        KeyboardInterrupt
            On Ctrl-C before any trial has succeeded.
        AbortedSearchError
            If every trial would fail.
        """
        proposals = self._search.proposals
        search: Proposals = proposals.search
        if max_time is not None:
            search = Deadline(search, max_time, 1)
        budget = SearchBudget(n_trials, proposals.n_planned, -np.inf, is_timed=max_time is not None)
        run = SearchRun(search, proposals.configurations, self, budget)
        try:
            run.run()
        finally:
            self.stop_reason = run.stop_reason

    def evaluate(
        self, configurations: Sequence[Configuration], race: FoldRace | None = None
    ) -> Iterator[tuple[Configuration, ScoredTrial]]:
        """Yield each configuration with its outcome."""
        for configuration in configurations:
            yield configuration, self._evaluate(configuration)

    def _evaluate(self, configuration: Configuration) -> ScoredTrial:
        params = self._search.params_of(configuration)
        outcome = None if self._store is None else self._store.find(params)
        is_known = outcome is not None
        if outcome is None:
            outcome = self._call(params)
            if self._store is not None:
                self._store.record(params, outcome, configuration.strategy)
        is_start = configuration.strategy == DEFAULT
        trial = FunctionTrial(len(self.trials) + 1, params, *outcome, is_start, is_known)
        self.trials.append(trial)
        self._report(trial)
        score, seconds = np.array([self._sign * outcome.score]), np.array([outcome.seconds])
        return ScoredTrial(score, seconds, np.zeros(1), OK if trial.is_ok else FAILED, outcome.error)

    def _call(self, params: dict[str, Any]) -> Outcome:
        start = time.perf_counter()
        score, error = np.nan, ""
        try:
            # A function may change what it is given
            returned = self._function(dict(params))
            error = _why_no_score(returned)
            score = np.nan if error else float(returned)
        except AbortedSearchError:
            raise
        except (Exception, SystemExit) as raised:  # noqa: BLE001 (whatever the function raises)
            error = describe_error(raised)
        return Outcome(score, time.perf_counter() - start, error)


def _why_no_score(returned: Any) -> str:
    """Return why a value is no score; an empty text if it is one."""
    if not is_number(returned):
        return f"the score must be a number, but it is {shortened(repr(returned))}"
    return "" if np.isfinite(returned) else f"the score is {returned}"
