"""Base class of the compared methods."""

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
    """Base class of a method that chooses configurations to try on an unseen task.

    A new method is a module with a subclass, and a line in :mod:`foretune.evaluation.methods.names`.

    Attributes
    ----------
    name
        Name in the tables.
    models
        Models that the method uses, out of :data:`foretune.meta_model.out_of_bag.MODELS`.
    is_timed
        Whether the method reads the seconds of the trials: it is then compared in time only, where there are
        times.
    hides_rows
        Whether the method is to show what knowing the number of rows is worth: it is compared where tasks
        are of at least two size classes.
    """

    name: str
    models: ClassVar[tuple[str, ...]] = ()
    is_timed: ClassVar[bool] = False
    hides_rows: ClassVar[bool] = False

    @classmethod
    def create(cls, parameters: EvaluationParameters, learner_order: Sequence[str]) -> list[Method]:
        """Create the variants to compare; by default one without parameters."""
        return [cls()]

    def is_applicable(self, meta_dataset: MetaDataset) -> bool:
        """Whether the method can run on these data; otherwise it is left out."""
        return True

    @abstractmethod
    def search(
        self, fold: EvaluationFold, task: HeldOutTask, n_trials: int, seed: int
    ) -> npt.NDArray[np.intp]:
        """Choose the configurations to try, in order.

        Parameters
        ----------
        fold
            Known tasks of other families.
        task
            The new task. Sequential methods call :meth:`HeldOutTask.evaluate` for each trial.
        n_trials
            Number of trials.
        seed
            Random seed.

        Returns
        -------
        numpy.ndarray
            Distinct positions in ``task.candidates``, shape (n,) or, to average over several orders,
            (n_orders, n), with ``n <= n_trials``; after a shorter list the best found is kept.
        """
