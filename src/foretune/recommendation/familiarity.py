"""How near a new task is to the known ones, and what of it lies outside of all that is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt
    import pandas as pd

    from foretune.meta_model.surrogate import Surrogate

    Place = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]

# Of the spread of a metafeature: what counts as none
NO_SPREAD = 1e-9


@dataclass(frozen=True)
class Familiarity:
    """Where a new task stands among the known ones.

    Attributes
    ----------
    neighbours
        ``task_id, family, distance`` of every known task, nearest first. The distance is the root mean square
        over the metafeatures that both have, each in units of its interquartile range and compressed by
        arcsinh, so that no metafeature with a heavy tail decides alone.
    typical_distance
        Median distance of a known task to the nearest one of another family.
    largest_distance
        The largest such distance.
    clipped
        ``metafeature, value, low, high``: metafeatures outside of the range of all known tasks, where the
        nearer end of the range stands for them.
    """

    neighbours: pd.DataFrame
    typical_distance: float
    largest_distance: float
    clipped: pd.DataFrame

    @property
    def nearest_distance(self) -> float:
        """Distance to the nearest known task."""
        return float(self.neighbours["distance"].iloc[0]) if len(self.neighbours) else np.inf

    def is_strange(self, strangeness: float) -> bool:
        """Whether the nearest known task is farther than any known one from its nearest, times a factor."""
        return self.nearest_distance > strangeness * self.largest_distance


def look_around(surrogate: Surrogate, metafeatures: pd.Series) -> Familiarity:
    """Compare a new task with the tasks that a surrogate was trained on.

    Parameters
    ----------
    surrogate
        Remembers the known tasks.
    metafeatures
        Of the new task, indexed by name; missing ones count as undefined.
    """
    import pandas as pd

    known = surrogate.training_set.metafeatures.astype(np.float64)
    new = metafeatures.reindex(list(surrogate.metafeatures)).to_numpy(dtype=np.float64)
    placed, place = _scales(known)
    distances = _distances(place(new)[None, :], placed)[0]
    families = np.array(surrogate.training_set.families)
    between = _distances(placed, placed)
    between[families[:, None] == families[None, :]] = np.inf
    nearest = between.min(axis=1, initial=np.inf)
    nearest = nearest[np.isfinite(nearest)]
    neighbours = pd.DataFrame(
        {"task_id": list(surrogate.task_hashes), "family": families, "distance": distances}
    ).sort_values("distance", ignore_index=True, kind="stable")
    return Familiarity(
        neighbours,
        float(np.median(nearest)) if len(nearest) else np.inf,
        float(nearest.max(initial=0.0)) if len(nearest) else np.inf,
        _outside(surrogate.metafeatures, new, known),
    )


def _outside(
    names: tuple[str, ...], new: npt.NDArray[np.float64], known: npt.NDArray[np.float64]
) -> pd.DataFrame:
    import pandas as pd

    low = np.min(np.where(np.isfinite(known), known, np.inf), axis=0, initial=np.inf)
    high = np.max(np.where(np.isfinite(known), known, -np.inf), axis=0, initial=-np.inf)
    # Where no task has a value nothing is outside
    low, high = np.where(low <= high, low, np.nan), np.where(low <= high, high, np.nan)
    # Memory keeps single precision
    slack = 1e-6 * np.maximum(np.abs(low), np.abs(high))
    at = np.flatnonzero(np.isfinite(new) & ((new < low - slack) | (new > high + slack)))
    return pd.DataFrame(
        {
            "metafeature": [names[position] for position in at],
            "value": new[at],
            "low": low[at],
            "high": high[at],
        }
    )


def _scales(known: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], Place]:
    """Return the known tasks in comparable units, and the function that brings others there."""
    finite = np.where(np.isfinite(known), known, np.nan)
    quartiles = np.full((3, known.shape[1]), np.nan)
    deviation = np.full(known.shape[1], np.nan)
    described = np.isfinite(known).any(axis=0)
    if described.any():
        quartiles[:, described] = np.nanquantile(finite[:, described], [0.25, 0.5, 0.75], axis=0)
        deviation[described] = np.nanstd(finite[:, described], axis=0)
    spread = quartiles[2] - quartiles[0]
    # Where most tasks have the same value the quartiles say nothing
    spread = np.where(spread > NO_SPREAD, spread, deviation)
    usable = np.isfinite(spread) & (spread > NO_SPREAD)

    def place(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        compressed = np.arcsinh((values[..., usable] - quartiles[1, usable]) / spread[usable])
        return np.asarray(compressed, dtype=np.float64)

    return place(finite), place


def _distances(first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    distances = np.full((len(first), len(second)), np.inf)
    for at, row in enumerate(first):
        both = np.isfinite(row) & np.isfinite(second)
        squares = np.where(both, row - second, 0.0) ** 2
        count = both.sum(axis=1)
        distances[at] = np.where(count > 0, np.sqrt(squares.sum(axis=1) / np.maximum(count, 1)), np.inf)
    return distances
