"""How near a new task is to the known ones, and what of it lies outside of all that is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.meta_model import Memory


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
    def near(self) -> pd.DataFrame:
        """Known tasks that have a metafeature in common with this one: only they can be near."""
        is_near = np.isfinite(self.neighbours["distance"].to_numpy(dtype=np.float64))
        near: pd.DataFrame = self.neighbours[is_near]
        return near

    @property
    def nearest_distance(self) -> float:
        """Distance to the nearest known task."""
        return float(self.neighbours["distance"].iloc[0]) if len(self.neighbours) else np.inf

    def is_out_of_distribution(self, max_distance: float) -> bool:
        """Whether the nearest known task is farther than any known one from its nearest, times a factor."""
        return self.nearest_distance > max_distance * self.largest_distance


def look_around(memory: Memory, metafeatures: pd.Series) -> Familiarity:
    """Compare a new task with the tasks that a surrogate was trained on.

    Parameters
    ----------
    surrogate
        Remembers the known tasks.
    metafeatures
        Of the new task, indexed by name; missing ones count as undefined.
    """
    task_distances = memory.task_distances
    new = metafeatures.reindex(list(memory.metafeatures)).to_numpy(dtype=np.float64)
    neighbours = pd.DataFrame(
        {
            "task_id": list(memory.task_hashes),
            "family": memory.training_set.families,
            "distance": task_distances.distances_to(new),
        }
    ).sort_values("distance", ignore_index=True, kind="stable")
    return Familiarity(
        neighbours,
        task_distances.typical_distance,
        task_distances.largest_distance,
        _outside(memory.metafeatures, new, task_distances.low, task_distances.high),
    )


def _outside(
    names: tuple[str, ...],
    new: npt.NDArray[np.float64],
    low: npt.NDArray[np.float64],
    high: npt.NDArray[np.float64],
) -> pd.DataFrame:

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
