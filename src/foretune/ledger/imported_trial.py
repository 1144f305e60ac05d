"""Trials that somebody else evaluated: a score for a configuration, without folds or task content of ours."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from foretune.ledger.stored_trial import dump_metrics, load_metrics, storable
from foretune.spaces import Configuration

FAILED_SCORE = float("nan")


class TrialImportError(ValueError):
    """Some trials cannot be imported; one line with the reason and the fix."""


@dataclass(frozen=True)
class ImportedTrial:
    """A trial from elsewhere.

    Attributes
    ----------
    source
        Where it comes from; importing a source again replaces what it gave before.
    task_id
        Name of the task that was tuned.
    configuration
        Learner and hyperparameters.
    score
        Higher is better; NaN where the trial failed.
    error
        What went wrong; empty where nothing did.
    fit_seconds
        Wall time; None where it is unknown.
    fold_metrics
        Metrics of each fold, where they are known.
    """

    source: str
    task_id: str
    configuration: Configuration
    score: float
    error: str = ""
    fit_seconds: float | None = None
    fold_metrics: list[dict[str, float]] = field(default_factory=list)

    @property
    def status(self) -> str:
        """``ok``, or ``failed`` where there is no score."""
        return "ok" if math.isfinite(self.score) else "failed"

    def to_row(self) -> dict[str, Any]:
        """Return the columns of the table; no score is NULL, for NaN does not compare in SQL."""
        return {
            "source": self.source,
            "task_id": self.task_id,
            "learner": self.configuration.learner,
            "config_id": self.configuration.config_id,
            "params": json.dumps(self.configuration.params, separators=(",", ":")),
            "strategy": self.configuration.strategy,
            "status": self.status,
            "error": storable(self.error),
            "score": self.score if self.status == "ok" else None,
            "fold_metrics": dump_metrics(self.fold_metrics),
            "fit_seconds": self.fit_seconds,
        }

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> ImportedTrial:
        """Build a trial from its row."""
        return cls(
            row["source"],
            row["task_id"],
            Configuration(row["learner"], json.loads(row["params"]), row["strategy"]),
            FAILED_SCORE if row["score"] is None else row["score"],
            row["error"],
            row["fit_seconds"],
            load_metrics(row["fold_metrics"]),
        )


def average_repeats(trials: Iterable[ImportedTrial]) -> list[ImportedTrial]:
    """Bring trials down to one per task and configuration: the mean score of those that did not fail."""
    groups: defaultdict[tuple[str, str], list[ImportedTrial]] = defaultdict(list)
    for trial in trials:
        groups[trial.task_id, trial.configuration.config_id].append(trial)
    return [group[0] if len(group) == 1 else _average(group) for group in groups.values()]


def plain_value(value: Any) -> bool | int | float | str | None:
    """Bring the value of a hyperparameter to one that JSON holds.

    NumPy scalars become Python's, numbers that are not finite and everything else (tuples, estimators,
    functions) a text that is the same in every process.
    """
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if callable(value) and hasattr(value, "__qualname__"):  # its repr would hold an address
        return f"{value.__module__}.{value.__qualname__}"
    return " ".join(str(value).split())


def _average(group: list[ImportedTrial]) -> ImportedTrial:
    """Average repeats; the metrics of their folds have no common meaning and are left out."""
    good = [trial for trial in group if trial.status == "ok"]
    if not good:
        return group[-1]
    seconds = [trial.fit_seconds for trial in good if trial.fit_seconds is not None]
    return ImportedTrial(
        good[0].source,
        good[0].task_id,
        good[0].configuration,
        math.fsum(trial.score for trial in good) / len(good),
        fit_seconds=math.fsum(seconds) / len(seconds) if seconds else None,
    )
