"""Predictive quality and calibration of the surrogate on held-out tasks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import kendalltau, spearmanr

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods.ranking import mean_of_known
from foretune.meta_model import SurfacePrior

MEASURES = ("rmse", "mae", "r2", "spearman", "kendall")
NOMINAL = (0.8, 0.95)
WEIGHT = "metafeature_weight"


def measure_quality(prior: SurfacePrior, fold: EvaluationFold, task: HeldOutTask) -> dict[str, float]:
    """Compute errors and rank correlations of the surrogate on a held-out task.

    Parameters
    ----------
    prior
        The surrogate's prior for the task.
    fold
        Fold with the tasks of other families, on which the mean score of each configuration is the trivial
        predictor.
    task
        The held-out task; failed trials are left out.

    Returns
    -------
    dict
        ``n_configurations, metafeature_weight``, the measures of :func:`prediction_measures` for the
        surrogate, and for the trivial predictor as ``trivial_<measure>``.
    """
    truth = task.reveal_all()
    known = np.isfinite(truth)
    others = fold.known_tasks
    trivial = mean_of_known(others.score_matrix(task.candidates.index).to_numpy(dtype=np.float64))
    trivial = np.where(np.isnan(trivial), others.evaluations["score"].mean(), trivial)
    quality = {"n_configurations": float(known.sum()), WEIGHT: prior.metafeature_weight}
    quality |= prediction_measures(truth[known], prior.predict_scores()[known])
    of_trivial = prediction_measures(truth[known], trivial[known])
    return quality | {f"trivial_{name}": value for name, value in of_trivial.items()}


def measure_calibration(prior: SurfacePrior, task: HeldOutTask) -> list[dict[str, float]]:
    """Compute coverage and width of the prediction intervals on a held-out task.

    Returns
    -------
    list of dict
        ``nominal, coverage, mean_width`` for each of :data:`NOMINAL`; the width is in the unit of the score.
    """
    truth = task.reveal_all()
    known = np.isfinite(truth)
    records = []
    for nominal in NOMINAL:
        low, high = prior.interval(nominal)
        inside = (truth >= low) & (truth <= high)
        records.append(
            {
                "nominal": nominal,
                "coverage": float(inside[known].mean()),
                "mean_width": float((high - low)[known].mean()),
            }
        )
    return records


def prediction_measures(
    truth: npt.NDArray[np.float64], predicted: npt.NDArray[np.float64]
) -> dict[str, float]:
    """Compute prediction errors, in the unit of the score, and rank correlations.

    Parameters
    ----------
    truth, predicted
        Finite scores, shape (n,).

    Returns
    -------
    dict
        ``rmse, mae, r2, spearman, kendall`` (tau-b). R2 is NaN if the truth is constant, the correlations if
        either side is.
    """
    error = predicted - truth
    measures = {"rmse": float(np.sqrt(np.mean(error**2))), "mae": float(np.mean(np.abs(error)))}
    variance = float(np.var(truth))
    measures["r2"] = 1.0 - float(np.mean(error**2)) / variance if variance > 0 else np.nan
    is_constant = np.ptp(truth) == 0 or np.ptp(predicted) == 0
    measures["spearman"] = np.nan if is_constant else float(spearmanr(truth, predicted).statistic)
    measures["kendall"] = np.nan if is_constant else float(kendalltau(truth, predicted).statistic)
    return measures
