"""Normalised regret of the best configuration found."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

# Of a sum of seconds
ROUNDING = 1e-9


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


def best_in_time(
    scores: npt.NDArray[np.float64],
    seconds: npt.NDArray[np.float64],
    orders: npt.NDArray[np.intp],
    budgets: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.intp]]:
    """Compute the best score found in each time, one trial after the other.

    Parameters
    ----------
    scores, seconds
        Scores and seconds of all candidates, shape (n_candidates,); the score is NaN where a trial failed.
    orders
        Positions in the order tried, shape (n_orders, n); after the last one the best found is kept.
    budgets
        Times, in seconds, shape (n_times,).

    Returns
    -------
    found, n_trials
        Shape (n_orders, n_times) each: the best score, NaN if there is none, and the number of trials that
        have ended; one that is still running counts for nothing.
    """
    paid = np.cumsum(seconds[orders], axis=1)
    n_trials = np.array([np.searchsorted(row, budgets * (1 + ROUNDING), side="right") for row in paid])
    n_trials = n_trials.reshape(len(orders), len(budgets))
    found = np.array(
        [
            best_found(scores, row[None], ended.tolist())[0]
            for row, ended in zip(orders, n_trials, strict=True)
        ]
    )
    return found.reshape(n_trials.shape), n_trials


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
