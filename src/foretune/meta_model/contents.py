"""Contents of a memory as plain tables: learners, sizes of tables, and tasks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from foretune.base import UNKNOWN_SIZE, name_size_classes, size_class
from foretune.meta_model.cost_fit import LOG_ROWS, sizes_of
from foretune.meta_model.memory import Memory

NO_LEARNER_NAME = "(no name)"


def tabulate_tasks(memory: Memory) -> pd.DataFrame:
    """List the tasks of a memory in order: ``task_id, family, n_rows, size, n_evaluations, folds``.

    ``folds`` are ``random``, or by ``groups`` or ``time``. ``n_rows`` is NaN where the memory has no
    metafeature of the number of rows.
    """
    names = list(memory.metafeatures)
    splits = {} if memory.provenance is None else memory.provenance.splits
    known = len(memory.task_hashes)
    logs = (
        memory.training_set.metafeatures[:, names.index(LOG_ROWS)] if LOG_ROWS in names else [np.nan] * known
    )
    n_rows = np.exp(np.asarray(logs, dtype=np.float64)).round()
    return pd.DataFrame(
        {
            "task_id": list(memory.task_hashes),
            "family": list(memory.training_set.families),
            "n_rows": n_rows,
            "size": [size_class(one) for one in n_rows],
            "n_evaluations": np.bincount(memory.residuals.task, minlength=known),
            "folds": [splits.get(task_id, "random") for task_id in memory.task_hashes],
        }
    )


def count_by_learner(memory: Memory) -> pd.DataFrame:
    """Count configurations, tasks with trials and trials: ``learner, n_configurations, n_tasks, n_trials``.

    Empty without provenance, for then the learners are unknown.
    """
    learners = _learner_of_each(memory)
    counts = pd.Series(learners, dtype=object).value_counts().rename("n_configurations")
    trials = _list_trials(memory, learners)
    of_trials = trials.groupby("learner")["task"].agg(n_tasks="nunique", n_trials="size")
    table = pd.concat([counts, of_trials], axis=1).fillna(0).astype(int).sort_index()
    return table.rename_axis("learner").rename({"": NO_LEARNER_NAME}).reset_index()


def largest_by_learner(memory: Memory) -> pd.Series:
    """Return the cells (rows times columns) of the largest task with trials of each learner, by its name.

    Empty without provenance, or without metafeatures of the numbers of rows and columns.
    """
    sizes, trials = sizes_of(memory), _list_trials(memory, _learner_of_each(memory))
    if sizes.empty:
        return pd.Series(dtype=np.float64)
    cells = (sizes["n_rows"] * sizes["n_columns"]).round()
    largest: pd.Series = cells.loc[trials["task"]].groupby(trials["learner"].to_numpy()).max()
    return largest


def _learner_of_each(memory: Memory) -> list[str]:
    """Return the learner of each configuration, "" where the provenance has none; none without provenance."""
    known = {} if memory.provenance is None else memory.provenance.configurations
    names = memory.training_set.config_ids if known else ()
    return [known[name].learner if name in known else "" for name in names]


def _list_trials(memory: Memory, learners: Sequence[str]) -> pd.DataFrame:
    """Return learner and task of each trial; nothing without learners."""
    residuals = memory.residuals
    return pd.DataFrame(
        {
            "learner": np.array(learners, dtype=object)[residuals.config] if learners else [],
            "task": residuals.task if learners else np.empty(0, dtype=int),
        }
    )


def count_by_size(memory: Memory) -> pd.DataFrame:
    """Count tasks, families and trials by size class: ``size, n_tasks, n_families, n_trials``."""
    groups = tabulate_tasks(memory).groupby("size")
    counts = groups.agg(n_tasks=("task_id", "size"), n_families=("family", "nunique"))
    counts["n_trials"] = groups["n_evaluations"].sum()
    counts = counts.reindex([*name_size_classes(), UNKNOWN_SIZE]).fillna(0).astype(int)
    if counts.loc[UNKNOWN_SIZE, "n_tasks"] == 0:
        counts = counts.drop(index=UNKNOWN_SIZE)
    return counts.rename_axis("size").reset_index()
