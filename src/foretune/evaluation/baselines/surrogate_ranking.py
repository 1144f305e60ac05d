"""Try what the surrogate predicts to be best."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foretune.evaluation.method import Method
from foretune.evaluation.ranking import order_by_merit

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from foretune.evaluation.held_out_task import HeldOutTask
    from foretune.evaluation.knowledge import Knowledge


class SurrogateRanking(Method):
    """Configurations by the score that the surrogate predicts from metafeatures and hyperparameters."""

    name = "surrogate_ranking"

    def search(
        self, knowledge: Knowledge, task: HeldOutTask, n_trials: int, seed: int
    ) -> npt.NDArray[np.intp]:
        """Return the configurations of highest prediction."""
        predicted = knowledge.surrogate(seed).predict_target(task.metafeatures, task.candidates)
        return order_by_merit(task.rng(seed), predicted)[:n_trials]
