"""Method: Foretune's list of configurations without feedback."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods.method import Method
from foretune.meta_model import SURROGATE, maximise_expected_best


class ZeroShotList(Method):
    """Greedy maximisation of the expected best over plausible surfaces of the new task.

    A surface is the surrogate's prediction plus its held-out residual on one known task. The list hedges
    between surfaces, while the highest predictions alone would be near-duplicates.
    """

    name = "zero_shot_list"
    models: ClassVar[tuple[str, ...]] = (SURROGATE,)

    def search(
        self, fold: EvaluationFold, task: HeldOutTask, n_trials: int, seed: int
    ) -> npt.NDArray[np.intp]:
        """Return the list."""
        return maximise_expected_best(fold.prior(task, seed).relative_surfaces(), n_trials)
