"""Nodes of the pipeline ``task_generation``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from foretune.base import show_progress
from foretune.pipelines.frames import pd
from foretune.tasks import TaskGenerationParameters


def list_task_sources(
    user_task_files: dict[str, Callable[..., Any]], parameters: TaskGenerationParameters
) -> pd.DataFrame:
    """List the tasks to load: catalogued, of the user's folder, and synthetic."""
    from foretune.tasks import select_task_sources

    return select_task_sources(parameters, user_task_files)


def load_tasks(
    task_sources: pd.DataFrame,
    user_task_files: dict[str, Callable[..., Any]],
    parameters: TaskGenerationParameters,
    seed: int,
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame, pd.DataFrame]:
    """Load, clean, check and subsample the tasks; return partitions, catalogue and rejected tasks."""
    from foretune.tasks import generate_tasks

    with show_progress("task_generation") as on_progress:
        tasks, catalogue, rejected = generate_tasks(
            task_sources, user_task_files, parameters, seed, on_progress
        )
    return {task_id: task.to_frame() for task_id, task in tasks.items()}, catalogue, rejected
