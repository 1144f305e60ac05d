"""Try what was best on average, whatever the new task looks like."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods.method import Method
from foretune.evaluation.methods.ranking import order_by_merit


class BestAverage(Method):
    """Configurations by their mean relative score (min-max within a task) over the known tasks.

    What a task has not evaluated is interpolated, so the mean goes over the same tasks everywhere.
    """

    name = "best_average"

    def search(
        self, fold: EvaluationFold, task: HeldOutTask, n_trials: int, seed: int
    ) -> npt.NDArray[np.intp]:
        """Return the configurations of highest mean relative score."""
        average = fold.surfaces(task.candidates.index).mean(axis=0)
        return order_by_merit(task.rng(seed), average)[:n_trials]
