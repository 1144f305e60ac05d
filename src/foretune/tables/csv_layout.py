"""Separator and header of CSV files."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from foretune.tables.cells import is_missing_text, read_number, read_numbers

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
NAMED = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
# Lines above the header, such as a title and a date
MOST_TITLES = 5
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
        the header and all lines into the same number of cells. Lines of one cell above the header are a
        title. Decimal commas and grouped thousands are left to the reader of each column, which sees whether
        dots are of numbers, dates or versions.
    """
    if any(name in options for name in OPTIONS_OF_LINES):
        return {}
    raw = _first_lines(content, options.get("encoding") or "utf-8-sig")
    lines = [line for line in raw if line.strip()]
    if lines and (named := NAMED.fullmatch(lines[0])):
        return {"sep": named[1], "skiprows": 1}
    if not {"header", "names"} & options.keys() and (titled := _find_title(raw, lines)):
        return titled
    likely = (usual, *SEPARATORS) if usual else SEPARATORS
    separator = next((one for one in likely if _split_evenly(lines, one)), usual)
    return {"sep": separator} if separator else {}


def _find_title(raw: Sequence[str], lines: Sequence[str]) -> dict[str, Any]:
    """Find the lines of a title above the header, each of one cell; nothing if there are none.

    Parameters
    ----------
    raw, lines
        First lines of the file, and those that are not blank.
    """
    for separator in (",", *SEPARATORS):
        rows = _split(lines[:MOST_TITLES], separator)
        n_titles = next((at for at, row in enumerate(rows) if len(_filled(row)) > 1), 0)
        if n_titles and _is_table(_split_evenly(lines[n_titles:], separator)):
            filled = [at for at, line in enumerate(raw) if line.strip()]
            found = {"skiprows": filled[n_titles]}
            return found if separator == "," else {"sep": separator} | found
    return {}


def _filled(row: Sequence[str]) -> Sequence[str]:
    return [cell for cell in row if cell.strip()]


def _is_table(rows: Rows) -> bool:
    """Return whether rows begin with different names, above a column of numbers."""
    if len(rows) < 2 or len(set(rows[0])) < len(rows[0]) or not all(cell.strip() for cell in rows[0]):
        return False
    if any(read_number(cell) is not None for cell in rows[0]):
        return False
    return any(_are_numbers(column) for column in zip(*rows[1:], strict=True))


def _are_numbers(cells: Sequence[str]) -> bool:
    known = [cell for cell in cells if not is_missing_text(cell)]
    return bool(known) and (None not in read_numbers(known) or None not in read_numbers(known, ","))


def _first_lines(content: bytes, encoding: str) -> list[str]:
    try:
        text = io.TextIOWrapper(io.BytesIO(content), encoding, errors="replace")
        lines = [text.readline() for _ in range(N_LINES)]
    except LookupError:
        return []
    return [line.rstrip("\r\n") for line in lines]


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
