"""Distances between tasks by their metafeatures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


# Smaller spreads of a metafeature count as none
NO_SPREAD = 1e-9


class _Scales(NamedTuple):
    """Varying metafeatures with their centre and spread, for scaling to comparable units."""

    usable: npt.NDArray[np.bool_]
    centre: Floats
    spread: Floats

    def place(self, values: Floats) -> Floats:
        compressed = np.arcsinh((values[..., self.usable] - self.centre) / self.spread)
        return np.asarray(compressed, dtype=np.float64)


@dataclass(frozen=True)
class TaskDistances:
    """Distances of the known tasks, and of new tasks from them.

    Attributes
    ----------
    typical_distance, largest_distance
        Median and maximum distance of a known task to the nearest one of another family; infinite with a
        single family.
    low, high
        Range of each metafeature over the known tasks, NaN if no task has a value; shape (n_metafeatures,).
    """

    typical_distance: float
    largest_distance: float
    low: Floats
    high: Floats
    _scales: _Scales
    _placed: Floats

    @classmethod
    def of(cls, metafeatures: Floats, families: Sequence[str]) -> TaskDistances:
        """Compute the distances of the known tasks from metafeatures, shape (n_tasks, n_metafeatures)."""
        finite = np.isfinite(metafeatures)
        known = np.where(finite, metafeatures, np.nan)
        scales = _measure_scales(known)
        placed = scales.place(known)
        names = np.array(families)
        between = _distances(placed, placed)
        between[names[:, None] == names[None, :]] = np.inf
        nearest = between.min(axis=1, initial=np.inf)
        nearest = nearest[np.isfinite(nearest)]
        low = np.min(np.where(finite, metafeatures, np.inf), axis=0, initial=np.inf)
        high = np.max(np.where(finite, metafeatures, -np.inf), axis=0, initial=-np.inf)
        # Without values the range is undefined
        described = low <= high
        return cls(
            float(np.median(nearest)) if len(nearest) else np.inf,
            float(nearest.max(initial=0.0)) if len(nearest) else np.inf,
            np.where(described, low, np.nan),
            np.where(described, high, np.nan),
            scales,
            placed,
        )

    def distances_to(self, metafeatures: Floats) -> Floats:
        """Compute the distances of a task from each known one, shape (n_tasks,).

        The root mean square difference of common metafeatures, in units of their interquartile range and
        compressed by arcsinh against heavy tails.
        """
        distances: Floats = _distances(self._scales.place(metafeatures)[None, :], self._placed)[0]
        return distances


def _measure_scales(known: Floats) -> _Scales:
    quartiles = np.full((3, known.shape[1]), np.nan)
    deviation = np.full(known.shape[1], np.nan)
    described = np.isfinite(known).any(axis=0)
    if described.any():
        quartiles[:, described] = np.nanquantile(known[:, described], [0.25, 0.5, 0.75], axis=0)
        deviation[described] = np.nanstd(known[:, described], axis=0)
    spread = quartiles[2] - quartiles[0]
    # If most tasks have the same value, the interquartile range is 0
    spread = np.where(spread > NO_SPREAD, spread, deviation)
    usable = np.isfinite(spread) & (spread > NO_SPREAD)
    return _Scales(usable, quartiles[1, usable], spread[usable])


def _distances(first: Floats, second: Floats) -> Floats:
    distances = np.full((len(first), len(second)), np.inf)
    for at, row in enumerate(first):
        both = np.isfinite(row) & np.isfinite(second)
        squares = np.where(both, row - second, 0.0) ** 2
        count = both.sum(axis=1)
        distances[at] = np.where(count > 0, np.sqrt(squares.sum(axis=1) / np.maximum(count, 1)), np.inf)
    return distances
