"""Learner of pytabkit's RealMLP, an optional package."""

from __future__ import annotations

from typing import Any

from foretune.base import MissingExtraError, TaskType, how_to_install
from foretune.learners.learner import Learner


def _build(params: dict[str, Any], task_type: TaskType, seed: int) -> Any:
    try:
        from foretune.learners.quiet_realmlp import RealMLPClassifier, RealMLPRegressor
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"the learner 'realmlp' needs an optional package: {how_to_install('realmlp')}",
            name=error.name,
        ) from error
    network = RealMLPClassifier if task_type == "classification" else RealMLPRegressor
    return network(**{"device": "cpu", "n_threads": 1, "random_state": seed, **params})


def _library_default(task_type: TaskType) -> dict[str, Any]:
    # Its tuned defaults, which differ between the task types
    return {}


# Without takes_labels: it predicts texts as objects
LEARNER = Learner("realmlp", _build, _library_default)
