"""Method: the order of a learning-to-rank model."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods.method import Method
from foretune.evaluation.methods.ranking import order_by_merit


class NdcgRanking(Method):
    """Configurations as ranked by a model of metafeatures and hyperparameters.

    The model is LambdaMART (Burges, "From RankNet to LambdaRank to LambdaMART: an overview", Microsoft
    Research MSR-TR-2010-82): XGBoost with the objective ``rank:ndcg``, where each known task is a query.
    """

    name = "ndcg_ranking"
    models: ClassVar[tuple[str, ...]] = ("ndcg",)

    def search(
        self, fold: EvaluationFold, task: HeldOutTask, n_trials: int, seed: int
    ) -> npt.NDArray[np.intp]:
        """Return the highest-ranked configurations."""
        return order_by_merit(task.rng(seed), fold.prediction(task, seed, "ndcg"))[:n_trials]
