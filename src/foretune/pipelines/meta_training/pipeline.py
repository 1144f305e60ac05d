"""Pipeline ``meta_training``: meta-dataset, costs of learners, surrogates by metric."""

from __future__ import annotations

from kedro.pipeline import Pipeline

from foretune.pipelines.meta_training.nodes import fit_learner_costs, fit_surrogates, join_meta_dataset
from foretune.project import GroupNode


def create_pipeline() -> Pipeline:
    """Create the pipeline."""
    return Pipeline(
        [
            GroupNode(
                join_meta_dataset,
                inputs=["trials", "metafeatures", "task_catalogue", "params:meta_training"],
                outputs="meta_dataset",
                name="join_meta_dataset",
            ),
            GroupNode(
                fit_learner_costs,
                inputs=["trials", "trial_costs", "task_catalogue"],
                outputs="learner_costs",
                name="fit_learner_costs",
            ),
            GroupNode(
                fit_surrogates,
                inputs=[
                    "meta_dataset",
                    "trials",
                    "metafeatures",
                    "task_catalogue",
                    "params:meta_training",
                    "params:hpo",
                    "params:parallel",
                    "params:seed",
                ],
                outputs=["surrogates", "metric_surrogates"],
                name="fit_surrogates",
            ),
        ],
        tags="meta_training",
        namespace="meta_training",
        prefix_datasets_with_namespace=False,
    )
