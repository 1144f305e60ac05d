import gzip
import io
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from foretune.base import TEXT
from foretune.tables.checks import TableError
from foretune.tables.column_formats import read_columns
from foretune.tables.files import found_options, read_user_file

TABLE = pd.DataFrame({"a": [1, 2, 3], "b": pd.Series(["x", None, "z"], dtype=TEXT), "y": [0.5, 1.5, 2.5]})


def as_csv(table: pd.DataFrame, **options: Any) -> bytes:
    text: str = table.to_csv(index=False, **options)
    return text.encode()


def as_parquet(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "suffix", "options"),
    [
        (as_csv(TABLE), ".csv", {}),
        (as_csv(TABLE), ".CSV", {}),
        (as_csv(TABLE, sep=";", decimal=","), ".csv", {"sep": ";", "decimal": ","}),
        (as_csv(TABLE, sep=";"), ".csv", {"sep": None, "engine": "python"}),
        (as_csv(TABLE, sep=";"), ".csv", {"sep": None}),
        (as_csv(TABLE, sep=";").replace(b";", b" ; "), ".csv", {"sep": r"\s;\s"}),
        (as_csv(TABLE, sep="\t"), ".csv", {"delimiter": "\t"}),
        (as_csv(TABLE.assign(c=0)), ".csv", {"usecols": ["a", "b", "y"], "dtype": {"y": float}}),
        (b"a note\n" + as_csv(TABLE), ".csv", {"skiprows": 1}),
        (as_csv(TABLE, header=False), ".csv", {"header": None, "names": ["a", "b", "y"]}),
        (TABLE.to_csv(index=False).encode("utf-16"), ".csv", {"encoding": "utf-16"}),
        (gzip.compress(as_csv(TABLE), mtime=0), ".csv", {}),
        (as_parquet(pa.Table.from_pandas(TABLE)), ".parquet", {}),
        (as_parquet(pa.Table.from_pandas(TABLE.assign(c=0))), ".parquet", {"columns": ["a", "b", "y"]}),
    ],
)
def test_readable_files(content: bytes, suffix: str, options: dict[str, Any]) -> None:
    _assert_is_the_table(read_user_file(io.BytesIO(content), suffix, options))


def _assert_is_the_table(found: pd.DataFrame) -> None:
    # pandas 2 reads texts as objects
    pd.testing.assert_frame_equal(found.astype({"b": TEXT}), TABLE)


def test_a_path_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    TABLE.to_csv(path, index=False)
    _assert_is_the_table(read_user_file(path, ".csv"))
    _assert_is_the_table(read_user_file(str(path), ".csv"))


def test_equal_values_without_header_are_no_duplicate_names() -> None:
    table = read_user_file(io.BytesIO(b"1,1,2\n3,4,5\n"), ".csv", {"header": None})
    assert table.to_numpy().tolist() == [[1, 1, 2], [3, 4, 5]]


def test_mixed_types_in_a_long_column_do_not_warn() -> None:
    content = "a,b\n" + "1,1\n" * 300_000 + "x,1\n"
    assert read_user_file(io.BytesIO(content.encode()), ".csv")["a"].iloc[-1] == "x"


DUPLICATED = pa.table([pa.array([1]), pa.array([2])], names=["a", "a"])


@pytest.mark.parametrize(
    ("content", "suffix", "options", "reason"),
    [
        (b"", ".csv", {}, "the file is empty"),
        (b" \n\n", ".csv", {}, "the file is empty"),
        (b"", ".parquet", {}, "the file is empty"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0)[:-9], ".csv", {}, "the file cannot be read: "),
        (b"a,b,a\n1,2,3\n", ".csv", {}, "duplicate column names 'a'"),
        (b"a,b,a\n1,2,3\n", ".csv", {"header": 0}, "duplicate column names 'a'"),
        (b"a;b;a\n1;2;3\n", ".csv", {"sep": ";"}, "duplicate column names 'a'"),
        (as_parquet(DUPLICATED), ".parquet", {}, "duplicate column names 'a'"),
        (bytes(range(256)) * 4, ".csv", {}, "binary, not text"),
        (b"\xff\xfe\xfa,\xf1\n1,2\n", ".csv", {}, "not in UTF-8: .* set read_options.encoding"),
        (b"a,b\n1,2\n1,2,3,4\n", ".csv", {}, "cannot be read as csv.*ParserError"),
        (b"a,b\n1,2\n", ".parquet", {}, "cannot be read as parquet.*ArrowInvalid"),
        (b"a,b\n1,2\n", ".csv", {"seperator": ";"}, "cannot be read as csv.*seperator"),
        (b"a,b\n1,2\n", ".xlsx", {}, "files of type '.xlsx' are not read"),
    ],
)
def test_unreadable_files(content: bytes, suffix: str, options: dict[str, Any], reason: str) -> None:
    with pytest.raises(TableError, match=reason):
        read_user_file(io.BytesIO(content), suffix, options)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="the file does not exist: check its name"):
        read_user_file(tmp_path / "nowhere.csv", ".csv")


