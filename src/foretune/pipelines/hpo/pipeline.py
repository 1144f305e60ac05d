"""Pipeline ``hpo``: trials of configurations on all tasks."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from foretune.pipelines.hpo.nodes import evaluate_configurations


def create_pipeline() -> Pipeline:
    """Create the pipeline."""
    return Pipeline(
        [
            Node(
                evaluate_configurations,
                inputs=[
                    "tasks",
                    "task_catalogue",
                    "trial_ledger",
                    "params:hpo",
                    "params:parallel",
                    "params:seed",
                ],
                outputs=["trials", "trial_costs"],
                name="evaluate_configurations",
            )
        ],
        tags="hpo",
    )
