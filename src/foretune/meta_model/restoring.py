"""Scores, tasks and configurations of a memory, restored from what it keeps of its trials."""

from __future__ import annotations

import math
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm

from foretune.base import UserError
from foretune.meta_model.cost_fit import LOG_ROWS
from foretune.meta_model.memory import Memory
from foretune.meta_model.meta_dataset import TASK_COLUMNS, MetaDataset
from foretune.meta_model.parameters import TargetKind
from foretune.meta_model.provenance import tabulate_configurations
from foretune.meta_model.targets import normalise_scores
from foretune.spaces import DEFAULT, LEARNER, Configuration, ConfigurationEncoder, spell

# A memory does not keep whether its tasks are real
PROVENANCE = "memory"


class RestoredTrials(NamedTuple):
    """Trials of the tasks of a memory, without their raw scores.

    Attributes
    ----------
    tasks
        Indexed by ``task_id``: ``task_type``, ``family``, ``provenance``, ``content_hash``, ``n_rows``.
    metafeatures
        Indexed by ``task_id``, NaN where undefined.
    configurations
        By ``config_id``.
    labels
        Values that the memory's encoder spells as texts, by hyperparameter.
    evaluations
        ``task_id, config_id, score``; the score of a failed trial is NaN.
    """

    tasks: pd.DataFrame
    metafeatures: pd.DataFrame
    configurations: dict[str, Configuration]
    labels: dict[str, list[str]]
    evaluations: pd.DataFrame

    def without(self, task_ids: npt.ArrayLike) -> RestoredTrials:
        """Return the trials of the other tasks, and the configurations that they tried."""
        kept = ~self.tasks.index.isin(np.asarray(task_ids))
        evaluations = self.evaluations[self.evaluations["task_id"].isin(self.tasks.index[kept])]
        tried = set(evaluations["config_id"])
        return self._replace(
            tasks=self.tasks[kept],
            metafeatures=self.metafeatures[kept],
            configurations={name: one for name, one in self.configurations.items() if name in tried},
            evaluations=evaluations.reset_index(drop=True),
        )

    def meta_dataset(self) -> MetaDataset:
        """Return the meta-dataset of these trials."""
        names = sorted(self.configurations)
        listed = [self.configurations[name] for name in names]
        table = tabulate_configurations([_spelt(one, self.labels) for one in listed])
        encoded = ConfigurationEncoder.from_trials(table).encode(table)
        index = pd.Index(names, name="config_id")
        return MetaDataset(
            tasks=self.tasks.sort_index(),
            metafeatures=self.metafeatures.sort_index().dropna(axis="columns", how="all"),
            configurations=encoded.set_axis(index),
            learners=pd.Series([one.learner for one in listed], index, name=LEARNER),
            is_default=pd.Series([one.strategy == DEFAULT for one in listed], index, dtype=bool),
            evaluations=self.evaluations,
        )


def restore_trials(memory: Memory) -> RestoredTrials:
    """Restore the trials that a memory was trained on.

    Scores are approximate; their order on each task, and so every target, is that of the trials.

    Raises
    ------
    UserError
        If the memory has no provenance, and so no configurations.
    """
    known, training_set = memory.residuals, memory.training_set
    configurations = {} if memory.provenance is None else memory.provenance.configurations
    if not configurations.keys() >= set(training_set.config_ids):
        raise UserError(
            "this memory does not know its configurations: train it again by the pipeline meta_training"
        )
    task_ids = pd.Index(list(memory.task_hashes), name="task_id")
    config_ids = np.array(training_set.config_ids, dtype=object)
    metafeatures = pd.DataFrame(
        training_set.metafeatures.astype(np.float64), task_ids, list(memory.metafeatures)
    )
    return RestoredTrials(
        tasks=_tasks(memory, metafeatures),
        metafeatures=metafeatures,
        configurations={name: configurations[name] for name in training_set.config_ids},
        labels=_labels(memory.surrogate.configuration_columns),
        evaluations=pd.DataFrame(
            {
                "task_id": task_ids.to_numpy()[known.task],
                "config_id": config_ids[known.config],
                "score": restore_scores(memory),
            }
        ),
    )


