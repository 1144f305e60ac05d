"""A control: Foretune's policy without its guard."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods.method import Method
from foretune.meta_model import SURROGATE, PolicyMixture


class ForetuneUnguarded(Method):
    """The policy alone: what the library default's turn and the fall-back of Foretune cost, and save."""

    name = "foretune_unguarded"
    models: ClassVar[tuple[str, ...]] = (SURROGATE,)

    def search(
        self, fold: EvaluationFold, task: HeldOutTask, n_trials: int, seed: int
    ) -> npt.NDArray[np.intp]:
        """Return what the policy proposes, trial by trial."""
        policy = PolicyMixture(fold.prior(task, seed), fold.meta_training.policy, task.rng(seed))
        chosen = np.empty(min(n_trials, len(task)), dtype=np.intp)
        for trial in range(len(chosen)):
            chosen[trial] = policy.propose()
            policy.observe(chosen[trial], task.evaluate(chosen[trial]))
        return chosen
