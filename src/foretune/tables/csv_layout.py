"""Separator and decimal comma of CSV files."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

SEPARATORS = (";", "\t", "|")
# With any of these the user says how lines are split, or lines are not what they seem
OPTIONS_OF_LINES = (
    "sep",
    "delimiter",
    "dialect",
    "skiprows",
    "comment",
    "quotechar",
    "quoting",
    "escapechar",
)
# Lines that are looked at
N_LINES = 1_000
# The first line of a CSV file from a spreadsheet may name the separator
NAMED = re.compile(r'"?sep=(.)"?')
WHOLE = re.compile(r"[+-]?\d+")
DECIMAL_COMMA = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+),\d+([eE][+-]?\d+)?")
DECIMAL_POINT = re.compile(r"[+-]?\d*\.\d+([eE][+-]?\d+)?")
THOUSANDS = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?")
MISSING = ("", "NA", "NaN", "nan", "null", "NULL", "None", "N/A", "n/a", "?", "-")

Rows = Sequence[Sequence[str]]


def find_layout(content: bytes, options: Mapping[str, Any]) -> dict[str, Any]:
    """Find the options of `pandas.read_csv` for a file with another separator than the comma.

    Parameters
    ----------
    content
        Content of the file.
    options
        Options that the user gives; nothing is looked for that they say.

    Returns
    -------
    dict
        Of ``sep``, ``decimal``, ``thousands`` and ``skiprows`` those that differ from the defaults. A
        separator is taken where it splits the header and all lines into the same number of cells. The comma
        is decimal where it is so in all cells of a column, and no other column has decimal points.
    """
    if any(name in options for name in OPTIONS_OF_LINES):
        return {}
    lines = _first_lines(content, options.get("encoding") or "utf-8-sig")
    if lines and (named := NAMED.fullmatch(lines[0])):
        found: dict[str, Any] = {"sep": named[1], "skiprows": 1}
        rows = _split(lines[1:], named[1])
    else:
        split = {separator: _split_evenly(lines, separator) for separator in SEPARATORS}
        separator = next((one for one, rows in split.items() if rows), None)
        if separator is None:
            return {}
        found, rows = {"sep": separator}, split[separator]
    if "decimal" not in options:
        found |= _find_decimal(rows)
    return found


def _first_lines(content: bytes, encoding: str) -> list[str]:
    try:
        text = io.TextIOWrapper(io.BytesIO(content), encoding, errors="replace")
        lines = [text.readline() for _ in range(N_LINES)]
    except LookupError:
        return []
    return [line.rstrip("\r\n") for line in lines if line.strip()]


def _split(lines: Sequence[str], separator: str) -> Rows:
    try:
        return list(csv.reader(lines, delimiter=separator, skipinitialspace=True))
    except csv.Error:
        return ()


def _split_evenly(lines: Sequence[str], separator: str) -> Rows:
    """Split lines into cells; nothing if they have one cell, or not all the same number."""
    rows = _split(lines, separator)
    # The last of the lines that are looked at may end within a quoted cell
    rows = rows[:-1] if len(lines) == N_LINES else rows
    n_cells = {len(row) for row in rows}
    return rows if len(n_cells) == 1 and n_cells != {1} else ()


def _find_decimal(rows: Rows) -> dict[str, str]:
    columns = [[cell.strip() for cell in column] for column in zip(*rows[1:], strict=False)]
    known = [[cell for cell in column if cell not in MISSING] for column in columns]
    numbers = [column for column in known if column and all(map(_is_number, column))]
    with_comma = [column for column in numbers if any("," in cell for cell in column)]
    others = [column for column in numbers if column not in with_comma]
    with_point = any(
        DECIMAL_POINT.fullmatch(cell) and not THOUSANDS.fullmatch(cell) for one in others for cell in one
    )
    if not with_comma or with_point:
        return {}
    has_thousands = any("." in cell for column in numbers for cell in column)
    return {"decimal": ",", "thousands": "."} if has_thousands else {"decimal": ","}


def _is_number(cell: str) -> bool:
    forms = (WHOLE, DECIMAL_COMMA, DECIMAL_POINT, THOUSANDS)
    return any(form.fullmatch(cell) for form in forms)
