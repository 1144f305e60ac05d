"""Trials as the ledger stores them, and their form as rows of its table."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from foretune.base import TaskType
from foretune.learners import Rounds, Trial
from foretune.ledger.key import ENGINE_VERSION
from foretune.ledger.row_checks import check_row
from foretune.spaces import Configuration

LONGEST_ERROR = 2000
COLUMNS = (
    "key",
    "task_id",
    "task_hash",
    "task_type",
    "learner",
    "params",
    "strategy",
    "fidelity",
    "status",
    "error",
    "fold_metrics",
    "fit_seconds",
    "engine_version",
    "created_at",
    "config_id",
    "rounds",
    "context",
)


def utc_now() -> str:
    """Return the current time in UTC as ISO 8601 with milliseconds, which every database sorts as text."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class StoredTrial:
    """A trial with all that identifies it.

    Attributes
    ----------
    key
        See :func:`foretune.ledger.key.trial_key`.
    task_id, task_hash, task_type
        Name, content fingerprint and type of the task.
    configuration
        Learner, active hyperparameters and the strategy that proposed it first.
    trial
        The outcome.
    fidelity
        Share of the training rows it was fitted on.
    engine_version
        Version of the engine that evaluated it.
    created_at
        When it was evaluated; ISO 8601, UTC.
    context
        Digest of the context that its key was made of (:class:`foretune.ledger.key.EvaluationContext`); None
        if an older version recorded it.
    """

    key: str
    task_id: str
    task_hash: str
    task_type: TaskType
    configuration: Configuration
    trial: Trial
    fidelity: float = 1.0
    engine_version: int = ENGINE_VERSION
    created_at: str = field(default_factory=utc_now, compare=False)
    context: str | None = field(default=None, compare=False)

    def to_row(self) -> dict[str, Any]:
        """Return the columns of the table; hyperparameters and metrics as JSON."""
        configuration, trial = self.configuration, self.trial
        return {
            "key": self.key,
            "task_id": self.task_id,
            "task_hash": self.task_hash,
            "task_type": self.task_type,
            "learner": configuration.learner,
            "config_id": configuration.config_id,
            "params": json.dumps(configuration.params, separators=(",", ":")),
            "strategy": configuration.strategy,
            "fidelity": self.fidelity,
            "status": trial.status,
            "error": storable(trial.error),
            "fold_metrics": dump_metrics(trial.fold_metrics),
            "fit_seconds": trial.fit_seconds,
            "engine_version": self.engine_version,
            "created_at": self.created_at,
            "rounds": dump_rounds(trial.rounds),
            "context": self.context,
        }

    @classmethod
    def from_row(cls, row: Sequence[Any]) -> StoredTrial:
        """Build a trial from the values of :data:`COLUMNS`, in their order; ``config_id`` may be None.

        Raises
        ------
        DamagedRowError
            If they are no trial.
        """
        check_row(dict(zip(COLUMNS, row, strict=True)))
        key, task_id, task_hash, task_type, learner, params, strategy, *outcome = row
        fidelity, status, error, fold_metrics, fit_seconds, engine_version, created_at, _, rounds, context = (
            outcome
        )
        configuration = Configuration(learner, json.loads(params), strategy)
        trial = Trial(load_metrics(fold_metrics), status, error, fit_seconds, rounds=load_rounds(rounds))
        identity = (key, task_id, task_hash, task_type, configuration)
        return cls(*identity, trial, fidelity, engine_version, created_at, context)


def dump_metrics(fold_metrics: list[dict[str, float]]) -> str:
    """Write metrics as JSON, to the last bit: by name the values of all folds.

    NaN and infinities, for which JSON has no numbers, become the texts that ``float`` reads.
    """
    names = fold_metrics[0] if fold_metrics else {}
    by_name = {name: [_as_json(measured[name]) for measured in fold_metrics] for name in names}
    return json.dumps(by_name, separators=(",", ":"), allow_nan=False)


def load_metrics(text: str) -> list[dict[str, float]]:
    """Read what :func:`dump_metrics` wrote."""
    by_name = json.loads(text)
    folds = zip(*by_name.values(), strict=True)
    return [dict(zip(by_name, map(float, values), strict=True)) for values in folds]


def dump_rounds(rounds: Rounds | None) -> str | None:
    """Write what early stopping found as JSON, to the last bit; None if there was none."""
    if rounds is None:
        return None
    best = {name: [_as_json(value), at] for name, (value, at) in rounds.best.items()}
    curve = {
        name: {str(at): _as_json(value) for at, value in means.items()}
        for name, means in rounds.curve.items()
    }
    written = {"chosen": rounds.chosen, "metric": rounds.metric, "n_grown": rounds.n_grown}
    return json.dumps({**written, "best": best, "curve": curve}, separators=(",", ":"), allow_nan=False)


def load_rounds(text: str | None) -> Rounds | None:
    """Read what :func:`dump_rounds` wrote."""
    if text is None:
        return None
    read = json.loads(text)
    best = {name: (float(value), at) for name, (value, at) in read["best"].items()}
    curve = {
        name: {int(at): float(value) for at, value in means.items()} for name, means in read["curve"].items()
    }
    return Rounds(read["chosen"], read["metric"], read["n_grown"], best, curve)


def _as_json(value: float) -> float | str:
    return float(value) if math.isfinite(value) else str(float(value))


def storable(message: str) -> str:
    """Shorten a message, and drop what databases reject: NUL in PostgreSQL, lone surrogates in UTF-8."""
    return message[:LONGEST_ERROR].replace("\0", "").encode("utf-8", "replace").decode("utf-8")