def restore_scores(memory: Memory) -> npt.NDArray[np.float64]:
    """Restore the scores of a memory's evaluations from their targets, shape (n_evaluations,).

    Exact up to the precision of the targets (32 bits), except for those of ranks (``copula``): these are
    read off the shape of each task, which has 161 points. Location and scale are the task's. A failed trial
    has the lowest target of its task; its score is NaN where that can be told from the lowest score.
    """
    known = memory.residuals
    bounds = np.searchsorted(known.task, np.arange(len(memory.task_hashes) + 1))
    scores = np.empty(len(known.target))
    for task, (start, end) in enumerate(pairwise(bounds)):
        targets, inverse = np.unique(known.target[start:end], return_inverse=True)
        values = _scores_of_targets(memory, task, targets, inverse)
        scores[start:end] = values[inverse]
        if n_failed := _count_failed(known.target[start:end], memory.surrogate.target):
            scores[start + np.flatnonzero(inverse == 0)[-n_failed:]] = np.nan
    return scores


def _scores_of_targets(
    memory: Memory, task: int, targets: npt.NDArray[np.float64], inverse: npt.NDArray[np.intp]
) -> npt.NDArray[np.float64]:
    """Return the score of each distinct target of a task, strictly rising."""
    location, log_scale = memory.residuals.level[task]
    if np.isnan(log_scale):
        return np.full(len(targets), location)
    scale, kind = float(np.exp(log_scale)), memory.surrogate.target
    if kind != "copula":
        return np.asarray(location + scale * targets, dtype=np.float64)
    shapes = memory.residuals.shapes.select(np.array([task]))
    values = location + scale * shapes.standardised(targets[None])[0]
    counts = np.bincount(inverse)
    counts[0] -= _count_failed(targets[inverse], kind)
    # The quantiles of 161 points are not quite those of the trials
    found = normalise_scores(np.repeat(values, counts), kind)
    if found.scale > 0:
        values = location + (values - found.location) * (scale / found.scale)
    rising = accumulate(values.tolist(), lambda before, one: max(one, math.nextafter(before, math.inf)))
    return np.fromiter(rising, dtype=np.float64, count=len(values))


def _count_failed(targets: npt.NDArray[np.float64], kind: TargetKind) -> int:
    """Count the failed trials among the lowest targets of a task, where the others' targets tell it."""
    lowest, n = float(targets.min()), len(targets)
    n_lowest = int((targets == lowest).sum())
    if lowest >= 0 or kind not in ("copula", "zscore"):
        return 0
    if kind == "copula":
        # The lowest of m finite scores, n_tied of them equal, has the quantile n_tied / 2 / m
        quantile = float(norm.cdf(lowest))
        found = (n_lowest - 2 * quantile * n) / (1 - 2 * quantile)
    else:
        # The finite ones have the mean 0
        found = float(targets.sum()) / lowest
    return int(np.clip(round(found), 0, n_lowest - 1))


def _tasks(memory: Memory, metafeatures: pd.DataFrame) -> pd.DataFrame:
    n_rows = np.exp(metafeatures[LOG_ROWS]).round() if LOG_ROWS in metafeatures else np.nan
    tasks = pd.DataFrame(index=metafeatures.index).assign(
        task_type=memory.task_type,
        family=list(memory.training_set.families),
        provenance=PROVENANCE,
        content_hash=list(memory.task_hashes.values()),
        n_rows=n_rows,
    )
    return tasks[TASK_COLUMNS]


def _labels(columns: tuple[str, ...]) -> dict[str, list[str]]:
    """Return the nominal values by hyperparameter; empty for a number."""
    labels: dict[str, list[str]] = {}
    for column in columns:
        name, is_nominal, text = column.partition("=")
        labels.setdefault(name, []).extend([text] if is_nominal else [])
    return labels


def _spelt(one: Configuration, labels: dict[str, list[str]]) -> Configuration:
    params = {name: spell(value, labels.get(name, ())) for name, value in one.params.items()}
    return Configuration(one.learner, params, one.strategy)
