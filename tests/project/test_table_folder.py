from __future__ import annotations

import json
import os
from pathlib import Path

from foretune.project.table_folder import NO_TABLE, name_table_folder


def _write(folder: Path, name: str, table: Path, *, at: float = 0) -> None:
    file = folder / name / "recommendation.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"table": {"file": str(table)}}))
    os.utime(file, (at, at))


def test_each_table_has_a_folder_and_keeps_it(tmp_path: Path) -> None:
    folder, one, other = str(tmp_path / "out"), tmp_path / "a/train.csv", tmp_path / "b/train.csv"
    assert name_table_folder(one, folder) == "train"
    _write(tmp_path / "out", "train", one)
    assert name_table_folder(str(one), folder) == "train"
    assert name_table_folder(other, folder) == "train-2"
    _write(tmp_path / "out", "train-2", other)
    assert name_table_folder(other, folder) == "train-2"
    assert name_table_folder(tmp_path / "c/train.parquet", folder) == "train-3"
    assert name_table_folder(tmp_path / "houses.parquet", folder) == "houses"


def test_without_a_table_it_is_the_last_one(tmp_path: Path) -> None:
    assert name_table_folder(None, str(tmp_path)) == NO_TABLE
    _write(tmp_path, "new", tmp_path / "new.csv", at=2_000)
    _write(tmp_path, "old", tmp_path / "old.csv", at=1_000)
    assert name_table_folder(None, str(tmp_path)) == "new"


def test_what_cannot_be_read_is_replaced(tmp_path: Path) -> None:
    _write(tmp_path, "train", tmp_path / "train.csv")
    for text in ("not json", "[]", '{"table": null}'):
        (tmp_path / "train/recommendation.json").write_text(text)
        assert name_table_folder(tmp_path / "other/train.csv", str(tmp_path)) == "train"
