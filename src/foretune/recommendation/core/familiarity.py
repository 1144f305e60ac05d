"""Distances of a new task from the known ones, and its metafeatures out of their range."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.meta_model import Memory


@dataclass(frozen=True)
class Familiarity:
    """Distances of a new task from the known ones, and clipped metafeatures.

    Attributes
    ----------
    neighbours
        ``task_id, family, distance`` of every known task, nearest first; for the distance see
        :meth:`.TaskDistances.distances_to`.
    typical_distance, largest_distance
        Median and largest distance of a known task to the nearest one of another family.
    clipped
        ``metafeature, value, low, high`` of metafeatures out of the range of the known tasks, which are
        clipped to it.
    """

    neighbours: pd.DataFrame
    typical_distance: float
    largest_distance: float
    clipped: pd.DataFrame

    @property
    def near(self) -> pd.DataFrame:
        """Known tasks with a common metafeature, whose distance is finite."""
        is_near = np.isfinite(self.neighbours["distance"].to_numpy(dtype=np.float64))
        near: pd.DataFrame = self.neighbours[is_near]
        return near

    @property
    def nearest_distance(self) -> float:
        """Distance to the nearest known task."""
        return float(self.neighbours["distance"].iloc[0]) if len(self.neighbours) else np.inf


def look_around(memory: Memory, metafeatures: pd.Series) -> Familiarity:
    """Compare a new task with the known tasks of a memory; missing metafeatures are undefined."""
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

    # The memory stores single precision
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
