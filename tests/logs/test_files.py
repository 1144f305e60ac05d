from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foretune.logs import LogError, read_log

Write = Callable[[str, str], Path]


def test_names_are_text_and_rows_know_their_line(write: Write) -> None:
    log = read_log(write("trials.csv", 'task_id, score,"param_x"\n01,0.50,None\n\n2,,"a, b"\n'))
    assert log.columns.tolist() == ["task_id", "score", "param_x"]
    assert log["task_id"].tolist() == ["01", "2"]
    np.testing.assert_array_equal(log["score"], [0.5, np.nan])
    assert log["param_x"].tolist() == ["None", "a, b"]
    assert log.index.tolist() == [2, 4]
    assert log.attrs == {"log_name": "trials.csv"}


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(write: Write, separator: str) -> None:
    log = read_log(write("log.csv", "score,task_id\n1,a\n".replace(",", separator)))
    assert log.to_numpy().tolist() == [[1, "a"]]


def test_a_byte_order_mark_and_gzip_are_read(tmp_path: Path) -> None:
    path = tmp_path / "log.csv.gz"
    path.write_bytes(gzip.compress("task_id,score\n1,0.5\n".encode("utf-8-sig")))
    assert read_log(path).columns.tolist() == ["task_id", "score"]


def test_parquet_keeps_its_types_and_counts_from_one(tmp_path: Path) -> None:
    frame = pd.DataFrame({"score": [0.5, 0.25]}, index=pd.Index([7, 8], name="task_id"))
    frame.to_parquet(tmp_path / "log.parquet")
    log = read_log(tmp_path / "log.parquet")
    assert log["task_id"].tolist() == [7, 8]
    assert log.index.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "", "a.csv: the file is empty"),
        ("a.csv", "\ntask_id\n1\n", "a.csv: the file begins with a blank line: the first row must name"),
        ("a.csv", "task_id,x,x\n1,2,3\n", "duplicate column names 'x': give every column its own name"),
        ("a.csv", "task_id,,\n1,2,3\n", "duplicate column names '': give every column its own name"),
        ("a.csv", "task_id,x\n1,2\n1,2,3\n", "cannot be read as csv.*Expected 2 fields in line 3, saw 3"),
        ("a.csv", "task_id,x\n1,2,3\n", "cannot be read as csv.*: ParserWarning: "),
        ("a.parquet", "PAR1", "a.parquet: the file cannot be read as parquet"),
        ("a.xlsx", "", "a.xlsx: neither .csv, .csv.gz nor .parquet: save the table as one of them"),
    ],
)
def test_what_cannot_be_read_is_one_line(write: Write, name: str, text: str, message: str) -> None:
    with pytest.raises(LogError, match=message) as caught:
        read_log(write(name, text))
    assert "\n" not in str(caught.value)


def test_a_file_in_another_encoding_is_said(tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes("task_id,score\nGrün,1\n".encode("latin-1"))
    with pytest.raises(LogError, match=r"latin.csv: the file is not in UTF-8: save it in UTF-8"):
        read_log(path)


def test_no_file_and_a_folder_are_said(tmp_path: Path) -> None:
    with pytest.raises(LogError, match=re.escape(f"{tmp_path / 'a.csv'}: the file does not exist")):
        read_log(tmp_path / "a.csv")
    folder = tmp_path / "b.csv"
    folder.mkdir()
    with pytest.raises(LogError, match=r"b.csv: the file cannot be read: .* directory"):
        read_log(folder)
