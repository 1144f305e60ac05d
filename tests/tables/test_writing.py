from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from foretune.base import TEXT, exact_numbers
from foretune.tables.writing import one_type, write_table


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ([1, np.int8(2)], "int64", [1, 2]),
        ([1, None, 2**60 + 1], "Int64", [1, None, 2**60 + 1]),
        ([1, 0.5, np.float32(0.25)], "float64", [1.0, 0.5, 0.25]),
        ([2**70, 1], "float64", [2.0**70, 1.0]),
        ([True, np.False_, None], "boolean", [True, False, None]),
        ([True, 1], str(TEXT), ["True", "1"]),
        ([0.5, "sqrt", None], str(TEXT), ["0.5", "sqrt", None]),
        ([(1, 2)], str(TEXT), ["(1, 2)"]),
        ([None, np.nan], "float64", [None, None]),
    ],
)
def test_a_column_gets_the_narrowest_type_that_holds_all_values(
    values: list[Any], dtype: str, expected: list[Any]
) -> None:
    column = one_type(pd.Series(values, dtype=object))
    assert str(column.dtype) == dtype
    assert [None if pd.isna(value) else value for value in column] == expected


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_files_read_back(tmp_path: Path, suffix: str) -> None:
    table = pd.DataFrame({"a": [1, 2], "b": pd.Series(["x", None], dtype=TEXT), "c": [0.1, 1 / 3]})
    file = tmp_path / f"new/table{suffix}"
    write_table(table.head(1), file)
    write_table(table, file)
    read = pd.read_csv(file, **exact_numbers()) if suffix == ".csv" else pd.read_parquet(file)
    pd.testing.assert_frame_equal(read.astype({"b": TEXT}), table)
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"must end in \.parquet or \.csv"):
        write_table(pd.DataFrame(), tmp_path / "trials.xlsx")


def test_an_interruption_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: pd.DataFrame, file: Path, **__: object) -> None:
        file.write_text("half a ta")
        raise KeyboardInterrupt

    file = tmp_path / "table.csv"
    write_table(pd.DataFrame({"a": [1]}), file)
    monkeypatch.setattr(pd.DataFrame, "to_csv", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_table(pd.DataFrame({"a": [2]}), file)
    assert pd.read_csv(file)["a"].tolist() == [1]
