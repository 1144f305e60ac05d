"""Discordant pairs of trials between known tasks and a new task."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from foretune.evaluation.methods.search_history import SearchHistory


def newest_discordance(surfaces: npt.NDArray[np.float64], history: SearchHistory) -> npt.NDArray[np.float64]:
    """Compare the order of the newest trial and each earlier one on known tasks with the new task.

    Parameters
    ----------
    surfaces
        Scores of the known tasks, shape (n_tasks, n_candidates), finite.
    history
        Trials on the new task, at least one. Failed ones are worse than all others.

    Returns
    -------
    numpy.ndarray
        Shape (n_tasks, n_made - 1): 1 if a known task orders the pair the other way round, 1/2 if only one of
        both has a tie, 0 if they agree.
    """
    *before, newest = history.positions
    scores = np.nan_to_num(history.scores, nan=-np.inf)
    here = np.sign(_difference(scores[:-1], scores[-1]))
    there = np.sign(surfaces[:, before] - surfaces[:, [newest]])
    discordance: npt.NDArray[np.float64] = np.abs(there - here) / 2
    return discordance


def _difference(values: npt.NDArray[np.float64], other: float) -> npt.NDArray[np.float64]:
    # Two failed trials are a tie, but infinity minus infinity is NaN
    return np.where(values == other, 0.0, values - np.where(values == other, 0.0, other))


def standardise_rows(surfaces: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Standardise every row; a constant row becomes 0."""
    centred = surfaces - surfaces.mean(axis=1, keepdims=True)
    spread = surfaces.std(axis=1, keepdims=True)
    standardised: npt.NDArray[np.float64] = centred / np.where(spread > 0, spread, 1.0)
    return standardised
