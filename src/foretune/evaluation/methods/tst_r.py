"""Method: two-stage transfer surrogate with rankings (TST-R)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods.discordance import newest_discordance, standardise_rows
from foretune.evaluation.methods.gaussian_process import PoolGaussianProcess, expected_improvement
from foretune.evaluation.methods.method import Method
from foretune.evaluation.methods.search_history import SearchHistory
from foretune.spaces import CandidateFeatures

# Share of discordant pairs from which on a known task has no weight
BANDWIDTH = 0.5
# Weight of the new task's process: the kernel at distance 0
OWN_WEIGHT = 0.75


class TwoStageTransferWithRankings(Method):
    """Known tasks' surfaces weighted by concordance, combined with a Gaussian process of the new task.

    Wistuba, Schilling and Schmidt-Thieme, "Two-stage transfer surrogate model for automatic hyperparameter
    optimization" (ECML PKDD 2016) and "Scalable Gaussian process-based transfer surrogates for hyperparameter
    optimization" (Machine Learning 2018), variant TST-R. The distance to a known task is the share of
    discordant pairs of trials, and an Epanechnikov kernel converts it to a weight. Expected improvement uses
    the weighted mean of the known surfaces and the new task's process, and the process's standard deviation.
    """

    name = "tst_r"

    def search(
        self, fold: EvaluationFold, task: HeldOutTask, n_trials: int, seed: int
    ) -> npt.NDArray[np.intp]:
        """Return the candidates in the order tried; the first has the highest mean of known surfaces."""
        surfaces = fold.fit_once(
            (self.name, task.task_id), lambda: standardise_rows(fold.surfaces(task.candidates.index))
        )
        history = SearchHistory(task, n_trials, seed)
        process = PoolGaussianProcess(CandidateFeatures.of(task.candidates), history.length)
        discordant = np.zeros(len(surfaces))
        while not history.is_over:
            if len(history):
                discordant += newest_discordance(surfaces, history).sum(axis=1)
                n_pairs = max(len(history) * (len(history) - 1) // 2, 1)
                weights = epanechnikov(discordant / n_pairs / BANDWIDTH)
                of_new, std = process.posterior(history.targets()).moments()
                mean = (weights @ surfaces + OWN_WEIGHT * of_new) / (weights.sum() + OWN_WEIGHT)
                gain = expected_improvement(mean, std, float(mean[history.positions].max()))
                position = history.choose(gain, mean)
            else:
                position = history.choose(surfaces.mean(axis=0))
            history.reveal(position)
            process.observe(position)
        return history.positions


def epanechnikov(distances: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the Epanechnikov kernel: ``3/4 (1 - d^2)`` up to distance 1, 0 beyond; same shape."""
    return 0.75 * np.maximum(1 - distances**2, 0.0)
