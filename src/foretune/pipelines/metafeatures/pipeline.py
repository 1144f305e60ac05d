"""From tasks to their descriptions."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from foretune.pipelines.metafeatures.nodes import extract_metafeatures, list_metafeatures


def create_pipeline() -> Pipeline:
    """Create the pipeline."""
    return Pipeline(
        [
            Node(
                list_metafeatures,
                inputs=["params:metafeatures"],
                outputs="metafeature_catalogue",
                name="list_metafeatures",
            ),
            Node(
                extract_metafeatures,
                inputs=["tasks", "task_catalogue", "params:metafeatures", "params:parallel", "params:seed"],
                outputs=["metafeatures", "metafeature_costs", "metafeature_failures"],
                name="extract_metafeatures",
            ),
        ],
        tags="metafeatures",
    )
