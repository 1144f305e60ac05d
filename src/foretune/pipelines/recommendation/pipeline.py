"""Pipeline ``recommendation``: ranked configurations for a user's table, and their page."""

from __future__ import annotations

from kedro.pipeline import Pipeline

from foretune.pipelines.recommendation.nodes import (
    describe_recommendation,
    draw_recommendation,
    recommend_configurations,
    try_recommendations,
)
from foretune.project import GroupNode


def create_pipeline() -> Pipeline:
    """Create the pipeline."""
    return Pipeline(
        [
            GroupNode(
                recommend_configurations,
                inputs=["recommendation_table", "params:target", "params:recommendation", "params:seed"],
                outputs="result",
                name="recommend_configurations",
            ),
            GroupNode(
                try_recommendations,
                inputs=[
                    "result",
                    "trial_ledger",
                    "params:recommendation",
                    "params:task_generation",
                    "params:hpo",
                    "params:parallel",
                    "params:seed",
                ],
                outputs="tried_result",
                name="try_recommendations",
            ),
            GroupNode(
                describe_recommendation,
                inputs=["tried_result", "params:recommendation", "params:hpo", "params:seed"],
                outputs=["recommendation", "recommendation_ranking", "recommendation_page"],
                name="describe_recommendation",
            ),
            GroupNode(
                draw_recommendation,
                inputs=["tried_result", "params:recommendation"],
                outputs=[
                    "recommendation_scores",
                    "recommendation_gains",
                    "recommendation_neighbours",
                    "recommendation_drivers",
                    "recommendation_measured",
                ],
                name="draw_recommendation",
            ),
        ],
        tags="recommendation",
        namespace="recommendation",
        prefix_datasets_with_namespace=False,
    )
