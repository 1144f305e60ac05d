"""The notebooks run from top to bottom on the results of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from tests.pipelines.conftest import PROJECT, Workspace

NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))

pytestmark = pytest.mark.slow


def test_there_is_a_quickstart() -> None:
    assert "quickstart.ipynb" in {path.name for path in NOTEBOOKS}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_runs(path: Path, finished_run: Workspace, tmp_path: Path) -> None:
    (tmp_path / "data").symlink_to(finished_run.path / "data")
    (tmp_path / "notebooks").mkdir()
    notebook: Any = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    # What is committed has no results: they would not be those of the reader's own run
    assert all(not cell.get("outputs") for cell in notebook.cells)
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": tmp_path / "notebooks"}})
    client.execute()
    results = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert any("predicted_score" in str(output.get("data", "")) for output in results)
