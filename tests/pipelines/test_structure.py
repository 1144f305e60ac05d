"""What holds of the graph, the catalog and the nodes, whatever they compute."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from kedro.framework.project import configure_project, pipelines
from kedro.pipeline import Pipeline

PROJECT = Path(__file__).parents[2]
STAGES = ["task_generation", "hpo", "metafeatures", "meta_training", "evaluation"]
LAYERS = {
    "01_raw": "raw",
    "02_intermediate": "intermediate",
    "03_primary": "primary",
    "04_feature": "feature",
    "05_model_input": "model_input",
    "06_models": "models",
    "07_model_output": "model_output",
    "08_reporting": "reporting",
}
RECOMMENDATION = "recommendation"


@pytest.fixture(scope="module")
def registered() -> dict[str, Pipeline]:
    configure_project("foretune")
    return dict(pipelines)


@pytest.fixture(scope="module")
def catalog() -> dict[str, dict[str, Any]]:
    entries: dict[str, dict[str, Any]] = {}
    for path in sorted((PROJECT / "conf/base").glob("catalog*.yml")):
        part = yaml.safe_load(path.read_text())
        assert not set(part) & set(entries), f"{path.name} repeats an entry"
        # Kedro ignores an entry with an underscore: it is there for its anchor
        entries |= {name: entry for name, entry in part.items() if not name.startswith("_")}
    return entries


def _datasets(pipeline: Pipeline) -> set[str]:
    return {name for name in pipeline.datasets() if not name.startswith(("params:", "parameters"))}


def test_the_pipelines_are_there_and_default_is_all_but_recommendation(
    registered: dict[str, Pipeline],
) -> None:
    assert set(registered) == {*STAGES, RECOMMENDATION, "__default__"}
    nodes = {node.name for stage in STAGES for node in registered[stage].nodes}
    assert {node.name for node in registered["__default__"].nodes} == nodes


def test_every_catalog_entry_is_used_and_every_dataset_has_one(
    registered: dict[str, Pipeline], catalog: dict[str, dict[str, Any]]
) -> None:
    # A dataset without an entry would live in memory: a pipeline run alone could not find it
    assert _datasets(registered["__default__"]) | _datasets(registered[RECOMMENDATION]) == set(catalog)


def test_file_paths_follow_the_layers(catalog: dict[str, dict[str, Any]]) -> None:
    # What a parameter names, and what lives from node to node only, has no path
    stored = {name: entry for name, entry in catalog.items() if {"filepath", "path"} & set(entry)}
    assert set(catalog) - set(stored) == {
        "recommendation_table",
        "result",
        "tried_result",
    }
    paths = [entry.get("filepath", entry.get("path", "")) for entry in stored.values()]
    assert len(set(paths)) == len(paths)
    for name, entry in stored.items():
        path = Path(entry.get("filepath", entry.get("path", "")))
        assert path.parts[0] == "data"
        assert entry["metadata"]["kedro-viz"]["layer"] == LAYERS[path.parts[1]], name


def test_data_flows_left_to_right(
    registered: dict[str, Pipeline], catalog: dict[str, dict[str, Any]]
) -> None:
    folders = list(LAYERS)

    def layer(name: str) -> int:
        entry = catalog[name]
        return folders.index(Path(entry.get("filepath", entry.get("path", ""))).parts[1])

    for node in registered["__default__"].nodes:
        inputs = [layer(name) for name in node.inputs if name in catalog]
        assert all(layer(output) >= max(inputs, default=0) for output in node.outputs), node.name


def test_every_pipeline_takes_only_what_earlier_ones_make(registered: dict[str, Pipeline]) -> None:
    made = {"user_task_files", "trial_ledger", "metafeature_cache"}
    for stage in STAGES:
        inputs = {
            name for name in registered[stage].inputs() if not name.startswith(("params:", "parameters"))
        }
        assert inputs <= made, stage
        made |= registered[stage].outputs() | _datasets(registered[stage])


def test_nodes_are_thin_and_named_by_a_verb(registered: dict[str, Pipeline]) -> None:
    for node in [*registered["__default__"].nodes, *registered[RECOMMENDATION].nodes]:
        assert node.name == node.func.__name__
        assert inspect.getdoc(node.func), node.name
        body = ast.parse(inspect.getsource(node.func)).body[0]
        assert isinstance(body, ast.FunctionDef)
        length = (body.end_lineno or 0) - body.body[0].lineno + 1
        assert length <= 20, f"{node.name} has {length} lines"


def test_every_pipeline_looks_the_same() -> None:
    for stage in [*STAGES, RECOMMENDATION]:
        folder = PROJECT / "src/foretune/pipelines" / stage
        assert {path.name for path in folder.glob("*.py")} == {"__init__.py", "nodes.py", "pipeline.py"}


def test_registering_the_pipelines_imports_nothing_heavy() -> None:
    code = (
        "import sys; from kedro.framework.project import configure_project, pipelines\n"
        "configure_project('foretune'); assert len(pipelines) == 7; import foretune.settings\n"
        "heavy = {'pandas.core', 'sklearn', 'xgboost', 'scipy', 'plotly', 'ConfigSpace', 'joblib', 'numpy'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT
    )
    assert ran.stdout.splitlines()[-1] == "[]"


def test_environments_change_only_parameters_and_paths() -> None:
    for env in ("full", "test", "logs"):
        names = {path.name.split("_")[0].removesuffix(".yml") for path in (PROJECT / "conf" / env).glob("*")}
        assert names <= {"parameters", "catalog"}, env
