"""How well the surrogate predicts the scores of a task that it has not seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from foretune.evaluation.ranking import mean_of_known

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from foretune.evaluation.held_out_task import HeldOutTask
    from foretune.meta_model.meta_dataset import MetaDataset
    from foretune.meta_model.surrogate import Surrogate

MEASURES = ("rmse", "mae", "r2", "spearman", "kendall")


def measure_quality(surrogate: Surrogate, memory: MetaDataset, task: HeldOutTask) -> dict[str, float]:
    """Compare predicted and true scores of a held-out task.

    Parameters
    ----------
    surrogate
        Trained on the memory.
    memory
        Tasks of other families. The mean score of each configuration there is the trivial predictor.
    task
        The held-out task; failed trials are left out.

    Returns
    -------
    dict
        ``n_configurations``, then the measures of :func:`prediction_measures` of the surrogate, and the same
        of the trivial predictor as ``trivial_<measure>``.
    """
    truth = task.reveal_all()
    known = np.isfinite(truth)
    predicted = surrogate.predict(task.metafeatures, task.candidates)
    trivial = mean_of_known(memory.score_matrix(task.candidates.index).to_numpy(dtype=np.float64))
    trivial = np.where(np.isnan(trivial), memory.evaluations["score"].mean(), trivial)
    quality = {"n_configurations": float(known.sum())}
    quality |= prediction_measures(truth[known], predicted[known])
    of_trivial = prediction_measures(truth[known], trivial[known])
    return quality | {f"trivial_{name}": value for name, value in of_trivial.items()}


def prediction_measures(
    truth: npt.NDArray[np.float64], predicted: npt.NDArray[np.float64]
) -> dict[str, float]:
    """Errors in the score's own unit and rank correlations.

    Parameters
    ----------
    truth, predicted
        Finite scores, shape (n,).

    Returns
    -------
    dict
        ``rmse, mae, r2, spearman, kendall`` (tau-b). R2 is NaN where the truth is constant, the correlations
        where either side is.
    """
    from scipy.stats import kendalltau, spearmanr

    error = predicted - truth
    measures = {"rmse": float(np.sqrt(np.mean(error**2))), "mae": float(np.mean(np.abs(error)))}
    variance = float(np.var(truth))
    measures["r2"] = 1.0 - float(np.mean(error**2)) / variance if variance > 0 else np.nan
    is_constant = np.ptp(truth) == 0 or np.ptp(predicted) == 0
    measures["spearman"] = np.nan if is_constant else float(spearmanr(truth, predicted).statistic)
    measures["kendall"] = np.nan if is_constant else float(kendalltau(truth, predicted).statistic)
    return measures


def average_quality(qualities: Sequence[dict[str, float]]) -> dict[str, float]:
    """Average every measure over repetitions, ignoring NaN; NaN where there is nothing else."""
    values = np.array([list(quality.values()) for quality in qualities])
    return dict(zip(qualities[0], mean_of_known(values).tolist(), strict=True))
