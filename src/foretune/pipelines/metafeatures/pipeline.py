"""Pipeline ``metafeatures``: metafeatures of all tasks, their costs, correlations and map."""

from __future__ import annotations

from kedro.pipeline import Pipeline

from foretune.pipelines.metafeatures.nodes import (
    draw_metafeature_correlations,
    draw_task_map,
    extract_metafeatures,
    list_metafeatures,
    place_tasks,
)
from foretune.project import GroupNode


def create_pipeline() -> Pipeline:
    """Create the pipeline."""
    return Pipeline(
        [
            GroupNode(
                list_metafeatures,
                inputs=["params:metafeatures"],
                outputs="metafeature_catalogue",
                name="list_metafeatures",
            ),
            GroupNode(
                extract_metafeatures,
                inputs=[
                    "tasks",
                    "task_catalogue",
                    "metafeature_cache",
                    "params:metafeatures",
                    "params:parallel",
                    "params:seed",
                ],
                outputs=["metafeatures", "metafeature_costs", "metafeature_failures"],
                name="extract_metafeatures",
            ),
            GroupNode(
                draw_metafeature_correlations,
                inputs=["metafeatures", "task_catalogue"],
                outputs="metafeature_correlations",
                name="draw_metafeature_correlations",
            ),
            GroupNode(
                place_tasks,
                inputs=["metafeatures", "task_catalogue"],
                outputs="task_map",
                name="place_tasks",
            ),
            GroupNode(
                draw_task_map,
                inputs=["task_map", "trials"],
                outputs="task_map_figure",
                name="draw_task_map",
            ),
        ],
        tags="metafeatures",
        namespace="metafeatures",
        prefix_datasets_with_namespace=False,
    )
