"""Complexity measures of neighbourhood: classes or targets of near rows by Gower's distance."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from foretune.metafeatures.description import TaskDescription
from foretune.metafeatures.group import summarise


class Gower:
    """Gower's distance between rows: mean over columns of |difference| / range, or of inequality.

    Missing numbers are imputed by the median; a missing category is a category. Constant numeric columns
    contribute 0.

    Attributes
    ----------
    unit
        The varying numeric columns scaled to [0, 1], shape (n_rows, n_varying).
    codes
        Codes of the nominal columns, shape (n_rows, n_nominal).
    """

    def __init__(self, task: TaskDescription) -> None:
        low = np.fmin.reduce(task.scaled, axis=0, initial=math.inf)
        width = np.fmax.reduce(task.scaled, axis=0, initial=-math.inf) - low
        varying = width > 0
        unit = (task.scaled[:, varying] - low[varying]) / width[varying]
        for k in range(unit.shape[1]):
            missing = np.isnan(unit[:, k])
            if missing.any():
                unit[missing, k] = np.median(unit[~missing, k])
        self.unit = unit
        self.codes = task.nominal
        self._n_columns = task.n_features

    def between(self, unit: NDArray[np.float64], codes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the distances from other rows to those of the task, shape (n_others, n_rows)."""
        distances = np.zeros((len(unit), len(self.unit)))
        if self.unit.shape[1]:
            distances += cdist(unit, self.unit, "cityblock")
        if self.codes.shape[1]:
            distances += count_differences(codes, self.codes)
        return distances / self._n_columns

    def within(self) -> NDArray[np.float64]:
        """Return the distances between the rows, shape (n_rows, n_rows)."""
        return self.between(self.unit, self.codes)


def count_differences(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int16]:
    """Count the differing columns of every pair of rows (Hamming distance); shape (n_first, n_second).

    Narrow integers take a third of the time of a comparison as floats.
    """
    largest = max(int(first.max(initial=0)), int(second.max(initial=0)))
    width = np.int8 if largest <= np.iinfo(np.int8).max else np.int32
    first_codes, second_codes = first.T.astype(width), second.T.astype(width)
    differences = np.zeros((len(first), len(second)), dtype=np.int16)
    for one, other in zip(first_codes, second_codes, strict=True):
        differences += one[:, None] != other
    return differences


def minimum_spanning_tree(distances: NDArray[np.float64]) -> NDArray[np.int64]:
    """Find the minimum spanning tree of points by Prim's algorithm.

    Parameters
    ----------
    distances
        Shape (n, n), symmetric.

    Returns
    -------
    ndarray
        Edges, shape (n - 1, 2); of equally long ones the first found.
    """
    n = len(distances)
    nearest = distances[0].copy()
    via = np.zeros(n, dtype=np.int64)
    nearest[0] = math.inf
    outside = np.ones(n, dtype=np.bool_)
    outside[0] = False
    edges = np.empty((n - 1, 2), dtype=np.int64)
    for step in range(n - 1):
        new = int(nearest.argmin())
        edges[step] = via[new], new
        outside[new] = False
        nearest[new] = math.inf
        closer = outside & (distances[new] < nearest)
        nearest[closer] = distances[new, closer]
        via[closer] = new
    return edges


def measure_class_neighbourhood(task: TaskDescription) -> dict[str, float]:
    """Compute N1 to N4 and LSC of Lorena et al. (2019)."""
    gower = Gower(task)
    distances = gower.within()
    edges = minimum_spanning_tree(distances)
    crossing = edges[task.classes[edges[:, 0]] != task.classes[edges[:, 1]]]
    others = distances.copy()
    np.fill_diagonal(others, math.inf)
    friend, enemy = _nearest_by_class(task, others)
    return {
        "borderline_share": np.unique(crossing).size / task.n_rows,
        **summarise("intra_extra_ratio", _intra_share(friend, enemy), "mean", "sd"),
        "neighbour_error": float((task.classes[others.argmin(axis=1)] != task.classes).mean()),
        "neighbour_nonlinearity": _class_nonlinearity(task, gower),
        # Slightly less, so that rounding does not decide for rows at the same distance
        "local_set_cardinality": 1 - int((distances < enemy * (1 - 1e-9)).sum()) / task.n_rows**2,
    }


