"""From the meta-dataset to an honest comparison of methods."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from foretune.pipelines.evaluation.nodes import (
    draw_regret_curves,
    draw_surrogate_quality,
    hold_out_tasks,
    rank_methods,
)


def create_pipeline() -> Pipeline:
    """Create the pipeline."""
    return Pipeline(
        [
            Node(
                hold_out_tasks,
                inputs=[
                    "meta_dataset",
                    "params:evaluation",
                    "params:meta_training",
                    "params:hpo.learners",
                    "params:parallel",
                    "params:seed",
                ],
                outputs=["regret", "surrogate_quality", "calibration", "evaluation_costs"],
                name="hold_out_tasks",
            ),
            Node(
                rank_methods,
                inputs=["regret", "params:evaluation", "params:seed"],
                outputs="leaderboard",
                name="rank_methods",
            ),
            Node(
                draw_regret_curves,
                inputs=["leaderboard"],
                outputs=["regret_curves", "regret_curves_page"],
                name="draw_regret_curves",
            ),
            Node(
                draw_surrogate_quality,
                inputs=["surrogate_quality"],
                outputs="surrogate_quality_figure",
                name="draw_surrogate_quality",
            ),
        ],
        tags="evaluation",
    )
