"""Tasks from the partitions of a data catalog."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from foretune.tasks.task import Task


def read_partitions(
    partitions: Mapping[str, pd.DataFrame | Callable[[], pd.DataFrame]], task_catalogue: pd.DataFrame
) -> dict[str, Task]:
    """Read the tasks of the catalogue; partitions of other tasks are ignored.

    Parameters
    ----------
    partitions
        Frames (in memory) or functions that load them (on disk), by ``task_id``.
    task_catalogue
        ``task_id`` and ``task_type`` of every task.

    Raises
    ------
    ValueError
        If a task of the catalogue has no partition.
    """
    missing = sorted(set(task_catalogue["task_id"]) - set(partitions))
    if missing:
        raise ValueError(
            f"{len(missing)} tasks have no partition, first {missing[0]!r}: run the pipeline task_generation"
        )
    tasks = {}
    for task_id, task_type in zip(task_catalogue["task_id"], task_catalogue["task_type"], strict=True):
        partition = partitions[task_id]
        frame = partition() if callable(partition) else partition
        tasks[task_id] = Task.from_frame(task_id, task_type, frame)
    return tasks
