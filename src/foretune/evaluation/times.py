"""Seconds of the trials of a meta-dataset, for regret in time."""

from __future__ import annotations

import logging
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.meta_model import FEWEST_FAMILIES, MetaDataset

logger = logging.getLogger(__name__)

SECONDS = "fit_seconds"
KEYS = ["task_id", "config_id"]


def read_seconds(
    meta_dataset: MetaDataset, trial_costs: pd.DataFrame | None
) -> npt.NDArray[np.float64] | None:
    """Return the seconds of every evaluation, if enough tasks have times.

    A task has times if all its evaluations with a score have seconds that are not negative, and not all are
    zero. A failed trial without seconds pays the task's mean.

    Parameters
    ----------
    meta_dataset
        Tasks of one type.
    trial_costs
        ``task_id, config_id, fit_seconds``, with or without further columns; None, or without the last one,
        if there are no times.

    Returns
    -------
    numpy.ndarray or None
        In the order of :attr:`.MetaDataset.arrays`, NaN for tasks without times. None with fewer than three
        families with times, of which one could not be held out.
    """
    if trial_costs is None or SECONDS not in trial_costs:
        return None
    costs = trial_costs[trial_costs["task_id"].isin(meta_dataset.tasks.index)]
    known = pd.to_numeric(costs[SECONDS], errors="coerce").astype(np.float64)
    known = known.where(np.isfinite(known) & (known >= 0)).groupby([costs[name] for name in KEYS]).mean()
    task, config, score = meta_dataset.arrays
    pairs = pd.MultiIndex.from_arrays(
        [meta_dataset.tasks.index[task], meta_dataset.configurations.index[config]], names=KEYS
    )
    seconds: npt.NDArray[np.float64] = np.array(known.reindex(pairs), dtype=np.float64)
    bounds = np.searchsorted(task, np.arange(len(meta_dataset.tasks) + 1))
    for start, end in pairwise(bounds):
        own = seconds[start:end]
        own[:] = _filled(own, np.isfinite(score[start:end]))
    has_times = np.isfinite(seconds[bounds[:-1]])
    n_families = meta_dataset.families[has_times].nunique()
    if n_families >= FEWEST_FAMILIES:
        return seconds
    if known.notna().any():
        logger.warning(
            "no regret in time: %d families of tasks have seconds for all scores, at least %d are needed",
            n_families,
            FEWEST_FAMILIES,
        )
    return None


def _filled(seconds: npt.NDArray[np.float64], is_scored: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Return a task's seconds with the mean in place of missing ones, or all NaN if it has no times."""
    given = np.isfinite(seconds)
    if not given[is_scored].all() or not seconds[given].sum() > 0:
        return np.full(len(seconds), np.nan)
    return np.where(given, seconds, seconds[given].mean())
