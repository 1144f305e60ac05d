"""Learners whose known tables are far smaller than a new one, which ``"auto"`` leaves out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.meta_model import Memory

LOG_ROWS, LOG_FEATURES = "simple.log_n_rows", "simple.log_n_features"
# A learner whose largest known table has this share of the cells of the largest of all stays
LEAST_SHARE = 0.5


def keep_known_sizes(
    memory: Memory, learners: Sequence[str], metafeatures: pd.Series
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Leave out learners that were tried on far smaller tables than the new one, where others were not.

    How they do on it against the others would be a guess. Trials are often missing for a reason: a learner is
    left out where its fits take too long.

    Parameters
    ----------
    memory
        Memory that knows the learners.
    learners
        Names of the learners.
    metafeatures
        Metafeatures of the new table by name.

    Returns
    -------
    tuple of str
        Learners that are left, at least one; all of them without metafeatures for rows and columns.
    tuple of str
        A note for each learner that is left out.
    """
    cells = _count_cells(memory)
    size = metafeatures.reindex([LOG_ROWS, LOG_FEATURES]).to_numpy(dtype=np.float64)
    new = _from_logarithms(size)
    if cells is None or not np.isfinite(new):
        return tuple(learners), ()
    largest = _largest_by_learner(memory, cells)
    farthest = max(largest.get(one, 0.0) for one in learners)
    beyond = [one for one in learners if largest.get(one, 0.0) < min(new, LEAST_SHARE * farthest)]
    notes = tuple(
        f"'auto' leaves out {one}, known on tables of at most {largest.get(one, 0.0):,.0f} cells; "
        f"this one has {new:,.0f}"
        for one in beyond
    )
    return tuple(one for one in learners if one not in beyond), notes


def _count_cells(memory: Memory) -> Any:
    """Return rows times columns of each known task; None if the memory does not say them."""
    if not {LOG_ROWS, LOG_FEATURES} <= set(memory.metafeatures):
        return None
    at = [memory.metafeatures.index(name) for name in (LOG_ROWS, LOG_FEATURES)]
    return _from_logarithms(memory.training_set.metafeatures[:, at].astype(np.float64))


def _from_logarithms(sizes: npt.NDArray[np.float64]) -> Any:
    """Return whole numbers of cells, which logarithms of rows and columns on the last axis are of."""
    return np.rint(np.exp(sizes.sum(axis=-1)))


def _largest_by_learner(memory: Memory, cells: npt.NDArray[np.float64]) -> dict[str, float]:
    provenance, trials = memory.provenance, memory.residuals
    known = {} if provenance is None else provenance.configurations
    learners = np.array(
        [known[name].learner if name in known else "" for name in memory.training_set.config_ids]
    )
    largest = pd.Series(cells[trials.task]).groupby(learners[trials.config]).max()
    return {str(name): float(value) for name, value in largest.items()}
