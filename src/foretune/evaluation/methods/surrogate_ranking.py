"""Method: the order of the surrogate's predictions."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods.method import Method
from foretune.evaluation.methods.ranking import order_by_merit
from foretune.meta_model import SURROGATE


class SurrogateRanking(Method):
    """Configurations in order of the surrogate's prediction from metafeatures and hyperparameters."""

    name = "surrogate_ranking"
    models: ClassVar[tuple[str, ...]] = (SURROGATE,)

    def search(
        self, fold: EvaluationFold, task: HeldOutTask, n_trials: int, seed: int
    ) -> npt.NDArray[np.intp]:
        """Return the configurations with the highest predictions."""
        predicted = fold.prediction(task, seed)
        return order_by_merit(task.rng(seed), predicted)[:n_trials]
