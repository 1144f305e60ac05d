"""Pipeline ``logs``: tasks, trials and metafeatures from logs, in place of the first pipelines."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from foretune.pipelines.logs.nodes import import_logs


def create_pipeline() -> Pipeline:
    """Create the pipeline."""
    return Pipeline(
        [
            Node(
                import_logs,
                inputs=["log_trials", "log_metafeatures", "params:logs"],
                outputs=["trials", "metafeatures", "task_catalogue", "task_groups"],
                name="import_logs",
            ),
        ],
        tags="logs",
    )
