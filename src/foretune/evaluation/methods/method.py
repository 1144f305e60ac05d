"""The one interface of everything that can be compared."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.parameters import EvaluationParameters
from foretune.meta_model import MetaDataset


class Method(ABC):
    """Chooses which configurations to try on a task that it has never seen.

    A new method is one file in ``baselines`` with a subclass, and one line in its registry.

    Attributes
    ----------
    name
        Name in the tables.
    models
        Bagged models that the method asks :class:`EvaluationFold` for, out of
        :data:`foretune.meta_model.out_of_bag.MODELS`.
    """

    name: str
    models: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def create(cls, parameters: EvaluationParameters, learner_order: Sequence[str]) -> list[Method]:
        """Create the variants to compare; one without settings unless a subclass says otherwise."""
        return [cls()]

    def is_applicable(self, meta_dataset: MetaDataset) -> bool:
        """Whether the method makes sense on these data at all; it is left out where it does not."""
        return True

    @abstractmethod
    def search(
        self, fold: EvaluationFold, task: HeldOutTask, n_trials: int, seed: int
    ) -> npt.NDArray[np.intp]:
        """Choose the configurations to try, in order.

        Parameters
        ----------
        fold
            What is known of other tasks, none of them of the task's family.
        task
            The new task. A sequential method calls :meth:`HeldOutTask.evaluate` on what it tries.
        n_trials
            How many trials there will be.
        seed
            Seed of everything random.

        Returns
        -------
        numpy.ndarray
            Distinct positions into ``task.candidates``, shape (n,) or, to average over several orders,
            (n_orders, n), where ``n <= n_trials``; after a shorter list the best found so far stays.
        """
