"""Method: Foretune, as it ships."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods.method import Method
from foretune.meta_model import SURROGATE, GuardedSearch, SurfacePrior


class Foretune(Method):
    """The search that users get, with the task's own library defaults; see :class:`GuardedSearch`."""

    name = "foretune"
    model: ClassVar[str] = SURROGATE
    models: ClassVar[tuple[str, ...]] = (SURROGATE,)

    def search(
        self, fold: EvaluationFold, task: HeldOutTask, n_trials: int, seed: int
    ) -> npt.NDArray[np.intp]:
        """Return the search's proposals, trial by trial."""
        search = self.start(fold, task, seed)
        chosen = np.empty(min(n_trials, len(task)), dtype=np.intp)
        for trial in range(len(chosen)):
            chosen[trial] = search.ask()
            search.tell(int(chosen[trial]), task.evaluate(chosen[trial]))
        return chosen

    def start(self, fold: EvaluationFold, task: HeldOutTask, seed: int) -> GuardedSearch:
        """Begin a search on a held-out task, by the rules of a recommendation for a new table."""
        guard = fold.meta_training.guard
        return GuardedSearch(
            self.prior(fold, task, seed),
            fold.meta_training.policy,
            guard,
            np.flatnonzero(task.is_default.to_numpy()).tolist(),
            task.rng(seed),
            default_first=guard.has_few_rows(task.n_rows),
        )

    def prior(self, fold: EvaluationFold, task: HeldOutTask, seed: int) -> SurfacePrior:
        """Return the prior of a held-out task; without metafeatures if it is unlike all known ones."""
        if fold.is_out_of_distribution(task):
            return fold.prior_without_metafeatures(task, seed)
        return fold.prior(task, seed, self.model)
