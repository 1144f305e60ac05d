from __future__ import annotations

from kedro.pipeline import Pipeline

from foretune.pipelines.recommendation.pipeline import create_pipeline


def test_it_needs_a_table_a_ledger_and_parameters() -> None:
    inputs = create_pipeline().inputs()
    assert {name for name in inputs if not name.startswith("params:")} == {
        "recommendation_table",
        "trial_ledger",
    }


def test_another_project_can_put_it_into_a_namespace() -> None:
    pipeline = Pipeline(create_pipeline(), namespace="mine")
    assert all(name.startswith(("mine.", "params:mine.")) for name in pipeline.datasets())
    assert pipeline.only_nodes("mine.recommend_configurations").nodes
