"""Separators of CSV files, as spreadsheets of many countries write them."""

from __future__ import annotations

import io
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretune.tables import found_options, read_user_file
from foretune.tables.column_formats import read_columns
from foretune.tables.csv_layout import find_layout

NUMBERS = pd.DataFrame({"a": [1.5, -2.25, 3.0], "b": [1, 2, 3], "c": ["x", "y", "z; or w"]})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a,b\n1,2\n", {}),
        ("a;b\n1;2\n", {"sep": ";"}),
        ("a\tb\n1\t2\n", {"sep": "\t"}),
        ("a|b\n1|2\n", {"sep": "|"}),
        ("a;b\n1,5;2\n", {"sep": ";"}),
        ("a;b\n1,5;?\n;2\n", {"sep": ";"}),
        ("a\tb\n1,5e-3\t2\n", {"sep": "\t"}),
        ("a;b\n1.234,5;2\n", {"sep": ";"}),
        ("a;b\n0,5;1.234\n0,5;2\n", {"sep": ";"}),
        # A point that is a decimal point, so that the commas are something else
        ("a;b\n1,5;2.75\n", {"sep": ";"}),
        ("a;b\n1.5;2\n", {"sep": ";"}),
        # Codes, not numbers
        ("a;b\n1,5,7;2\n", {"sep": ";"}),
        # Commas in names and values do not make them separators
        ("length, cm;width, cm\n1,5;2,5\n", {"sep": ";"}),
        # Nor do semicolons in the cells of a file with commas
        ('a,b\n"x; y",2\n"z; w",3\n', {}),
        ("a,b\nx;y,2\n", {}),
        # Lines of different lengths are no table
        ("a;b;c\n1;2\n", {}),
        ("a\n1\n", {}),
        # Quoted, blank lines, a mark of the encoding, other line ends
        ('"a";"b;c"\n"1,5";"x;y"\n\n', {"sep": ";"}),
        ("\ufeffa;b\r\n1;2\r\n", {"sep": ";"}),
        ("sep=;\na;b\n1,5;2\n", {"sep": ";", "skiprows": 1}),
        ('"sep=,"\na,b\n1,2\n', {"sep": ",", "skiprows": 1}),
        ("SEP=;\na;b\n1,5;2\n", {"sep": ";", "skiprows": 1}),
        # A title above the header
        ("Sales of 2024\na,b\n1,2\n", {"skiprows": 1}),
        ("Sales of 2024,,\n\na,b,c\n1,2,x\n", {"skiprows": 2}),
        ("Sales\r\nof May\r\na;b\r\n1,5;x\r\n", {"sep": ";", "skiprows": 2}),
        # No title: texts with commas, a missing name, one column
        ("text\nwell, yes\nbut, no\n", {}),
        (",a,b\n0,1,2\n", {}),
        ("a,\n1,2\n3,4\n", {}),
        ("a\n1\n2\n", {}),
        ("", {}),
        ("\n\n", {}),
    ],
)
def test_what_is_found(text: str, found: dict[str, Any]) -> None:
    assert find_layout(text.encode(), {}) == found


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"sep": ","}, {}),
        ({"skiprows": 2}, {}),
        ({"decimal": "."}, {"sep": ";"}),
        ({"header": None}, {"sep": ";"}),
        ({"encoding": "no such"}, {}),
    ],
)
def test_what_the_user_says_is_not_looked_for(options: dict[str, Any], found: dict[str, Any]) -> None:
    assert find_layout(b"a;b\n1,5;2\n", options) == found


@pytest.mark.parametrize("separator", [";", "\t", "|"])
@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_table_is_read_as_it_was_written(separator: str, decimal: str, encoding: str) -> None:
    text = NUMBERS.to_csv(index=False, sep=separator, decimal=decimal)
    options = {"encoding": encoding} if encoding == "utf-16" else {}
    read = read_user_file(io.BytesIO(text.encode(encoding)), ".csv", options)
    kept = {"a": "number", "b": "number", "c": "nominal"}
    columns, _ = read_columns(read, kept)
    assert columns.astype({"c": object}).to_dict("list") == NUMBERS.to_dict("list")
    assert found_options(read)["sep"] == separator


def test_a_long_file_with_line_ends_in_cells_is_recognised() -> None:
    text = "a;b\n" + '"one\nand two";1,5\n' * 3_000
    assert find_layout(text.encode(), {}) == {"sep": ";"}


@settings(max_examples=200, deadline=None)
@given(content=st.text(alphabet='ab;,|\t\n"1.5-=sep').map(str.encode) | st.binary())
def test_any_content_has_some_layout(content: bytes) -> None:
    assert set(find_layout(content, {})) <= {"sep", "skiprows"}


@pytest.mark.parametrize(
    "title", ["Sales of 2024\n", "Sales of 2024,,\n", "Sales\n\nof 2024\n", "\ufeffSales\n"]
)
def test_a_title_is_no_header(title: str) -> None:
    frame = read_user_file(io.BytesIO((title + NUMBERS.to_csv(index=False)).encode()), ".csv")
    pd.testing.assert_frame_equal(frame, NUMBERS)
