from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from foretune.recommendation.table.user_table import UserTable, read_user_table
from foretune.tables import ColumnFormat, TableError, read_column

FRAME = pd.DataFrame(
    {"id": [1, 2, 3], " size ": [0.5, None, 2.5], "empty": [None, None, "x"], "kind": ["a", "b", None]}
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "My Table-1.csv"
    FRAME.to_csv(path, index=False)
    return path


def test_a_table_knows_its_features_and_its_answer(file: Path) -> None:
    table = read_user_table(str(file), "kind", ["id"])
    assert list(table.features.columns) == ["size", "empty"]
    assert table.answer.tolist()[:2] == ["a", "b"]
    assert table.name == "my_table_1"
    # Without blanks, but as they stand in the file too
    assert table.original_names == ("id", " size ", "empty", "kind")
    # It has a value, but none where the answer is known
    assert table.ignored_columns == ("empty",)


def test_parquet_is_read_by_its_suffix(tmp_path: Path) -> None:
    FRAME.to_parquet(tmp_path / "table.PARQUET")
    table = read_user_table(str(tmp_path / "table.PARQUET"), "kind")
    assert table.frame.shape == (3, 4)
    assert table.drop_columns == ()


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("data/My Table.CSV.gz", "my_table"),
        ("data/Wine Quality.csv", "wine_quality"),
        ("__x__.csv", "x"),
        ("é.csv", "table"),
        (f"{'a' * 70}.csv", "a" * 64),
    ],
)
def test_the_task_is_named_after_the_file(file: str, name: str) -> None:
    assert UserTable(FRAME, file, "kind").name == name


def test_options_are_those_of_pandas_and_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "semicolons.csv"
    FRAME.to_csv(path, index=False, sep=";")
    table = read_user_table(str(path), "kind", read_options={"sep": ";"})
    assert table.frame.shape == (3, 4)
    assert (table.read_options, table.notes) == ({"sep": ";"}, ())
    with pytest.raises(TableError) as caught:
        read_user_table(str(path), "kind", read_options={"sep": "|"})
    assert "separator" not in str(caught.value)
    path.write_text("a;b;c\n1;2\n", encoding="utf-8")
    with pytest.raises(TableError, match=r"its separator seems to be ';': set recommendation\.read_options"):
        read_user_table(str(path), "b")


def test_the_separator_is_recognised_and_said_and_the_decimal_comma_read(tmp_path: Path) -> None:
    path = tmp_path / "european.csv.gz"
    FRAME.to_csv(path, index=False, sep=";", decimal=",")
    table = read_user_table(str(path), "kind")
    given = ColumnFormat("number", mark=",")
    assert read_column(table.features["size"], given).dropna().tolist() == [0.5, 2.5]
    assert table.read_options == {"sep": ";"}
    (note,) = table.notes
    assert note.startswith("recognised in the file: the separator ';'")
    assert table.name == "european"


@pytest.mark.parametrize(
    ("given", "found"),
    [("4", "4"), ("7", "007"), ("0.5", ".50"), ("True", "true"), ("a+b", "a+b"), ("1", "1")],
)
def test_a_column_is_found_by_what_the_command_line_makes_of_its_name(
    tmp_path: Path, given: str, found: str
) -> None:
    frame = pd.DataFrame([range(7)] * 2, columns=["4", "007", ".50", "true", "a+b", "1", "1.0"])
    frame.to_csv(tmp_path / "numbers.csv", index=False)
    assert read_user_table(str(tmp_path / "numbers.csv"), given).target == found


def test_several_columns_are_dropped_with_a_plus_between_them(tmp_path: Path) -> None:
    frame = pd.DataFrame([range(5)] * 2, columns=["id", "8", "a+b", "x", "y"])
    frame.to_csv(tmp_path / "dropped.csv", index=False)
    for given in (["id+8"], ["id", "8"], ["id + 8"], ["8+id+8"]):
        table = read_user_table(str(tmp_path / "dropped.csv"), "y", given)
        assert sorted(table.drop_columns) == ["8", "id"]
    assert read_user_table(str(tmp_path / "dropped.csv"), "y", ["a+b"]).drop_columns == ("a+b",)
    with pytest.raises(TableError, match="drop_columns names 'no'"):
        read_user_table(str(tmp_path / "dropped.csv"), "y", ["id+no"])


@pytest.mark.parametrize(
    ("target", "drop_columns", "message"),
    [
        ("knd", [], r"My Table-1\.csv: target column 'knd' is not in the table \(did you mean 'kind'"),
        ("kind", ["idd"], "'idd'"),
    ],
)
def test_a_column_that_is_not_there_is_said(
    file: Path, target: str, drop_columns: list[str], message: str
) -> None:
    with pytest.raises(TableError, match=message):
        read_user_table(str(file), target, drop_columns)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"nothing\.csv: the file does not exist"):
        read_user_table(str(tmp_path / "nothing.csv"), "kind")


def test_a_target_in_other_letters_is_said(file: Path) -> None:
    assert read_user_table(str(file), "KIND").notes == (
        "the target is the column 'kind', since there is none called 'KIND'",
    )


@pytest.mark.parametrize("options", [{}, {"decimal": ","}])
def test_thousands_of_the_target_are_those_of_the_file(tmp_path: Path, options: dict[str, str]) -> None:
    (tmp_path / "rents.csv").write_text(
        "area;deposit;rent\n" + "111,0;4.673;1.558\n53,5;2.100;1.020\n" * 10, encoding="utf-8"
    )
    table = read_user_table(str(tmp_path / "rents.csv"), "rent", read_options=options)
    assert table.known_answer.tolist()[:2] == [1558, 1020]
    assert table.format.read(table.features).iloc[0].tolist() == [111, 4673]
