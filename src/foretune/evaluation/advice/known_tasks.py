"""Counts of the tasks that a memory knows, by task type."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pandas as pd

from foretune.meta_model import METAFEATURE_PREFIX

KNOWN_TASK_COLUMNS = [
    "task_type",
    "n_tasks",
    "n_families",
    "n_counted_tasks",
    "n_counted_families",
    "largest_family",
    "n_tasks_of_largest",
    "n_configurations",
    "n_metafeatures",
]


def count_known_tasks(meta_dataset_table: pd.DataFrame, claims_on: Collection[str]) -> pd.DataFrame:
    """Count tasks, families, configurations and metafeatures, by task type.

    Parameters
    ----------
    meta_dataset_table
        Flat table of :func:`foretune.meta_model.build_meta_dataset`.
    claims_on
        Provenances of the tasks that the leaderboard counts.

    Returns
    -------
    pandas.DataFrame
        One row per task type. ``n_counted_tasks`` and ``n_counted_families`` are those of the leaderboard;
        ``largest_family`` has ``n_tasks_of_largest`` tasks; ``n_configurations`` is the median number of
        configurations evaluated on a task; ``n_metafeatures`` counts those that are known for any task.
    """
    rows = [
        _count(str(task_type), rows, claims_on)
        for task_type, rows in meta_dataset_table.groupby("task_type", sort=True)
    ]
    return pd.DataFrame(rows, columns=KNOWN_TASK_COLUMNS)


def _count(task_type: str, rows: pd.DataFrame, claims_on: Collection[str]) -> dict[str, Any]:
    tasks = rows.drop_duplicates("task_id")
    counted = tasks[tasks["provenance"].isin(claims_on)]
    sizes = tasks["family"].value_counts()
    described = rows.loc[:, rows.columns.str.startswith(METAFEATURE_PREFIX)]
    return {
        "task_type": task_type,
        "n_tasks": len(tasks),
        "n_families": len(sizes),
        "n_counted_tasks": len(counted),
        "n_counted_families": counted["family"].nunique(),
        # Of equal ones the first by name
        "largest_family": str(min(sizes.index[sizes == sizes.max()], key=str)),
        "n_tasks_of_largest": int(sizes.max()),
        "n_configurations": int(rows["task_id"].value_counts().median()),
        "n_metafeatures": int(described.notna().any().sum()),
    }
