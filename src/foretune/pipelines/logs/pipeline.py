"""Pipeline ``logs``: tasks, trials and metafeatures from logs, in place of the first pipelines."""

from __future__ import annotations

from kedro.pipeline import Pipeline

from foretune.pipelines.logs.nodes import import_logs
from foretune.project import GroupNode


def create_pipeline() -> Pipeline:
    """Create the pipeline."""
    return Pipeline(
        [
            GroupNode(
                import_logs,
                inputs=["log_trials", "log_metafeatures", "params:logs"],
                outputs=["trials", "metafeatures", "task_catalogue", "task_groups"],
                name="import_logs",
            ),
        ],
        tags="logs",
        namespace="logs",
        prefix_datasets_with_namespace=False,
    )
