"""What a trial of a project depends on."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from kedro.framework import project as kedro_project
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline, node

from foretune.project.tuning.fingerprint import fingerprint, hash_of_files, without_values


def _add(table: Any, options: Any, more: int = 0) -> int:
    return len(table) + int(options["a"]) + more


def _pipeline(function: Any = _add) -> Pipeline:
    return Pipeline([node(function, ["table", "params:options"], "total", name="add")])


def _catalog(folder: Path, **options: Any) -> DataCatalog:
    catalog = DataCatalog.from_config({"table": {"type": "pandas.CSVDataset", "filepath": f"{folder}/t.csv"}})
    catalog["params:options"] = {"a": 1, "b": 2, **options}
    return catalog


def _params(catalog: DataCatalog) -> dict[str, Any]:
    return {"options": catalog.load("params:options"), "unread": object()}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(kedro_project, "PACKAGE_NAME", "foretune")
    pd.DataFrame({"x": [1, 2]}).to_csv(tmp_path / "t.csv", index=False)
    return tmp_path


def _of(catalog: DataCatalog, pipeline: Pipeline | None = None, *, with_code: bool = False) -> str:
    found, notes = fingerprint(
        pipeline or _pipeline(), catalog, _params(catalog), ["options.a"], with_code=with_code
    )
    assert notes == []
    return found


def test_it_changes_with_data_parameters_and_nodes_but_not_with_what_is_searched(folder: Path) -> None:
    first = _of(_catalog(folder))
    assert _of(_catalog(folder)) == first
    assert _of(_catalog(folder, a=7)) == first
    assert _of(_catalog(folder, b=7)) != first
    assert _of(_catalog(folder), _pipeline(partial(_add, more=1))) != first
    assert _of(_catalog(folder), _pipeline(partial(_add, more=1))) != _of(
        _catalog(folder), _pipeline(partial(_add, more=2))
    )
    assert _of(_catalog(folder), with_code=True) != first
    (folder / "t.csv").write_text("x\n1\n3\n")
    assert _of(_catalog(folder)) != first


def test_a_project_may_be_moved(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "t.csv").write_bytes((folder / "t.csv").read_bytes())
    assert _of(_catalog(other)) == _of(_catalog(folder))


def test_data_without_a_file_count_as_they_are_loaded(folder: Path) -> None:
    prints = []
    for data in ([1], [1], [2]):
        catalog = _catalog(folder)
        catalog["table"] = data
        prints.append(_of(catalog))
    assert prints[0] == prints[1] != prints[2]


def test_what_cannot_be_hashed_is_noted(folder: Path) -> None:
    catalog = _catalog(folder)
    # A lock has no pickle, and no copy either
    from kedro.io import MemoryDataset

    catalog["table"] = MemoryDataset(threading.Lock(), copy_mode="assign")
    _, notes = fingerprint(_pipeline(), catalog, _params(catalog), [], with_code=False)
    assert notes == ["table cannot be hashed: if it changes, start with another --ledger"]


def test_a_version_counts_by_its_content(folder: Path) -> None:
    config = {"type": "pandas.CSVDataset", "filepath": f"{folder}/v.csv", "versioned": True}
    prints = []
    for version, value in (("2020-01-01T00.00.00.000Z", 1), ("2021-01-01T00.00.00.000Z", 2)):
        DataCatalog.from_config({"table": config}, save_version=version).save(
            "table", pd.DataFrame({"x": [value]})
        )
        catalog = DataCatalog.from_config({"table": config})
        catalog["params:options"] = {"a": 1}
        prints.append(_of(catalog))
    assert prints[0] != prints[1]


def test_a_folder_is_its_files_and_their_names(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("1")
    first = hash_of_files(tmp_path)
    (tmp_path / "a.txt").rename(tmp_path / "b.txt")
    assert hash_of_files(tmp_path) != first
    assert hash_of_files(tmp_path, "*.py") == hash_of_files(tmp_path / "none")


def test_parameters_that_are_searched_are_left_out_at_any_depth() -> None:
    params = {"model": {"depth": 1, "rate": 2}, "seed": 3}
    assert without_values(params, "parameters", ["model.depth"]) == {"model": {"rate": 2}, "seed": 3}
    assert without_values(params["model"], "model", ["model.depth", "seed"]) == {"rate": 2}
    assert without_values(1, "model.depth", ["model.depth"]) is None
    assert without_values(1, "seed", ["model.depth"]) == 1
