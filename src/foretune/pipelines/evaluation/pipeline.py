"""From the meta-dataset to an honest comparison of methods."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from foretune.pipelines.evaluation.nodes import (
    compare_methods,
    draw_ranks,
    draw_regret_curves,
    draw_surrogate_quality,
    hold_out_tasks,
    rank_methods,
    write_report,
)

# What the report shows, by the names of the datasets
REPORTED = [
    "regret",
    "surrogate_quality",
    "leaderboard",
    "comparisons",
    "friedman",
    "ranks",
    "speed_up",
    "claims",
]


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
                compare_methods,
                inputs=["regret", "leaderboard", "params:evaluation", "params:seed"],
                outputs=["comparisons", "friedman", "ranks", "speed_up", "claims"],
                name="compare_methods",
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
            Node(
                draw_ranks,
                inputs=["ranks", "friedman"],
                outputs=["rank_curves", "critical_differences"],
                name="draw_ranks",
            ),
            Node(
                write_report,
                inputs={"parameters": "params:evaluation", "settings": "parameters"}
                | {name: name for name in REPORTED},
                outputs="report",
                name="write_report",
            ),
        ],
        tags="evaluation",
    )
