"""The notebooks run from top to bottom; those that read the results of a run have them."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from tests.pipelines.conftest import PROJECT, Workspace

NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))
# What a reader is to find in the results of the last cells, by notebook
SHOWN = {
    "csv.ipynb": ("predicted_score",),
    "kedro.ipynb": (
        "[12/12] metrics:r2 = ",
        "written to conf/local/parameters_tune.yml",
        ", known: model.",
        "min_samples_leaf",
    ),
    "lightgbm_pipeline.ipynb": (
        "LGBMClassifier keeps its own subsample_freq",
        "lgbm__learning_rate",
        "the same, searched",
    ),
    "mlflow.ipynb": ("Memory of 36 trials on 3 tasks", "trial 6", "Memory of 42 trials on 4 tasks"),
    "optuna.ipynb": (
        "predicted_score",
        "Memory of 36 trials on 3 tasks",
        "(log) if kernel is rbf or sigmoid",
    ),
    "own_logs.ipynb": ("predicted_score",),
    "own_memory.ipynb": ("predicted_score",),
    "quickstart.ipynb": ("predicted_score",),
    "scikit_learn.ipynb": ("predicted_score", "MetaSearchCV, 5 trials", "cross_val_score"),
}


def _read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


def test_each_notebook_is_known() -> None:
    assert {path.name for path in NOTEBOOKS} == SHOWN.keys()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_is_kept_without_results(path: Path) -> None:
    # They would not be those of the reader's own run
    cells = _read(path).cells
    assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in cells)
    title, *_ = cells[0].source.splitlines()
    assert re.fullmatch("# .{4,}", title)
    for cell in cells:
        if cell.cell_type == "code":
            ast.parse(cell.source)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_link_of_a_notebook_leads_somewhere(path: Path) -> None:
    text = "\n".join(cell.source for cell in _read(path).cells if cell.cell_type == "markdown")
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        assert (path.parent / target).exists(), target


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_runs(path: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    notebook = _read(path)
    if any("../data" in cell.source for cell in notebook.cells):
        run: Workspace = request.getfixturevalue("finished_run")
        (tmp_path / "data").symlink_to(run.path / "data")
    folder = tmp_path / "notebooks"
    folder.mkdir()
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": folder}})
    client.execute()
    results = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    text = "".join(str(output.get("data", "")) + output.get("text", "") for output in results)
    for shown in SHOWN[path.name]:
        assert shown in text
    # What it writes is in temporary folders
    assert not list(folder.iterdir())
