"""From somebody else's logs to the tables that the project makes itself otherwise."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from foretune.pipelines.log_import.nodes import import_logs


def create_pipeline() -> Pipeline:
    """Create the pipeline."""
    return Pipeline(
        [
            Node(
                import_logs,
                inputs=["imported_trials", "imported_metafeatures", "params:import_logs"],
                outputs=["trials", "metafeatures", "task_catalogue", "task_groups"],
                name="import_logs",
            ),
        ],
        tags="log_import",
    )
