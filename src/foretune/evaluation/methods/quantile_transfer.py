"""Method: Gaussian copula process with a prior from known tasks (quantile transfer)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, rankdata

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods.gaussian_process import PoolGaussianProcess
from foretune.evaluation.methods.method import Method
from foretune.evaluation.methods.search_history import SearchHistory
from foretune.meta_model import normalise_scores
from foretune.spaces import CandidateFeatures

Array = npt.NDArray[np.float64]


# Even if all known tasks agree, the rank on a new task is uncertain
SMALLEST_DEVIATION = 0.1


class QuantileTransfer(Method):
    """Gaussian copula process with a prior from all known tasks.

    Salinas, Shen and Perrone, "A quantile-based approach for hyperparameter transfer learning" (ICML 2020),
    variant GCP + prior. The ranks of every task's scores are transformed to normal scores. Their mean and
    standard deviation over the known tasks, per configuration, are the prior; a Gaussian process models the
    standardised deviation of the new task from it. The prior comes directly from the interpolated surfaces of
    the known tasks instead of the paper's neural network.
    """

    name = "quantile_transfer"

    def search(
        self, fold: EvaluationFold, task: HeldOutTask, n_trials: int, seed: int
    ) -> npt.NDArray[np.intp]:
        """Return the candidates in the order tried; the first maximises the prior mean."""
        mean, deviation = fold.fit_once(
            (self.name, task.task_id), lambda: quantile_prior(fold.surfaces(task.candidates.index))
        )
        history = SearchHistory(task, n_trials, seed)
        process = PoolGaussianProcess(CandidateFeatures.of(task.candidates), history.length)
        while not history.is_over:
            if len(history):
                targets = _normal_scores(history)
                tried = history.positions
                posterior = process.posterior((targets - mean[tried]) / deviation[tried])
                gain = posterior.expected_improvement(float(targets.max()), mean, deviation)
                position = history.choose(gain, mean + deviation * posterior.moments()[0])
            else:
                position = history.choose(mean)
            history.reveal(position)
            process.observe(position)
        return history.positions


def quantile_prior(surfaces: Array) -> tuple[Array, Array]:
    """Compute mean and standard deviation over known tasks of each configuration's normal score.

    Parameters
    ----------
    surfaces
        Shape (n_tasks, n_configurations), finite.

    Returns
    -------
    mean, deviation : numpy.ndarray
        Shape (n_configurations,) each; the standard deviation is at least 0.1.
    """
    # As normalise_scores, for all rows at once
    normal = norm.ppf((rankdata(surfaces, axis=1) - 0.5) / surfaces.shape[1])
    return normal.mean(axis=0), np.maximum(normal.std(axis=0), SMALLEST_DEVIATION)


def _normal_scores(history: SearchHistory) -> Array:
    return normalise_scores(history.targets(), "copula").targets
