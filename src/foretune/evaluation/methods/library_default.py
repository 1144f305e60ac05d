"""Method: the library defaults of the learners."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods.method import Method
from foretune.evaluation.parameters import EvaluationParameters
from foretune.meta_model import MetaDataset


class LibraryDefault(Method):
    """Library defaults of the learners in turn.

    Parameters
    ----------
    learner_order
        Order of the learners; others follow by name.
    """

    name = "library_default"

    def __init__(self, learner_order: Sequence[str]) -> None:
        self.learner_order = list(learner_order)

    @classmethod
    def create(cls, parameters: EvaluationParameters, learner_order: Sequence[str]) -> list[Method]:
        """Create the method for the given order of learners."""
        return [cls(learner_order)]

    def is_applicable(self, meta_dataset: MetaDataset) -> bool:
        """Whether any default is known, which is often not the case in logs."""
        return bool(meta_dataset.is_default.any())

    def search(
        self, fold: EvaluationFold, task: HeldOutTask, n_trials: int, seed: int
    ) -> npt.NDArray[np.intp]:
        """Return the positions of the defaults; empty if the task has none."""
        rank = {learner: position for position, learner in enumerate(self.learner_order)}
        defaults = np.flatnonzero(task.is_default.to_numpy())
        learners = task.learners.astype(str).tolist()
        ordered = sorted(defaults, key=lambda at: (rank.get(learners[at], len(rank)), learners[at]))
        return np.array(ordered[:n_trials], dtype=np.intp)
