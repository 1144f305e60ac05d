"""Pipeline ``hpo``: trials of configurations on all tasks."""

from __future__ import annotations

from kedro.pipeline import Pipeline

from foretune.pipelines.hpo.nodes import evaluate_configurations
from foretune.project import GroupNode


def create_pipeline() -> Pipeline:
    """Create the pipeline."""
    return Pipeline(
        [
            GroupNode(
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
        namespace="hpo",
        prefix_datasets_with_namespace=False,
    )
