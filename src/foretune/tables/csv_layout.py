"""Separator of CSV files."""

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
Rows = Sequence[Sequence[str]]


def find_layout(content: bytes, options: Mapping[str, Any], usual: str = "") -> dict[str, Any]:
    """Find the options of `pandas.read_csv` for a file with another separator than the comma.

    Parameters
    ----------
    content
        Content of the file.
    options
        Options that the user gives; nothing is looked for that they say.
    usual
        Separator of the type of file, which is looked for first, and taken if there is no other.

    Returns
    -------
    dict
        Of ``sep`` and ``skiprows`` those that differ from the defaults. A separator is taken where it splits
        the header and all lines into the same number of cells. Decimal commas and grouped thousands are left
        to the reader of each column, which sees whether dots are of numbers, dates or versions.
    """
    if any(name in options for name in OPTIONS_OF_LINES):
        return {}
    lines = _first_lines(content, options.get("encoding") or "utf-8-sig")
    if lines and (named := NAMED.fullmatch(lines[0])):
        return {"sep": named[1], "skiprows": 1}
    likely = (usual, *SEPARATORS) if usual else SEPARATORS
    separator = next((one for one in likely if _split_evenly(lines, one)), usual)
    return {"sep": separator} if separator else {}


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
