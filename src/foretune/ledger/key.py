"""The key of a trial: a hash of everything that its numbers depend on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from foretune.spaces import Configuration

# Raise it with every change that lets the engine give other numbers for the same input: what was evaluated
# before then stays in the ledger but is not taken for known any more
ENGINE_VERSION = 1


@dataclass(frozen=True)
class EvaluationContext:
    """Everything that the trials of one task depend on, apart from the configuration.

    Which metric counts as the score is not part of it: all metrics of all folds are stored.

    Attributes
    ----------
    task_hash
        Fingerprint of the task's content (:func:`foretune.tasks.task.content_hash`).
    splitter
        Kind of the splitter, for example ``"StratifiedKFold"``; ``"KFold[:1]"`` if only the first fold runs.
        The groups or times of ``"GroupKFold"``, ``"StratifiedGroupKFold"`` and ``"TimeFolds"`` belong to the
        task's content.
    n_folds
        Number of folds.
    fold_seed
        Seed of the splitter.
    learner_seed
        Seed of the learners.
    preprocessing
        Parameters of the preprocessing, as JSON can hold them.
    metrics
        Names of the metrics that are stored, in any order; one more means to evaluate again.
    engine_version
        Version of the engine.
    early_stopping
        Metric, patience and largest number of rounds by which early stopping chooses a number of rounds; None
        for trials without it, whose keys do not depend on it.
    """

    task_hash: str
    splitter: str
    n_folds: int
    fold_seed: int
    learner_seed: int
    preprocessing: dict[str, Any]
    metrics: tuple[str, ...]
    engine_version: int = field(default=ENGINE_VERSION)
    early_stopping: dict[str, Any] | None = None

    @cached_property
    def digest(self) -> str:
        """Hash of the context, 64 hexadecimal digits."""
        parts = {**asdict(self), "metrics": sorted(self.metrics)}
        if self.early_stopping is None:
            del parts["early_stopping"]
        return _hash_of(parts)


def trial_key(context: EvaluationContext, configuration: Configuration, fidelity: float = 1.0) -> str:
    """Return the key of a trial: 64 hexadecimal digits, the same in every process and on every machine.

    Parameters
    ----------
    context
        Task, splitter, seeds, preprocessing, metrics and engine version.
    configuration
        Learner and active hyperparameters; the strategy it comes from does not count.
    fidelity
        Share of the training rows.

    Raises
    ------
    ValueError
        If a hyperparameter is NaN or infinite: neither equals itself in JSON.
    """
    return key_of(context.digest, configuration.learner, configuration.params, fidelity)


def key_of(context_digest: str, learner: str, params: dict[str, Any], fidelity: float) -> str:
    """Return the key of a trial from the digest of its context, as a row of the ledger holds it."""
    identity = {"context": context_digest, "learner": learner, "params": params}
    return _hash_of(identity if fidelity == 1 else {**identity, "fidelity": fidelity})


def _hash_of(value: dict[str, Any]) -> str:
    # Python prints the shortest decimal that reads back as the same float, on every platform
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
