"""Method: ranking-weighted Gaussian process ensemble (RGPE)."""

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

Array = npt.NDArray[np.float64]


N_SAMPLES = 64
# Smallest number of trials for the leave-one-out loss of the new task's process
SMALLEST_HISTORY = 3
# A known task is dropped if its median loss is above this quantile of the new task's
DILUTION_QUANTILE = 0.95


class RankingWeightedEnsemble(Method):
    """Ensemble of known tasks' surfaces and a process of the new task, weighted by ranking loss.

    Feurer, Letham and Bakshy, "Scalable meta-learning for Bayesian optimization using ranking-weighted
    Gaussian process ensembles" (AutoML workshop at ICML 2018). The loss of a member is the number of
    discordant pairs of trials, for the new task's process by leave-one-out. Its weight is the share of
    bootstrap samples in which its loss is smallest; members clearly worse than the new task's process are
    dropped, so that many poor ones do not outweigh it by chance.

    The known tasks' surfaces replace the means of their processes. They are dense and have no standard
    deviation: with the paper's weighted deviation the ensemble would not explore while the new task's process
    has no weight. So the deviation is that process's own, as in TST-R. The Poisson bootstrap (Oza and
    Russell, "Online bagging and boosting", AISTATS 2001) draws each trial Poisson(1) times, so that losses
    are updated incrementally.
    """

    name = "rgpe"

    def search(
        self, fold: EvaluationFold, task: HeldOutTask, n_trials: int, seed: int
    ) -> npt.NDArray[np.intp]:
        """Return the candidates in the order tried; the first has the highest mean of known surfaces."""
        surfaces = fold.fit_once(
            (self.name, task.task_id), lambda: standardise_rows(fold.surfaces(task.candidates.index))
        )
        history = SearchHistory(task, n_trials, seed)
        process = PoolGaussianProcess(CandidateFeatures.of(task.candidates), history.length)
        counts = history.rng.poisson(1.0, size=(history.length, N_SAMPLES)).astype(np.float64)
        losses = np.zeros((len(surfaces), N_SAMPLES))
        while not history.is_over:
            if len(history):
                losses += newest_loss(newest_discordance(surfaces, history), counts[: len(history)])
                position = _most_promising(surfaces, losses, process, history, counts)
            else:
                position = history.choose(surfaces.mean(axis=0))
            history.reveal(position)
            process.observe(position)
        return history.positions


def _most_promising(
    surfaces: Array, losses: Array, process: PoolGaussianProcess, history: SearchHistory, counts: Array
) -> int:
    targets = history.targets()
    posterior = process.posterior(targets)
    can_judge = len(history) >= SMALLEST_HISTORY
    own = left_out_loss(targets, posterior.left_out, counts[: len(history)]) if can_judge else None
    weights, own_weight = ensemble_weights(losses, own)
    of_new, std = posterior.moments()
    mean = weights @ surfaces + own_weight * of_new
    gain = expected_improvement(mean, std, float(mean[history.positions].max()))
    return history.choose(gain, mean)


def newest_loss(discordance: Array, counts: Array) -> Array:
    """Compute the newest trial's contribution to the losses of the known tasks.

    Parameters
    ----------
    discordance
        Discordance of the newest trial with earlier ones, shape (n_tasks, n_trials - 1).
    counts
        Bootstrap counts of each trial, shape (n_trials, n_samples), the newest last.

    Returns
    -------
    numpy.ndarray
        Shape (n_tasks, n_samples).
    """
    loss: Array = (discordance @ counts[:-1]) * counts[-1]
    return loss


def left_out_loss(targets: Array, left_out: Array, counts: Array) -> Array:
    """Compute the leave-one-out ranking loss of the new task's process.

    Parameters
    ----------
    targets
        Shape (n_trials,).
    left_out
        Leave-one-out prediction of each trial, compared with the others' targets, shape (n_trials,).
    counts
        Bootstrap counts of each trial, shape (n_trials, n_samples).

    Returns
    -------
    numpy.ndarray
        Shape (n_samples,); each trial of a pair counts one half.
    """
    predicted = np.sign(left_out[:, None] - targets)
    true = np.sign(targets[:, None] - targets)
    discordance = np.abs(predicted - true) / 4
    np.fill_diagonal(discordance, 0.0)
    loss: Array = ((discordance @ counts) * counts).sum(axis=0)
    return loss


def ensemble_weights(losses: Array, own: Array | None) -> tuple[Array, float]:
    """Compute the share of samples in which each member's loss is smallest; ties are shared.

    Parameters
    ----------
    losses
        Losses of the known tasks, shape (n_tasks, n_samples).
    own
        Loss of the new task's process, shape (n_samples,); None if there are too few trials: no weight.

    Returns
    -------
    weights : numpy.ndarray
        Weights of the known tasks, shape (n_tasks,).
    own_weight : float
        Weight of the new task's process; all weights sum to 1.
    """
    if own is None:
        is_best = losses == losses.min(axis=0)
        return (is_best / is_best.sum(axis=0)).mean(axis=1), 0.0
    limit = np.quantile(own, DILUTION_QUANTILE)
    is_kept = (losses <= limit).mean(axis=1) >= 0.5
    kept = losses[is_kept]
    smallest = np.minimum(kept.min(axis=0, initial=np.inf), own)
    is_best, own_is_best = kept == smallest, own == smallest
    n_best = is_best.sum(axis=0) + own_is_best
    weights = np.zeros(len(losses))
    weights[is_kept] = (is_best / n_best).mean(axis=1)
    return weights, float((own_is_best / n_best).mean())
