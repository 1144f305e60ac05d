"""Trials of a function in a ledger."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from foretune.base import TaskType
from foretune.learners import Trial
from foretune.ledger import EvaluationContext, StoredTrial, trial_key
from foretune.spaces import DEFAULT, Configuration

if TYPE_CHECKING:
    from foretune.ledger import Ledger

FAILED, OK = "failed", "ok"


class Outcome(NamedTuple):
    """Score of a configuration, NaN if it failed, seconds that it took, and its error."""

    score: float
    seconds: float
    error: str = ""

    @property
    def is_ok(self) -> bool:
        """Whether there is a score."""
        return math.isfinite(self.score)


class TrialStore:
    """Trials of one function, stored in a ledger, so that none is evaluated twice.

    Parameters
    ----------
    ledger
        Where they are stored.
    context
        Everything that the score depends on except the parameters.
    task_id, learner, task_type
        How the ledger names them: what is tuned, the function, and the kind of its score.
    retries
        Whether failed trials are evaluated again.
    """

    def __init__(
        self,
        ledger: Ledger,
        context: EvaluationContext,
        task_id: str,
        learner: str,
        task_type: TaskType,
        *,
        retries: bool = False,
    ) -> None:
        self._ledger, self._context = ledger, context
        self._task_id, self._learner, self._task_type = task_id, learner, task_type
        self._retry = (FAILED,) if retries else ()
        (self._metric,) = context.metrics

    def find(self, params: Mapping[str, Any]) -> Outcome | None:
        """Return the outcome of a configuration; None if it is not known.

        Raises
        ------
        LedgerError
            If the ledger cannot be read.
        """
        key = trial_key(self._context, self._configuration(params))
        stored = self._ledger.lookup([key], retry=self._retry).get(key)
        if stored is None:
            return None
        trial = stored.trial
        score = trial.fold_metrics[0][self._metric] if trial.status == OK else math.nan
        return Outcome(score, trial.fit_seconds, trial.error)

    def first_start(self, names: Collection[str]) -> dict[str, Any] | None:
        """Return the configuration that the first search over these parameters began with; None without one.

        Raises
        ------
        LedgerError
            If the ledger cannot be read.
        """
        started = [
            one
            for one in self._ledger.asked_by(DEFAULT, [self._context.task_hash])
            if one.context == self._context.digest
            and one.configuration.learner == self._learner
            and one.configuration.params.keys() == set(names)
        ]
        first = min(started, key=lambda one: (one.created_at, one.key), default=None)
        return None if first is None else {name: first.configuration.params[name] for name in names}

    def record(self, params: Mapping[str, Any], outcome: Outcome, strategy: str) -> None:
        """Store the outcome of a configuration.

        Raises
        ------
        LedgerError
            If the ledger cannot be written.
        """
        configuration = self._configuration(params, strategy)
        metrics = [{self._metric: outcome.score}] if outcome.is_ok else []
        status = OK if outcome.is_ok else FAILED
        stored = StoredTrial(
            trial_key(self._context, configuration),
            self._task_id,
            self._context.task_hash,
            self._task_type,
            configuration,
            Trial(metrics, status, outcome.error, outcome.seconds),
            context=self._context.digest,
        )
        self._ledger.record([stored])

    def _configuration(self, params: Mapping[str, Any], strategy: str = "given") -> Configuration:
        # In one order, whatever that of the options
        return Configuration(self._learner, dict(sorted(params.items())), strategy)
