"""Pipeline ``task_generation``: tasks and their catalogue."""

from __future__ import annotations

from kedro.pipeline import Pipeline

from foretune.pipelines.task_generation.nodes import list_task_sources, load_tasks
from foretune.project import GroupNode


def create_pipeline() -> Pipeline:
    """Create the pipeline."""
    return Pipeline(
        [
            GroupNode(
                list_task_sources,
                inputs=["user_task_files", "params:task_generation"],
                outputs="task_sources",
                name="list_task_sources",
            ),
            GroupNode(
                load_tasks,
                inputs=["task_sources", "user_task_files", "params:task_generation", "params:seed"],
                outputs=["tasks", "task_catalogue", "rejected_tasks"],
                name="load_tasks",
            ),
        ],
        tags="task_generation",
        namespace="task_generation",
        prefix_datasets_with_namespace=False,
    )
