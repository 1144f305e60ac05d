"""Names of pipelines, in the project and in its environment for logs."""

from __future__ import annotations

from pathlib import Path

import pytest
from click import UsageError
from tests.pipelines.conftest import Workspace

from foretune import logs_pipeline_registry
from foretune.pipeline_registry import register_pipelines


def test_every_pipeline_is_found_and_the_default_is_all_but_the_recommendation() -> None:
    pipelines = register_pipelines()
    stages = ["evaluation", "hpo", "meta_training", "metafeatures", "task_generation"]
    assert sorted(pipelines) == sorted([*stages, "__default__", "recommendation"])
    nodes = {node.name for stage in stages for node in pipelines[stage].nodes}
    assert {node.name for node in pipelines["__default__"].nodes} == nodes


def test_a_name_that_does_not_exist_is_one_line() -> None:
    with pytest.raises(
        UsageError, match=r"'recomendation' \(did you mean 'recommendation'\?\); there are eva"
    ):
        register_pipelines()["recomendation"]
    with pytest.raises(
        UsageError, match="'logs' here: it is the first part of meta_training with --env=logs;"
    ):
        register_pipelines()["logs"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("hpo", "the logs have what it would make"),
        ("logs", "it is the first part of meta_training"),
        ("recommendation", "leave out --env=logs"),
    ],
)
def test_a_pipeline_that_logs_do_not_need_says_what_to_do(name: str, hint: str) -> None:
    with pytest.raises(UsageError, match=f"'{name}' here: {hint}.*; there are evaluation, meta_training$"):
        logs_pipeline_registry.register_pipelines()[name]


def test_a_run_with_a_wrong_name_ends_before_any_node(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with pytest.raises(UsageError, match="did you mean 'task_generation'"):
        workspace.run("task_generaton")
    assert workspace.files() == {}
