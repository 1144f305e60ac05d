"""Learners whose known tables are far smaller than a new one, which ``"auto"`` leaves out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from foretune.meta_model import LOG_COLUMNS, LOG_ROWS, Memory, largest_by_learner

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
    new = np.rint(np.exp(metafeatures.reindex([LOG_ROWS, LOG_COLUMNS]).to_numpy(dtype=np.float64).sum()))
    largest = largest_by_learner(memory).reindex(list(learners)).fillna(0.0)
    limit = min(new, LEAST_SHARE * largest.max()) if np.isfinite(new) else 0.0
    beyond = largest[largest < limit]
    notes = tuple(
        f"'auto' leaves out {name}, known on tables of at most {cells:,.0f} cells; this one has {new:,.0f}"
        for name, cells in beyond.items()
    )
    return tuple(name for name in learners if name not in beyond.index), notes
