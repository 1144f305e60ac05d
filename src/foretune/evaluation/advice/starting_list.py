"""List of configurations to start with on a new table: the greedy portfolio of all known tasks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.evaluation.evidence import Truth
from foretune.evaluation.fold import relative_scores
from foretune.evaluation.methods.greedy_portfolio import greedy_portfolio
from foretune.evaluation.methods.ranking import order_by_merit
from foretune.meta_model import MetaDataset, MetaTrainingParameters
from foretune.spaces import DEFAULT, Configuration

LIST_LENGTH = 10
STARTING_LIST_COLUMNS = ["task_type", "position", "learner", "config_id", "is_default", "parameters"]
# More known surfaces times configurations than these are thinned, as a log without a shared design has many
MOST_CELLS = 4_000_000


def list_starters(
    meta_dataset_table: pd.DataFrame,
    configurations: Mapping[str, Mapping[str, Configuration]],
    meta_training: MetaTrainingParameters,
) -> pd.DataFrame:
    """List the configurations to start with, by task type.

    Parameters
    ----------
    meta_dataset_table
        Flat table of :func:`foretune.meta_model.build_meta_dataset`.
    configurations
        Configurations by task type and ``config_id``; those that are absent have no parameters in the list.
    meta_training
        Parameters of the memory.

    Returns
    -------
    pandas.DataFrame
        Up to ten rows per task type: ``task_type, position, learner, config_id, is_default, parameters``, the
        last as JSON. The list is that of the method ``greedy_portfolio`` with every task known.
    """
    rows: list[dict[str, Any]] = []
    for task_type, table in meta_dataset_table.groupby("task_type", sort=True):
        meta_dataset = MetaDataset.from_table(table)
        known = configurations.get(str(task_type), {})
        for position, config_id in enumerate(_choose(meta_dataset, meta_training), start=1):
            one = known.get(config_id)
            rows.append(
                {
                    "task_type": str(task_type),
                    "position": position,
                    "learner": str(meta_dataset.learners[config_id]),
                    "config_id": config_id,
                    "is_default": bool(meta_dataset.is_default[config_id])
                    or (one is not None and one.strategy == DEFAULT),
                    "parameters": "" if one is None else json.dumps(one.params, sort_keys=True),
                }
            )
    return pd.DataFrame(rows, columns=STARTING_LIST_COLUMNS)


def order_greedily(
    surfaces: npt.NDArray[np.float64], length: int, rng: np.random.Generator
) -> npt.NDArray[np.intp]:
    """Return the greedy portfolio of some surfaces; see the method ``greedy_portfolio``."""
    return greedy_portfolio(surfaces, length, order_by_merit(rng, surfaces.mean(axis=0)))


def _choose(meta_dataset: MetaDataset, meta_training: MetaTrainingParameters) -> list[str]:
    truth = Truth.from_meta_dataset(meta_dataset, meta_training.target)
    n_tasks = len(meta_dataset.tasks)
    configs = _most_evaluated(meta_dataset, max(MOST_CELLS // n_tasks, LIST_LENGTH))
    surfaces, _ = truth.interpolation.complete(
        relative_scores(meta_dataset),
        np.arange(n_tasks),
        configs,
        truth.kernels.without(np.zeros(n_tasks, dtype=bool)),
    )
    chosen = order_greedily(surfaces, LIST_LENGTH, np.random.default_rng(0))
    return [str(name) for name in meta_dataset.configurations.index[configs[chosen]]]


def _most_evaluated(meta_dataset: MetaDataset, limit: int) -> npt.NDArray[np.intp]:
    """Return the configurations evaluated on most tasks, in increasing order."""
    n_tasks = np.bincount(meta_dataset.arrays.config, minlength=len(meta_dataset.configurations))
    return np.sort(np.argsort(-n_tasks, kind="stable")[:limit])
