"""The loop of a search: propose, evaluate, and stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from foretune.learners import FoldRace
from foretune.recommendation.search_cv.scoring import LARGE
from foretune.recommendation.search_cv.trial_evaluator import ScoredTrial
from foretune.spaces import Configuration

StopReason = Literal[
    "n_trials", "min_gain", "no_candidates", "max_time", "interrupted", "zero_shot", "callback"
]


@dataclass(frozen=True)
class SearchBudget:
    """Stopping criteria of a search.

    Attributes
    ----------
    n_trials
        Maximum number of trials.
    n_planned
        Number of first trials that are planned together and always evaluated.
    min_gain
        Stop after these when no candidate has a larger expected gain, in relative score.
    is_timed
        Whether time is short: configurations are then evaluated one by one, and without candidates left the
        reason is the time.
    """

    n_trials: float
    n_planned: int
    min_gain: float
    is_timed: bool = False


class Proposals(Protocol):
    """Search over candidates: :class:`.GuardedSearch`, or one with a limit of time."""

    @property
    def n_left(self) -> int:
        """Number of candidates that may still be proposed."""

    @property
    def default(self) -> int | None:
        """Library default that is evaluated in any case."""

    def ask(self) -> int:
        """Return the candidate to try next."""

    def tell(self, candidate: int, score: float) -> None:
        """Record a score."""

    def expected_gains(self) -> npt.NDArray[np.float64]:
        """Return each candidate's expected gain over the best so far."""


class Evaluates(Protocol):
    """Evaluator of configurations."""

    def evaluate(
        self, configurations: Sequence[Configuration], race: FoldRace | None = None
    ) -> Iterator[tuple[Configuration, ScoredTrial]]:
        """Yield each configuration with its outcome."""


class SearchRun:
    """Loop that evaluates the candidates proposed by a search until a stopping criterion is met.

    Parameters
    ----------
    search, configurations, evaluator, budget
        Proposes positions among the configurations, which the evaluator evaluates within the budget.
    report
        Called with the number of the trial, its configuration and its outcome; the search ends if it returns
        True.
    race
        Stops trials that the first folds show to be behind; None to run every fold of each.
    n_at_once
        Number of candidates that are evaluated together after the planned first ones. A proposal knows which
        others are being tried, but not yet their scores.
    start
        Called with the configurations that are evaluated next.

    Attributes
    ----------
    stop_reason
        Why the search ended; see :class:`SearchBudget`.
    """

    def __init__(  # noqa: PLR0913, PLR0917
        self,
        search: Proposals,
        configurations: Sequence[Configuration],
        evaluator: Evaluates,
        budget: SearchBudget,
        report: Callable[[int, Configuration, ScoredTrial], bool | None] = lambda *_: None,
        race: FoldRace | None = None,
        n_at_once: int = 1,
        start: Callable[[Sequence[Configuration]], None] = lambda _: None,
    ) -> None:
        self._search = search
        self._configurations = configurations
        self._evaluator = evaluator
        self._budget = budget
        self._report = report
        self._race = race
        self._n_at_once = n_at_once
        self._start = start
        self._is_stopped = False
        self._asked: list[int] = []
        self._outcomes: dict[int, ScoredTrial] = {}
        self.stop_reason: StopReason = "n_trials"

    @property
    def trials(self) -> list[tuple[int, ScoredTrial]]:
        """Evaluated candidates and their outcomes, in the order of the proposals."""
        return [(at, self._outcomes[at]) for at in self._asked if at in self._outcomes]

    def run(self) -> None:
        """Search until a stopping criterion is met, no candidate is left, or Ctrl-C.

        Raises
        ------
        KeyboardInterrupt
            If no trial had succeeded before Ctrl-C.
        """
        try:
            while (reason := self._why_stop()) is None:
                self._evaluate_next()
            self.stop_reason = reason
        except KeyboardInterrupt:
            if not any(outcome.is_ok for outcome in self._outcomes.values()):
                raise
            self.stop_reason = "interrupted"

    def _why_stop(self) -> StopReason | None:
        if self._is_stopped:
            return "callback"
        if len(self._asked) >= self._budget.n_trials:
            return "n_trials"
        if self._search.n_left == 0:
            return "max_time" if self._budget.is_timed else "no_candidates"
        default = self._search.default
        if len(self._asked) < self._budget.n_planned or not (default is None or default in self._asked):
            return None
        # First, since a search may add a candidate that is new
        gains = self._search.expected_gains()
        free = np.setdiff1d(np.arange(len(gains)), self._asked)
        largest = float(gains[free].max())
        return "min_gain" if largest < self._budget.min_gain else None

    def _evaluate_next(self) -> None:
        """Evaluate the planned first trials together, and later ones as many at once as there are workers."""
        n_together = self._n_at_once if self._asked else max(self._budget.n_planned, self._n_at_once)
        n_left = min(self._budget.n_trials - len(self._asked), self._search.n_left)
        # Time passes between two looks at what is left: there may be nothing now
        n_next = int(min(1 if self._budget.is_timed else n_together, n_left))
        batch = [self._search.ask() for _ in range(n_next)]
        self._asked += batch
        by_id = {self._configurations[at].config_id: at for at in batch}
        if not batch:
            return
        proposed = [self._configurations[at] for at in batch]
        self._start(proposed)
        for configuration, outcome in self._evaluator.evaluate(proposed, self._race):
            at = by_id[configuration.config_id]
            self._outcomes[at] = outcome
            # The search squares differences of scores
            self._search.tell(at, float(np.clip(outcome.told_score, -LARGE, LARGE)))
            if self._report(len(self._outcomes), configuration, outcome):
                self._is_stopped = True
