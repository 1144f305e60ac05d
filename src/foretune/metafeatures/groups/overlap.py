"""Complexity measures of overlap: pairs of classes along the numeric columns."""

from __future__ import annotations

import math
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foretune.metafeatures.description import TaskDescription
from foretune.metafeatures.group import summarise

# All pairs of ten classes; of more classes a sample
MOST_PAIRS = 45
_RANK_TOLERANCE = 1e-9


def class_pairs(task: TaskDescription) -> list[tuple[int, int]]:
    """Return all pairs of classes, or a seeded sample of many."""
    n_classes = task.class_counts.size
    n_pairs = n_classes * (n_classes - 1) // 2
    if n_pairs <= MOST_PAIRS:
        return list(combinations(range(n_classes), 2))
    chosen = np.sort(task.generator("class pairs").choice(n_pairs, MOST_PAIRS, replace=False))
    first, second = np.triu_indices(n_classes, k=1)
    return list(zip(first[chosen].tolist(), second[chosen].tolist(), strict=True))


class OverlapRegion(NamedTuple):
    """Interval in which both classes have values, per column; shape (n_columns,) each.

    A column without values in one class overlaps everywhere.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @classmethod
    def of(cls, first: NDArray[np.float64], second: NDArray[np.float64]) -> OverlapRegion:
        """Compute the region for the rows of two classes, shapes (n_first, p) and (n_second, p)."""
        low = np.maximum(_minima(first), _minima(second))
        high = np.minimum(_maxima(first), _maxima(second))
        empty = np.isinf(low) | np.isinf(high)
        return cls(np.where(empty, -math.inf, low), np.where(empty, math.inf, high))

    def holds(self, rows: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which cells lie in the region, shape (n_rows, n_columns); missing ones count as inside."""
        inside: NDArray[np.bool_] = ~((rows < self.low) | (rows > self.high))
        return inside


def measure_overlap(task: TaskDescription) -> dict[str, float]:
    """Compute F1v to F4 of Lorena et al. (2019) over pairs of classes; NaN without numeric columns."""
    columns = task.scaled
    pairs = class_pairs(task) if columns.shape[1] else []
    rows = [columns[task.classes == k] for k in range(task.class_counts.size)]
    separation = _directional(task, pairs)
    volume = [_volume(rows[a], rows[b]) for a, b in pairs]
    single = [_overlapping_share(rows[a], rows[b]) for a, b in pairs]
    together = [_collective_share(rows[a], rows[b]) for a, b in pairs]
    return {
        **summarise("directional_overlap", separation, "mean", "max"),
        **summarise("overlap_volume", volume, "mean", "max"),
        **summarise("overlap_share", single, "mean", "max"),
        **summarise("collective_overlap_share", together, "mean", "max"),
    }


def _minima(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    low: NDArray[np.float64] = np.fmin.reduce(rows, axis=0, initial=math.inf)
    return low


def _maxima(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    high: NDArray[np.float64] = np.fmax.reduce(rows, axis=0, initial=-math.inf)
    return high


def _volume(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return the product over columns of the overlap's share of the joint range (F2)."""
    region = OverlapRegion.of(first, second)
    whole = np.maximum(_maxima(first), _maxima(second)) - np.minimum(_minima(first), _minima(second))
    # Two classes at the same point overlap fully
    shares = np.ones_like(whole)
    known = ~np.isinf(region.low) & (whole > 0)
    shares[known] = np.maximum(0.0, region.high[known] - region.low[known]) / whole[known]
    return float(np.prod(shares))


def _overlapping_share(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return the smallest share of rows in the overlap of a single column (F3)."""
    both = np.vstack([first, second])
    return float(OverlapRegion.of(first, second).holds(both).sum(axis=0).min() / len(both))


def _collective_share(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return the share of rows that no column separates, taking the best column first (F4)."""
    n_rows = len(first) + len(second)
    columns = np.arange(first.shape[1])
    while columns.size and len(first) and len(second):
        region = OverlapRegion.of(first[:, columns], second[:, columns])
        left, right = region.holds(first[:, columns]), region.holds(second[:, columns])
        best = int((left.sum(axis=0) + right.sum(axis=0)).argmin())
        first, second = first[left[:, best]], second[right[:, best]]
        columns = np.delete(columns, best)
    # If only one class and further columns are left, those columns separate all rows
    nothing_left = columns.size > 0 and not (len(first) and len(second))
    return 0.0 if nothing_left else (len(first) + len(second)) / n_rows


def _directional(task: TaskDescription, pairs: list[tuple[int, int]]) -> list[float]:
    """Return 1 / (1 + Fisher's ratio along the best direction) of each pair of classes (F1v)."""
    z, counts = task.filled, task.class_counts
    if z.shape[1] == 0:
        return []
    rows = [z[task.classes == k] for k in range(counts.size)]
    means = np.array([part.mean(axis=0) for part in rows])
    scatter = [_covariance(part, mean) for part, mean in zip(rows, means, strict=True)]
    values = []
    for a, b in pairs:
        within = (counts[a] * scatter[a] + counts[b] * scatter[b]) / (counts[a] + counts[b])
        eigenvalues, vectors = np.linalg.eigh(within)
        kept = eigenvalues > _RANK_TOLERANCE * eigenvalues[-1]
        along = (means[a] - means[b]) @ vectors[:, kept]
        values.append(1 / (1 + float((along**2 / eigenvalues[kept]).sum())) if kept.any() else math.nan)
    return values


def _covariance(rows: NDArray[np.float64], mean: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = rows - mean
    covariance: NDArray[np.float64] = centred.T @ centred / max(len(rows) - 1, 1)
    return covariance