def _nearest_by_class(
    task: TaskDescription, others: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the distances of each row to the nearest of its own and of any other class, inf if none."""
    order = np.argsort(task.classes, kind="stable")
    present = np.flatnonzero(task.class_counts)
    starts = (np.cumsum(task.class_counts) - task.class_counts)[present]
    nearest = np.minimum.reduceat(others[:, order], starts, axis=1)
    rows, own = np.arange(task.n_rows), np.searchsorted(present, task.classes)
    friend = nearest[rows, own]
    nearest[rows, own] = math.inf
    return friend, nearest.min(axis=1)


def _intra_share(friend: NDArray[np.float64], enemy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return friend / (friend + enemy); 1 for the only row of a class, 1/2 if both are zero."""
    alone = np.isinf(friend)
    total = np.where(alone, 1, friend + enemy)
    part = np.divide(friend, total, out=np.full_like(friend, 0.5), where=total > 0)
    return np.where(alone, 1.0, part)


def interpolate(
    task: TaskDescription, first: NDArray[np.int64], second: NDArray[np.int64], gower: Gower
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Interpolate between pairs of rows: random points of the line, categories of either row.

    Returns
    -------
    unit, codes, weight
        As ``Gower.unit`` and ``Gower.codes``; and the weight of the second row, shape (n_pairs,).
    """
    generator = task.generator("interpolation")
    weight = generator.random(first.size)
    unit = gower.unit[first] + weight[:, None] * (gower.unit[second] - gower.unit[first])
    from_second = generator.random((first.size, gower.codes.shape[1])) < weight[:, None]
    return unit, np.where(from_second, gower.codes[second], gower.codes[first]), weight


def pairs_within_classes(task: TaskDescription) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pair every row with a random one of its class, shapes (n_rows,)."""
    order = np.argsort(task.classes, kind="stable")
    starts = np.cumsum(task.class_counts) - task.class_counts
    chosen = (task.generator("pairs").random(task.n_rows) * task.class_counts[task.classes]).astype(np.int64)
    return np.arange(task.n_rows), order[starts[task.classes] + chosen]


def _class_nonlinearity(task: TaskDescription, gower: Gower) -> float:
    first, second = pairs_within_classes(task)
    unit, codes, _ = interpolate(task, first, second, gower)
    nearest = gower.between(unit, codes).argmin(axis=1)
    return float((task.classes[nearest] != task.classes[first]).mean())


def measure_target_neighbourhood(task: TaskDescription) -> dict[str, float]:
    """Compute S1 to S4 of Lorena et al. (2018), with the target in standard deviations."""
    gower = Gower(task)
    distances = gower.within()
    y = task.target_moments.standardised[:, 0]
    edges = minimum_spanning_tree(distances)
    order = np.argsort(y, kind="stable")
    others = distances.copy()
    np.fill_diagonal(others, math.inf)
    unit, codes, weight = interpolate(task, order[:-1], order[1:], gower)
    between = y[order[:-1]] + weight * (y[order[1:]] - y[order[:-1]])
    nearest = gower.between(unit, codes).argmin(axis=1)
    return {
        "tree_target_distance": float(np.abs(y[edges[:, 0]] - y[edges[:, 1]]).mean()),
        "adjacent_input_distance": float(distances[order[:-1], order[1:]].mean()),
        "neighbour_error": float(((y - y[others.argmin(axis=1)]) ** 2).mean()),
        "neighbour_nonlinearity": float(((between - y[nearest]) ** 2).mean()),
    }
