"""Method: the configurations that are best on average over all known tasks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods.method import Method
from foretune.evaluation.methods.ranking import order_by_merit


class BestAverage(Method):
    """Configurations in order of their mean relative score (min-max within a task) over the known tasks.

    Missing evaluations are interpolated, so that all means are over the same tasks.
    """

    name = "best_average"

    def search(
        self, fold: EvaluationFold, task: HeldOutTask, n_trials: int, seed: int
    ) -> npt.NDArray[np.intp]:
        """Return the configurations of highest mean relative score."""
        average = fold.surfaces(task.candidates.index).mean(axis=0)
        return order_by_merit(task.rng(seed), average)[:n_trials]
