"""Model of the probability that a trial fails, as a function of the configuration."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import betaln

# Splits of one coordinate
MOST_THRESHOLDS = 12
# Beta prior of the probability of failure: most regions fail always or never, and more of them never
FAILS, WORKS = 0.15, 0.35
# Prior probability that a region is not split
UNDIVIDED = 0.5
# Number of splits of a region whose parts are split further, by level; other splits end there
SPLIT_FURTHER = (4, 1)

Floats = npt.NDArray[np.float64]


class _Region(NamedTuple):
    """Log probability of a region's outcomes, and probability of failure of each candidate, were it in it."""

    log_evidence: float
    probability: Floats | float


class FailureModel:
    """Average over decision trees of the candidates' coordinates, weighed by their posterior probability.

    Each leaf has one probability of failure with a Beta prior, so that the posterior has a closed form
    (Chipman, George and McCulloch, "Bayesian CART model search", JASA 1998). Instead of sampling trees, all
    splits of a region are weighed, and the parts of the most probable ones are split further. A failure thus
    raises the probability of all that is like it in any coordinate, the learner's included, and each further
    trial narrows down which coordinate it is.

    The cost of a prediction is proportional to the number of candidates, and hardly depends on that of the
    trials.

    Parameters
    ----------
    coordinates
        Coordinates of the candidates, shape (n_candidates, n_axes).
    """

    def __init__(self, coordinates: Floats) -> None:
        # 1 where a candidate is on the left of a split, shape (n_splits, n_candidates)
        self._left, self._log_prior = _list_splits(coordinates)

    def probability_of_failure(self, tried: npt.NDArray[np.intp], is_failed: npt.NDArray[np.bool_]) -> Floats:
        """Return the probability that each candidate fails, shape (n_candidates,).

        Parameters
        ----------
        tried
            Positions of the candidates that were tried, shape (n_tried,).
        is_failed
            Whether each of them failed, same shape.
        """
        outcomes = np.stack([is_failed, ~is_failed], axis=1).astype(np.float64)
        region = self._divide(self._left[:, tried], outcomes, 0)
        return np.full(self._left.shape[1], region.probability)

    def _divide(self, left: Floats, outcomes: Floats, level: int) -> _Region:
        """Average over all trees of a region.

        Parameters
        ----------
        left
            1 where a trial is on the left of a split, shape (n_splits, n_trials).
        outcomes
            1 where a trial is in the region and failed, or is in it and worked, shape (n_trials, 2).
        level
            Number of splits that led to the region.
        """
        total = outcomes.sum(axis=0)
        leaf = _Region(float(_log_evidence(total)), float(_probability(total)))
        # No part of a region without failures is known to differ, nor, after a split, of one with them only
        is_pure = total[0] == 0 or (total[1] == 0 and level > 0)
        if is_pure or level == len(SPLIT_FURTHER) or not len(left):
            return leaf
        sides = np.stack([left @ outcomes, total - left @ outcomes])
        log_evidence = _log_evidence(sides).sum(axis=0) + self._log_prior
        further = np.argsort(-log_evidence, kind="stable")[: SPLIT_FURTHER[level]]
        parts = [
            tuple(
                self._divide(left, outcomes * side[:, None], level + 1)
                for side in (left[split], 1 - left[split])
            )
            for split in further
        ]
        for split, (one, other) in zip(further, parts, strict=True):
            log_evidence[split] = one.log_evidence + other.log_evidence + self._log_prior[split]
        joint = np.append(log_evidence + np.log1p(-UNDIVIDED), leaf.log_evidence + np.log(UNDIVIDED))
        total_evidence = float(np.logaddexp.reduce(joint))
        weights = np.exp(joint - total_evidence)
        probability = np.full(self._left.shape[1], weights[-1] * leaf.probability)
        for split, (one, other) in zip(further, parts, strict=True):
            side = self._left[split]
            probability += weights[split] * (side * one.probability + (1 - side) * other.probability)
        weights[further] = 0.0
        on_left, on_right = weights[:-1] * _probability(sides)
        probability += (on_left - on_right) @ self._left + on_right.sum()
        return _Region(total_evidence, probability)


def _list_splits(coordinates: Floats) -> tuple[Floats, Floats]:
    """List all splits, shape (n_splits, n_candidates), and the logarithm of their prior probability.

    Axes are equally probable, and so are the splits of an axis.
    """
    left, log_prior = [np.zeros((0, len(coordinates)))], [np.zeros(0)]
    for axis in coordinates.T:
        values = np.unique(axis)
        middles = (values[1:] + values[:-1]) / 2
        at = np.linspace(0, len(middles) - 1, min(len(middles), MOST_THRESHOLDS)).round().astype(int)
        left.append((axis < middles[at][:, None]).astype(np.float64))
        log_prior.append(np.full(len(at), -np.log(max(len(at), 1))))
    prior = np.concatenate(log_prior)
    return np.concatenate(left), prior - np.logaddexp.reduce(prior)


def _log_evidence(outcomes: Floats) -> Floats:
    """Return the log probability of failures and successes, shape (..., 2), with one unknown probability."""
    return np.asarray(betaln(outcomes[..., 0] + FAILS, outcomes[..., 1] + WORKS) - betaln(FAILS, WORKS))


def _probability(outcomes: Floats) -> Floats:
    """Return the probability that the next trial fails after failures and successes, shape (..., 2)."""
    return np.asarray((outcomes[..., 0] + FAILS) / (outcomes.sum(axis=-1) + FAILS + WORKS))
