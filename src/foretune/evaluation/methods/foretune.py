"""Foretune itself."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods.method import Method
from foretune.meta_model import SURROGATE, Policy


class Foretune(Method):
    """Plausible surfaces of the new task, conditioned on each score; see :class:`Policy`."""

    name = "foretune"
    model: ClassVar[str] = SURROGATE
    models: ClassVar[tuple[str, ...]] = (SURROGATE,)

    def search(
        self, fold: EvaluationFold, task: HeldOutTask, n_trials: int, seed: int
    ) -> npt.NDArray[np.intp]:
        """Return what the policy proposes, trial by trial."""
        prior = fold.prior(task, seed, self.model)
        policy = Policy(prior, fold.meta_training.policy, task.rng(seed))
        chosen = np.empty(min(n_trials, len(task)), dtype=np.intp)
        for trial in range(len(chosen)):
            chosen[trial] = policy.propose()
            policy.observe(chosen[trial], task.evaluate(chosen[trial]))
        return chosen
