"""Memories of further metrics: the same trials, each with another metric as its score."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from foretune.base import TASK_TYPES, TaskType
from foretune.hpo import HpoParameters
from foretune.learners import METRICS
from foretune.meta_model.memory import Memory
from foretune.meta_model.parameters import MetaTrainingParameters
from foretune.meta_model.training import train_memories, with_provenance

# Folder of the memories of further metrics, in that of the memories
METRICS_FOLDER = "metrics"


def metric_memory_name(task_type: str, metric: str) -> str:
    """Return the name of the memory of a further metric, such as ``classification.log_loss``."""
    return f"{task_type}.{metric}"


def with_metric_as_score(
    meta_dataset: pd.DataFrame, trials: pd.DataFrame, task_type: TaskType, metric: str
) -> pd.DataFrame:
    """Return the rows of one task type with another metric as their score.

    Parameters
    ----------
    meta_dataset
        Table of :func:`foretune.meta_model.meta_dataset.build_meta_dataset`.
    trials
        The trials that it was built from, with the column ``metric_<metric>``.
    task_type, metric
        Task type, and the name of one of its metrics; errors and losses change sign.

    Returns
    -------
    pandas.DataFrame
        Without the tasks that have no finite value of the metric; ``target`` stays that of the score before.
    """
    sign = 1.0 if METRICS[task_type][metric].higher_is_better else -1.0
    keys = ["task_id", "config_id"]
    measured = trials.drop_duplicates(keys).set_index(keys)[f"metric_{metric}"]
    rows = meta_dataset[meta_dataset["task_type"].eq(task_type)]
    found = sign * measured.reindex(pd.MultiIndex.from_frame(rows[keys])).to_numpy(dtype=np.float64)
    # What failed by the score stays failed
    rows = rows.assign(score=np.where(np.isfinite(rows["score"]), found, np.nan))
    return rows[rows.groupby("task_id")["score"].transform("count") > 0].reset_index(drop=True)


def train_metric_memories(  # noqa: PLR0913
    meta_dataset: pd.DataFrame,
    trials: pd.DataFrame,
    metafeatures: pd.DataFrame,
    parameters: MetaTrainingParameters,
    hpo: HpoParameters,
    seed: int,
    *,
    n_workers: int = 1,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> dict[str, Memory]:
    """Train a memory for each further metric of ``parameters.metrics``, by its name.

    Metrics of which the trials have no column, and the score itself, are left out.

    Parameters
    ----------
    meta_dataset, trials, metafeatures
        Tables that the memories of the score are trained on.
    parameters
        Further metrics by task type, and everything else as for the score.
    hpo
        Origin of the trials.
    seed, n_workers, on_progress
        As for :func:`foretune.meta_model.training.train_memories`; the bags are those of the score.
    """
    memories: dict[str, Memory] = {}
    for task_type, metric in _wanted(meta_dataset, trials, parameters.metrics, hpo):
        rows = with_metric_as_score(meta_dataset, trials, task_type, metric)
        if rows.empty:
            continue
        name = metric_memory_name(task_type, metric)
        label = _labelled(on_progress, name)
        trained = train_memories(rows, parameters, seed, n_workers, label)
        scored = hpo.model_copy(update={"score": hpo.score.model_copy(update={task_type: metric})})
        memories[name] = with_provenance(trained, trials, metafeatures, scored)[task_type]
    return memories


def _wanted(
    meta_dataset: pd.DataFrame,
    trials: pd.DataFrame,
    metrics: Mapping[TaskType, Sequence[str]],
    hpo: HpoParameters,
) -> list[tuple[TaskType, str]]:
    present = set(meta_dataset["task_type"])
    return [
        (task_type, metric)
        for task_type in TASK_TYPES
        for metric in metrics.get(task_type, ())
        if task_type in present and metric != hpo.score.of(task_type) and f"metric_{metric}" in trials
    ]


def _labelled(
    on_progress: Callable[[str, int, int], None] | None, name: str
) -> Callable[[str, int, int], None] | None:
    if on_progress is None:
        return None
    return lambda _, done, total: on_progress(f"{name} memory", done, total)
