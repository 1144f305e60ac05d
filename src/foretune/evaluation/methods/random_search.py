"""Method: random search without replacement, averaged over many orders."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods.method import Method
from foretune.evaluation.parameters import EvaluationParameters


class RandomSearch(Method):
    """Configurations in random order (Bergstra and Bengio, JMLR 2012).

    Parameters
    ----------
    n_orders
        Number of orders per seed.
    """

    name = "random_search"

    def __init__(self, n_orders: int) -> None:
        self.n_orders = n_orders

    @classmethod
    def create(cls, parameters: EvaluationParameters, learner_order: Sequence[str]) -> list[Method]:
        """Create the method with ``n_random_orders``."""
        return [cls(parameters.n_random_orders)]

    def search(
        self, fold: EvaluationFold, task: HeldOutTask, n_trials: int, seed: int
    ) -> npt.NDArray[np.intp]:
        """Return independent random orders, shape (n_orders, min(n_trials, n_candidates))."""
        pool = np.tile(np.arange(len(task), dtype=np.intp), (self.n_orders, 1))
        return task.rng(seed).permuted(pool, axis=1)[:, :n_trials]
