"""Normalised regret of the best configuration found."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def best_found(
    scores: npt.NDArray[np.float64], orders: npt.NDArray[np.intp], n_trials: Sequence[int]
) -> npt.NDArray[np.float64]:
    """Compute the best score found after each number of trials.

    Parameters
    ----------
    scores
        Scores of all candidates, shape (n_candidates,); NaN where a trial failed.
    orders
        Positions in the order tried, shape (n_orders, n); beyond ``n`` trials the best found is kept.
    n_trials
        Numbers of trials.

    Returns
    -------
    numpy.ndarray
        Shape (n_orders, len(n_trials)); NaN if all trials failed.
    """
    # The first column is the state before any trial, so that empty orders are no special case
    revealed = np.full((orders.shape[0], orders.shape[1] + 1), -np.inf)
    revealed[:, 1:] = np.where(np.isnan(scores), -np.inf, scores)[orders]
    running = np.maximum.accumulate(revealed, axis=1)
    found = running[:, np.minimum(np.asarray(n_trials), orders.shape[1])]
    return np.where(np.isneginf(found), np.nan, found)


def normalised_regret(
    found: npt.NDArray[np.float64], scores: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Compute ``(best - found) / (best - worst)`` within the task's pool.

    Parameters
    ----------
    found
        Best scores found, any shape; NaN if none.
    scores
        Scores of the whole pool, shape (n_candidates,), at least one finite.

    Returns
    -------
    numpy.ndarray
        Same shape as ``found``, in [0, 1]: 1 if no score was found, otherwise 0 if all scores are equal.
    """
    best, worst = np.nanmax(scores), np.nanmin(scores)
    spread = best - worst
    regret = (best - found) / spread if spread > 0 else np.zeros_like(found)
    return np.where(np.isnan(found), 1.0, regret)