def test_only_empty_cells_are_missing_in_a_csv_file() -> None:
    content = b"sleep,hours,zip,n\nNone,1.5,00501,1\nApnea,NA,10001,\nNA,?,94103,3\n,2,00501,4\n"
    frame = read_user_file(io.BytesIO(content), ".csv")
    assert frame["sleep"].tolist()[:3] == ["None", "Apnea", "NA"]
    assert frame["sleep"].isna().tolist() == [False, False, False, True]
    assert frame["zip"].tolist() == ["00501", "10001", "94103", "00501"]
    assert frame["n"].tolist()[::2] == [1, 3]
    found = found_options(frame)
    assert found == {"keep_default_na": False, "na_values": [""], "dtype": {"zip": "str"}}
    pd.testing.assert_frame_equal(pd.read_csv(io.BytesIO(content), **found), frame)
    # Whoever names the missing values decides
    named = read_user_file(io.BytesIO(content), ".csv", {"na_values": ["Apnea"]})
    assert named["sleep"].isna().all()


def test_nothing_is_found_where_pandas_reads_the_same() -> None:
    frame = read_user_file(io.BytesIO(b"a,b\n1,x\n,y\n0.5,\n"), ".csv")
    assert found_options(frame) == {}
    assert frame["a"].isna().tolist() == [False, True, False]


def test_codes_stay_text_beside_empty_cells_and_blanks() -> None:
    content = b"zip,y\n 01234,1\n,2\n10115,3\n"
    assert read_user_file(io.BytesIO(content), ".csv")["zip"].dropna().str.strip().tolist() == [
        "01234",
        "10115",
    ]


def test_grouped_numbers_and_dates_of_a_german_file_stay_text() -> None:
    content = (
        b"sold;amount;units;rate\n01.02.2023;1.234,50;6.983;0.5\n"
        b"13.02.2023;17,25;483;1.25\n14.02.2023;9,99;12.050;2.5\n"
    )
    frame = read_user_file(io.BytesIO(content), ".csv")
    assert frame["sold"].tolist()[0] == "01.02.2023"
    read, _ = read_columns(frame)
    assert read["amount"].tolist() == [1234.5, 17.25, 9.99]
    assert read["units"].tolist() == [6983, 483, 12050]
    assert read["rate"].tolist() == [0.5, 1.25, 2.5]
    assert read["sold"].tolist()[0] == pd.Timestamp("2023-02-01")
    pd.testing.assert_frame_equal(pd.read_csv(io.BytesIO(content), **found_options(frame)), frame)


def test_rows_that_end_with_a_separator_keep_their_columns() -> None:
    frame = read_user_file(io.BytesIO(b"a,b,y\n1,2,3,\n4,5,6,\n"), ".csv")
    assert frame.to_dict("list") == {"a": [1, 4], "b": [2, 5], "y": [3, 6]}
    assert found_options(frame) == {"index_col": False}
    with pytest.raises(TableError, match="the rows have more cells than the header: name every column"):
        read_user_file(io.BytesIO(b"a,b\nr1,2,3\nr2,5,6\n"), ".csv")


def test_another_encoding_is_named() -> None:
    with pytest.raises(TableError, match=r"not in UTF-8: .* set read_options.encoding .* cp1252"):
        read_user_file(io.BytesIO("größe,y\n1,2\n".encode("cp1252")), ".csv")


@pytest.mark.parametrize("suffix", [".tsv", ".txt", ".csv"])
def test_files_with_tabs_are_read_whatever_they_are_called(suffix: str) -> None:
    content = gzip.compress(as_csv(TABLE, sep="\t"), mtime=0)
    found = read_user_file(io.BytesIO(content), suffix)
    _assert_is_the_table(found)
    assert found_options(found) == {"sep": "\t"}


def test_a_tsv_file_has_tabs_though_its_cells_have_others() -> None:
    found = read_user_file(io.BytesIO(b"a;b\tc\n1;2\t3\n"), ".tsv")
    assert found.columns.tolist() == ["a;b", "c"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": 1, "b": "x"}\n{"a": 2, "b": "y"}\n', "holds JSON, not CSV: convert it, .*lines=True"),
        ('[{"a": 1},\n{"a": 2}]', "holds JSON"),
        ("<!DOCTYPE html>\n<html><table></table></html>", "holds a web page"),
    ],
)
def test_other_formats_are_named(text: str, reason: str) -> None:
    with pytest.raises(TableError, match=reason):
        read_user_file(io.BytesIO(text.encode()), ".csv")
