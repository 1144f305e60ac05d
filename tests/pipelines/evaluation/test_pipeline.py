from __future__ import annotations

import dataclasses
import inspect

import pytest
from kedro.pipeline import Pipeline

from foretune.evaluation import EvaluationTables
from foretune.pipelines.evaluation.nodes import FIGURES
from foretune.pipelines.evaluation.pipeline import REPORTED, create_pipeline
from foretune.understanding import TABLES


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return create_pipeline()


def test_it_takes_the_meta_dataset_the_surrogates_and_the_seconds(pipeline: Pipeline) -> None:
    data = {name for name in pipeline.inputs() if not name.startswith("param")}
    assert data == {"meta_dataset", "surrogates", "trial_costs"}
    assert {name for name in pipeline.inputs() if name.startswith("param")} == {
        "parameters",
        "params:evaluation",
        "params:hpo.learners",
        "params:meta_training",
        "params:parallel",
        "params:seed",
        "params:understanding",
    }


def test_the_report_shows_every_table_that_is_made(pipeline: Pipeline) -> None:
    (report,) = [node for node in pipeline.nodes if node.name == "write_report"]
    shown = {name for name in report.inputs if not name.startswith("param")}
    assert shown == {*REPORTED, *FIGURES}
    # What the page is built of, but for what a caller may give beside
    fields = {field.name for field in dataclasses.fields(EvaluationTables)} - {"near_duplicates", "figures"}
    assert set(REPORTED) == fields | set(TABLES)
    made = {name for node in pipeline.nodes for name in node.outputs}
    figures = {name for name in made if name.endswith(("_figure", "_curves", "_page", "differences"))}
    assert made - figures - {"report"} == set(REPORTED)
    assert figures - {"regret_curves_page"} == set(FIGURES)


@pytest.mark.parametrize("node", create_pipeline().nodes, ids=lambda node: node.name)
def test_datasets_are_given_to_the_parameters_of_their_names(node: object) -> None:
    given, names = node._inputs, list(inspect.signature(node.func).parameters)  # type: ignore[attr-defined]
    if isinstance(given, dict):
        sources = {"parameters": "params:evaluation", "settings": "parameters", "seed": "params:seed"}
        named = {name: source for name, source in sources.items() if name in names}
        assert len(named) == 2
        assert given == named | {name: name for name in given if name not in named}
        return
    groups = {"params:evaluation", "params:understanding"}
    bare = ["parameters" if one in groups else one.split(":")[-1].split(".")[-1] for one in given]
    short = {"hyperparameter_importance": "importance", "hyperparameter_interactions": "interactions"}
    assert [short.get(one, one) for one in bare] == names
