"""`make gallery`: notebooks are run once, until they change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest

import run_notebooks
from hooks.pages import executed_like


def _write(folder: Path, name: str, source: str) -> Path:
    made: Any = nbformat.v4
    path = folder / f"{name}.ipynb"
    notebook = made.new_notebook(cells=[made.new_markdown_cell("# T"), made.new_code_cell(source)])
    nbformat.write(notebook, path)  # type: ignore[no-untyped-call]
    return path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(run_notebooks, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(run_notebooks, "EXECUTED", tmp_path / "done")
    monkeypatch.setattr(run_notebooks, "RESULTS", tmp_path / "results")
    return tmp_path


@pytest.mark.slow
def test_a_notebook_is_run_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _write(folder, "sum", "print(20 + 22)")
    assert run_notebooks.main([]) == 0
    done = executed_like(nbformat.read(path, as_version=4), folder / "done/sum.ipynb")  # type: ignore[no-untyped-call]
    assert done is not None
    assert done.cells[1].outputs[0].text == "42\n"
    capsys.readouterr()
    assert run_notebooks.main([]) == 0
    assert capsys.readouterr().out == "sum.ipynb: is there\n"
    _write(folder, "sum", "raise ValueError('no')")
    assert run_notebooks.main([]) == 1
    assert "sum.ipynb: ValueError: no" in capsys.readouterr().err


def test_what_reads_a_run_is_left_out_without_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write(folder, "run", "open('../data/x')")
    assert run_notebooks.main([]) == 0
    assert "make run" in capsys.readouterr().out


def test_an_unknown_name_is_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write(folder, "known", "1")
    with pytest.raises(SystemExit):
        run_notebooks.main(["unknown"])
    assert "no notebook unknown: there are known" in capsys.readouterr().err
