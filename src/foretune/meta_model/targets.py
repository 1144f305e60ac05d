"""Normalisation of scores within tasks to comparable targets."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, rankdata

from foretune.meta_model.parameters import TargetKind

# Scores that differ by less are equal
SMALLEST_SPREAD = 1e-12
# A quantile of the upper half, and that of the normal distribution
UPPER, UPPER_NORMAL = 0.9, 1.2815515655446004


class NormalisedScores(NamedTuple):
    """Targets with their affine inverse ``location + scale * target`` (copula: for the upper half)."""

    targets: npt.NDArray[np.float64]
    location: float
    scale: float


def normalise_scores(scores: npt.ArrayLike, kind: TargetKind) -> NormalisedScores:
    """Normalise the scores of one task to targets of the surrogate.

    Parameters
    ----------
    scores
        Scores of the task's configurations, shape (n_configurations,), higher is better; NaN for failed
        trials, and kept so.
    kind
        ``raw`` keeps the score; ``minmax`` maps worst to 0 and best to 1; ``zscore`` standardises; ``copula``
        maps average ranks through the normal quantile function (Salinas, Shen and Perrone, ICML 2020).

    Returns
    -------
    NormalisedScores
        Targets of the same shape, with location and scale in the unit of the score. If all scores are equal,
        targets and scale are 0.

    Raises
    ------
    ValueError
        If no score is finite.
    """
    values = np.asarray(scores, dtype=np.float64)
    known = np.isfinite(values)
    if not known.any():
        raise ValueError("a task without a single finite score has no target")
    if kind == "raw":
        return NormalisedScores(np.where(known, values, np.nan), 0.0, 1.0)
    location, scale = _location_and_scale(values[known], kind)
    if scale <= SMALLEST_SPREAD:
        return NormalisedScores(np.where(known, 0.0, np.nan), location, 0.0)
    targets = np.full(values.shape, np.nan)
    targets[known] = _normal_scores(values[known]) if kind == "copula" else (values[known] - location) / scale
    return NormalisedScores(targets, location, scale)


def _location_and_scale(values: npt.NDArray[np.float64], kind: TargetKind) -> tuple[float, float]:
    if kind == "minmax":
        return float(values.min()), float(np.ptp(values))
    if kind == "copula":
        # From the upper half, where a search ends, so that low outliers do not determine the scale
        median, high = np.quantile(values, [0.5, UPPER])
        if high - median > SMALLEST_SPREAD:
            return float(median), float(high - median) / UPPER_NORMAL
    return float(values.mean()), float(values.std())


def _normal_scores(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    # Ranks are 1 to n: subtracting 1/2 keeps both ends finite and the scores centred
    return np.asarray(norm.ppf((rankdata(values) - 0.5) / len(values)), dtype=np.float64)
