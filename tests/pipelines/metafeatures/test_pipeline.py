from __future__ import annotations

from foretune.pipelines.metafeatures.pipeline import create_pipeline


def test_it_reads_tasks_and_trials_and_makes_tables_and_figures() -> None:
    pipeline = create_pipeline()
    data = {name for name in pipeline.inputs() if not name.startswith("params:")}
    assert data == {"tasks", "task_catalogue", "metafeature_cache", "trials"}
    assert {"metafeatures", "task_map", "task_map_figure"} <= pipeline.all_outputs()
    assert pipeline.only_nodes("extract_metafeatures").nodes[0].tags == {"metafeatures"}
