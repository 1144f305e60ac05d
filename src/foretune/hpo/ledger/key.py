"""The identity of a trial: whatever could change its numbers."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from foretune.hpo.metrics import METRICS

if TYPE_CHECKING:
    from foretune.hpo.configuration import Configuration
    from foretune.hpo.parameters import HpoParameters
    from foretune.parameters import TaskType

# Raise it when the same configuration would get other numbers than before
ENGINE_VERSION = 1


@dataclass(frozen=True)
class Setting:
    """How the trials of a task are evaluated, but for the configuration.

    Attributes
    ----------
    task_hash
        Hash of the task's content; its name does not matter.
    task_type
        Decides the splitter, the estimators and the metrics.
    n_folds, fold_seed
        The cross-validation.
    preprocessing
        Parameters of the preprocessing, as JSON.
    learner_seed
        Seed of the learners.
    """

    task_hash: str
    task_type: TaskType
    n_folds: int
    fold_seed: int
    preprocessing: str
    learner_seed: int

    @classmethod
    def of(
        cls, task_hash: str, task_type: TaskType, parameters: HpoParameters, fold_seed: int, learner_seed: int
    ) -> Setting:
        """Take from the parameters what matters; which metric is the score does not."""
        preprocessing = json.dumps(parameters.preprocessing.model_dump(), sort_keys=True)
        return cls(task_hash, task_type, parameters.n_folds, fold_seed, preprocessing, learner_seed)


def trial_key(setting: Setting, configuration: Configuration) -> str:
    """Hash everything that could change a trial's numbers.

    Every metric is kept, so the choice of the score is no part of it; the names of the metrics are: one
    that is added later was not measured before.
    """
    identity = {
        "engine": ENGINE_VERSION,
        "setting": vars(setting),
        "learner": configuration.learner,
        "params": configuration.params,
        "metrics": sorted(METRICS[setting.task_type]),
    }
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
