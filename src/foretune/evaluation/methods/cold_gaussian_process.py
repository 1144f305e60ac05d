"""Method: Bayesian optimisation with a Gaussian process from scratch."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods.gaussian_process import PoolGaussianProcess
from foretune.evaluation.methods.method import Method
from foretune.evaluation.methods.search_history import SearchHistory
from foretune.spaces import CandidateFeatures

# Number of random trials before the model
N_RANDOM = 3


class ColdGaussianProcess(Method):
    """Expected improvement of a Gaussian process over the task's candidates, without other tasks.

    After Snoek, Larochelle and Adams, "Practical Bayesian optimization of machine learning algorithms"
    (NeurIPS 2012): Matérn 5/2, expected improvement averaged over hyperparameters by their marginal
    likelihood; the criterion and the constant mean are those of Jones, Schonlau and Welch (1998). Failed
    trials count as the worst seen.
    """

    name = "cold_gaussian_process"

    def search(
        self, fold: EvaluationFold, task: HeldOutTask, n_trials: int, seed: int
    ) -> npt.NDArray[np.intp]:
        """Return the candidates in the order tried."""
        history = SearchHistory(task, n_trials, seed)
        process = PoolGaussianProcess(CandidateFeatures.of(task.candidates), history.length)
        while not history.is_over:
            if len(history) < N_RANDOM:
                position = history.choose()
            else:
                targets = history.targets()
                posterior = process.posterior(targets)
                gain = posterior.expected_improvement(float(targets.max()))
                position = history.choose(gain, posterior.moments()[0])
            history.reveal(position)
            process.observe(position)
        return history.positions
