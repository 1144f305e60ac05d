from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pandas as pd
import pytest
from kedro.io import DatasetError

from foretune.datasets.task_folder_dataset import TaskFolderDataset
from foretune.tables.checks import TableError


def test_files_are_read_when_asked_for(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2], "y": ["u", "v"]})
    frame.to_csv(tmp_path / "one.csv", index=False, sep=";")
    frame.to_parquet(tmp_path / "two.parquet")
    frame.to_csv(tmp_path / "three.csv.gz", index=False)
    (tmp_path / "bad.csv").write_bytes(b"\x00\x01")
    (tmp_path / ".hidden").touch()
    (tmp_path / "folder").mkdir()
    files = TaskFolderDataset(filepath=str(tmp_path)).load()
    assert sorted(files) == ["bad.csv", "one.csv", "three.csv.gz", "two.parquet"]
    pd.testing.assert_frame_equal(files["one.csv"]({"sep": ";"}), frame)
    pd.testing.assert_frame_equal(files["two.parquet"]({}), frame)
    pd.testing.assert_frame_equal(files["three.csv.gz"]({}), frame)
    # Recognised too
    pd.testing.assert_frame_equal(files["one.csv"]({}), frame)
    with pytest.raises(TableError):
        files["bad.csv"]({})


def test_an_absent_folder_is_an_empty_one(tmp_path: Path) -> None:
    dataset = TaskFolderDataset(filepath=str(tmp_path / "absent"))
    assert dataset.load() == {}
    assert dataset.exists()


def test_it_is_read_only(tmp_path: Path) -> None:
    dataset = TaskFolderDataset(filepath=str(tmp_path))
    with pytest.raises(DatasetError, match="read-only: put your tables into"):
        cast("Any", dataset).save({})
