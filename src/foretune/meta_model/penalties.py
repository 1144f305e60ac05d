"""Scores that stand for a failed trial: penalties, and others far below what a table's scores are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

# Scores beyond are penalties if low, and this number if high: squares of it are finite
LARGEST_SCORE = 1e100
# A gap is that of penalties if it is so many times the range of the scores above it that chance explains it
# with a probability of this order only, and at least so many times
CHANCE, LEAST_RATIO = 1e-6, 50.0
# The same where the lowest score occurs more than once, as a penalty does
CHANCE_REPEATED, LEAST_RATIO_REPEATED = 1e-4, 10.0
# Scores that differ by less, relative to the largest, are equal
SMALLEST_DIFFERENCE = 1e-12


def find_penalties(scores: npt.NDArray[np.float64], reach: float | None = None) -> npt.NDArray[np.bool_]:
    """Find the scores that are too low to be scores.

    Parameters
    ----------
    scores
        Higher is better, shape (n,), NaN where there is none.
    reach
        Distance from the best score below which nothing is a score, where it is known. Otherwise scores
        are penalties below a gap that is many times the range of those above it (see :func:`_lowest_score`).

    Returns
    -------
    numpy.ndarray
        Shape (n,), False where there is no score.
    """
    is_penalty = scores < -LARGEST_SCORE
    known = np.minimum(scores[np.isfinite(scores) & ~is_penalty], LARGEST_SCORE)
    if len(known) < 2:
        return is_penalty
    lowest = _lowest_score(known) if reach is None else known.max() - reach
    return np.asarray(is_penalty | (scores < lowest))


def _lowest_score(scores: npt.NDArray[np.float64]) -> float:
    """Return the score above the highest gap that is many times the range of the scores above it.

    For n scores above the gap that are drawn evenly from the whole range, the probability of such a gap is of
    the order of the ratio to the power 1 - n.
    """
    ordered = np.sort(scores)[::-1]
    is_repeated = ordered[-1] == ordered[-2]
    chance, least = (CHANCE_REPEATED, LEAST_RATIO_REPEATED) if is_repeated else (CHANCE, LEAST_RATIO)
    above = np.arange(2 if is_repeated else 3, len(ordered))
    ratios = np.maximum(chance ** (-1 / (above - 1)), least)
    ranges = ordered[0] - ordered
    inside = ranges[above - 1]
    is_known = inside > SMALLEST_DIFFERENCE * np.maximum(abs(ordered[0]), np.abs(ordered[above - 1]))
    gaps = above[is_known & (ranges[above] > ratios * inside)]
    return float(ordered[gaps[0] - 1]) if len(gaps) else -np.inf
