"""Functional analysis of variance (fANOVA) of a sum of constants on boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


# Surfaces with a smaller variance (relative to the squared range of scores) are constant
SMALLEST_VARIANCE = 1e-12


@dataclass(frozen=True)
class Boxes:
    """Function on a grid of levels: a sum of constants on boxes.

    Attributes
    ----------
    masks
        Levels contained in each box, per hyperparameter, shape (n_boxes, n_levels).
    values
        Constants, shape (n_boxes,).
    weights
        Share of each level, per hyperparameter, shape (n_levels,); hyperparameters are independent.
    """

    masks: Sequence[Bools]
    values: Floats
    weights: Sequence[Floats]

    def marginal(self, position: int, weights: Sequence[Floats] | None = None) -> Floats:
        """Compute the marginal mean at each level of one hyperparameter, shape (n_levels,)."""
        others = _product(self._masses(weights or self.weights), without=(position,))
        curve: Floats = (self.values * others) @ self.masks[position]
        return curve

    def decompose(self) -> Decomposition:
        """Decompose the variance over the grid exactly.

        The variance of the marginal of one hyperparameter is its main effect; that of two, minus their main
        effects, is their interaction (Hooker 2007; Hutter, Hoos, Leyton-Brown, ICML 2014). Unlike there, the
        mean of the trees is decomposed and not each tree, whose disagreement is mostly noise.
        """
        masses = self._masses(self.weights)
        n = len(masses)
        mean = float(self.values @ _product(masses))
        main = np.array([self.weights[at] @ (self.marginal(at) - mean) ** 2 for at in range(n)])
        pairs = list(combinations(range(n), 2))
        joint = np.array([self._joint_variance(pair, masses, mean) for pair in pairs])
        total = self._variance(mean)
        if total <= SMALLEST_VARIANCE:
            return Decomposition(0.0, np.full(n, np.nan), pairs, np.full(len(pairs), np.nan))
        interactions = np.array(
            [both - main[first] - main[second] for both, (first, second) in zip(joint, pairs, strict=True)]
        )
        return Decomposition(total, main / total, pairs, np.maximum(interactions, 0) / total)

    def _masses(self, weights: Sequence[Floats]) -> list[Floats]:
        return [mask @ weight for mask, weight in zip(self.masks, weights, strict=True)]

    def _joint_variance(self, pair: tuple[int, int], masses: list[Floats], mean: float) -> float:
        first, second = pair
        others = self.values * _product(masses, without=pair)
        surface = (self.masks[first] * others[:, None]).T @ self.masks[second].astype(np.float64)
        return float(self.weights[first] @ (surface - mean) ** 2 @ self.weights[second])

    def _variance(self, mean: float) -> float:
        """Compute the variance over the grid of boxes that overlap, since they come from several trees."""
        overlap = np.outer(self.values, self.values)
        for mask, weight in zip(self.masks, self.weights, strict=True):
            overlap *= (mask * weight) @ mask.T.astype(np.float64)
        return float(overlap.sum()) - mean**2


@dataclass(frozen=True)
class Decomposition:
    """Shares of the variance of a surface.

    Attributes
    ----------
    variance
        Variance of the surface, in squared units of the score.
    main
        Share of each main effect, shape (n_hyperparameters,); NaN if the surface is constant.
    pairs
        Pairs of positions.
    interactions
        Share of each interaction, shape (n_pairs,).
    """

    variance: float
    main: Floats
    pairs: list[tuple[int, int]]
    interactions: Floats


def _product(masses: list[Floats], without: tuple[int, ...] = ()) -> Floats:
    product = np.ones(len(masses[0]))
    for position, mass in enumerate(masses):
        if position not in without:
            product = product * mass
    return product
