"""Parser of ARFF, the format of OpenML's tables, dense and sparse."""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, Any, Literal, cast

import numpy as np
import pandas as pd

from foretune.base import exact_numbers, shortened
from foretune.tables import TableError

Kind = Literal["number", "nominal", "text"]

MISSING = "?"
QUOTES = "'\""
TEXT = r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\""""
ATTRIBUTE = re.compile(rf"@attribute\s+(?:{TEXT}|([^\s{{]+))\s*(.*)", re.IGNORECASE | re.DOTALL)
CELL = re.compile(rf"\s*(?:(?:{TEXT})|([^,]*))\s*(?:,|$)", re.DOTALL)
SPARSE_CELL = re.compile(rf"\s*(\d+)\s+(?:(?:{TEXT})|([^,]*))\s*(?:,|$)", re.DOTALL)
QUOTED_CELL = re.compile(r"""(?:^|,)\s*(['"])""")
# 1.6 GB of numbers
MOST_SPARSE_CELLS = 200_000_000


@dataclass(frozen=True)
class Attribute:
    """A column of an ARFF file; ``first`` is the first value of a nominal one."""

    name: str
    kind: Kind
    first: str = ""


def read_arff(path: Path) -> pd.DataFrame:
    """Read an ARFF file.

    Parameters
    ----------
    path
        File, compressed if its name ends in ``.gz``; UTF-8.

    Returns
    -------
    pandas.DataFrame
        One column per attribute: numeric, ``category`` of text for nominal ones, text for strings and
        dates; ``?`` and empty text are missing. Cells that a sparse file leaves out are 0, the first value
        of a nominal attribute, or missing text.

    Raises
    ------
    TableError
        If the header or the data cannot be read.
    """
    with _opened(path) as file:
        attributes = _read_header(file)
        body = _Body(file)
        first = next(iter(body), "")
        if first.lstrip().startswith("{"):
            columns = _read_sparse(chain([first], body), attributes)
        else:
            columns = _read_dense(path, attributes)
    names = [attribute.name for attribute in attributes]
    return pd.concat(columns, axis=1).set_axis(names, axis=1)


class _Body:
    """The lines of the data section as a file for pandas, without comments and empty lines."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def __iter__(self) -> Iterator[str]:
        return (line for line in self._file if _is_data(line))

    def read(self, size: int = -1) -> str:
        # No text would be the end
        while lines := self._file.readlines(size):
            if kept := "".join(filter(_is_data, lines)):
                return kept
        return ""


def _is_data(line: str) -> bool:
    return not line.isspace() and not line.lstrip().startswith("%")


def _opened(path: Path) -> IO[str]:
    opened = gzip.open if path.suffix == ".gz" else open
    return cast("IO[str]", opened(path, "rt", encoding="utf-8-sig", errors="replace"))


def _read_header(file: IO[str]) -> list[Attribute]:
    """Read the attributes; the file then stands at the first line of the data."""
    attributes: list[Attribute] = []
    for line in map(str.strip, file):
        if line.lower().startswith("@data"):
            if attributes:
                return attributes
            raise TableError("not an ARFF file: there is no line '@attribute'")
        if line.lower().startswith("@attribute"):
            attributes.append(_parse_attribute(line))
    raise TableError("not an ARFF file: there is no line '@data'")


def _parse_attribute(line: str) -> Attribute:
    match = ATTRIBUTE.match(line)
    if match is None:
        raise TableError(f"cannot read the attribute line {shortened(line)}")
    name, type_ = (_text_of(match.groups()[:3]) or "").strip(), match[4]
    if type_.startswith("{"):
        first = CELL.match(type_[1:].rstrip("} "))
        return Attribute(name, "nominal", (first and _text_of(first.groups())) or "")
    if type_.lower().startswith("relational"):
        raise TableError(f"attribute '{name}' holds tables of its own (relational): they are not read")
    is_number = type_.lower().startswith(("numeric", "real", "integer"))
    return Attribute(name, "number" if is_number else "text")


def _text_of(groups: tuple[str | None, ...]) -> str | None:
    """Return the text of a cell: in single or double quotation marks, or bare; None if it is missing."""
    *quoted, bare = groups
    if bare is not None:
        bare = bare.strip()
        return None if bare in {MISSING, ""} else _unescaped(bare)
    return _unescaped(next(text for text in quoted if text is not None)) or None


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL) if "\\" in text else text


def _read_dense(path: Path, attributes: list[Attribute]) -> list[pd.Series]:
    mark = _find_quotation_mark(path, len(attributes))
    if mark is not None and (columns := _read_fast(path, attributes, mark)):
        return columns
    return _read_exactly(path, attributes)


def _find_quotation_mark(path: Path, n_columns: int) -> str | None:
    """Return the quotation mark of all quoted cells, empty if there are none.

    None stands for both marks in one file, and for rows that are too short or too long.
    """
    marks: set[str] = set()
    for line in _rows(path):
        n_commas = line.count(",")
        if "'" in line or '"' in line:
            marks |= set(QUOTED_CELL.findall(line))
            n_commas = min(n_commas, n_columns - 1)
        if n_commas != n_columns - 1:
            return None
    return None if len(marks) > 1 else "".join(marks)


def _rows(path: Path) -> Iterator[str]:
    with _opened(path) as file:
        _read_header(file)
        yield from _Body(file)


def _has_short_rows(path: Path, n_columns: int) -> bool:
    rows = enumerate(_rows(path), start=1)
    return any(len(_split_row(line.strip(), number)) < n_columns for number, line in rows)


def _read_fast(path: Path, attributes: list[Attribute], mark: str) -> list[pd.Series] | None:
    """Read the data by pandas; return None where it may have misunderstood them."""
    n_columns = len(attributes)
    # As text, for of categories pandas would make numbers
    types: dict[int, Any] = {at: str for at, one in enumerate(attributes) if one.kind != "number"}
    options: dict[str, Any] = {"quotechar": mark} if mark else {"quoting": csv.QUOTE_NONE}
    with _opened(path) as file:
        _read_header(file)
        try:
            # A column more than there are shows rows that are too long
            table = pd.read_csv(
                cast("IO[str]", _Body(file)),
                header=None,
                names=range(n_columns + 1),
                index_col=False,
                dtype={**types, n_columns: str},
                na_values=[MISSING, ""],
                keep_default_na=False,
                skipinitialspace=True,
                escapechar="\\",
                low_memory=False,
                **options,
                **exact_numbers(),
            )
        except (pd.errors.ParserError, pd.errors.EmptyDataError):
            return None
    numbers = [at for at, one in enumerate(attributes) if one.kind == "number"]
    if not all(pd.api.types.is_numeric_dtype(table[at].dtype) for at in numbers):
        return None
    # What a row lacks is an empty cell, too; without quotation marks its commas are counted already
    if table[n_columns].notna().any() or (
        mark and table[n_columns - 1].isna().any() and _has_short_rows(path, n_columns)
    ):
        return None
    return [_tidy(table[at], one.kind) for at, one in enumerate(attributes)]


def _tidy(column: pd.Series, kind: Kind) -> pd.Series:
    """Take the blanks around nominal values away."""
    if kind != "nominal":
        return column
    nominal = column.astype("category")
    labels = {text: str(text).strip() for text in nominal.cat.categories}
    if all(text == label != MISSING for text, label in labels.items()):
        return nominal
    return _nominal([None if pd.isna(text) else labels[text] for text in column])


def _nominal(texts: list[str | None]) -> pd.Series:
    known = [None if text in {MISSING, ""} else text for text in texts]
    return pd.Series(known, dtype=object).astype("category")


def _read_exactly(path: Path, attributes: list[Attribute]) -> list[pd.Series]:
    """Read the data cell by cell."""
    cells: list[list[str | None]] = [[] for _ in attributes]
    for number, line in enumerate(_rows(path), start=1):
        row = _split_row(line.strip(), number)
        if len(row) != len(attributes):
            raise TableError(f"data row {number} has {len(row)} values instead of {len(attributes)}")
        for column, cell in zip(cells, row, strict=True):
            column.append(cell)
    return [_column(column, one) for column, one in zip(cells, attributes, strict=True)]


def _split_row(line: str, number: int) -> list[str | None]:
    row, at = [], 0
    while True:
        match = CELL.match(line, at)
        if match is None:
            raise TableError(f"data row {number} cannot be read: {shortened(line)}")
        row.append(_text_of(match.groups()))
        if not match[0].endswith(",") or match.end() > len(line):
            return row
        at = match.end()


def _column(cells: list[str | None], attribute: Attribute) -> pd.Series:
    if attribute.kind == "nominal":
        return _nominal(cells)
    if attribute.kind == "text":
        return pd.Series(cells, dtype=object)
    return pd.Series([np.nan if cell is None else _number(cell, attribute) for cell in cells], dtype=float)


def _number(text: str, attribute: Attribute) -> float:
    try:
        return float(text)
    except ValueError:
        raise TableError(f"attribute '{attribute.name}' is numeric, but holds {shortened(text)}") from None


def _read_sparse(lines: Iterator[str], attributes: list[Attribute]) -> list[pd.Series]:
    """Read rows of the form ``{1 value, 3 value}``: a position from 0 and its value, others are zero."""
    rows: list[list[int]] = [[] for _ in attributes]
    cells: list[list[str | None]] = [[] for _ in attributes]
    n_rows = 0
    for n_rows, line in enumerate(lines, start=1):
        for at, cell in _split_sparse_row(line.strip(), n_rows):
            if at >= len(attributes):
                raise TableError(f"data row {n_rows} has a value of attribute {at}, of {len(attributes)}")
            rows[at].append(n_rows - 1)
            cells[at].append(cell)
    if n_rows * len(attributes) > MOST_SPARSE_CELLS:
        raise TableError(f"the sparse table has {n_rows:,} x {len(attributes):,} cells, too many")
    return [_dense(*one, n_rows) for one in zip(rows, cells, attributes, strict=True)]


def _split_sparse_row(line: str, number: int) -> Iterator[tuple[int, str | None]]:
    if not (line.startswith("{") and line.endswith("}")):
        raise TableError(f"data row {number} is not sparse, as others are: {shortened(line)}")
    inner, at = line[1:-1].strip(), 0
    while at < len(inner):
        match = SPARSE_CELL.match(inner, at)
        if match is None:
            raise TableError(f"data row {number} cannot be read: {shortened(line)}")
        yield int(match[1]), _text_of(match.groups()[1:])
        at = match.end()


def _dense(rows: list[int], cells: list[str | None], attribute: Attribute, n_rows: int) -> pd.Series:
    given = _column(cells, attribute)
    zero: Any = {"number": 0.0, "nominal": attribute.first, "text": None}[attribute.kind]
    column = np.full(n_rows, zero, dtype=float if attribute.kind == "number" else object)
    column[rows] = given.to_numpy()
    return pd.Series(column) if attribute.kind == "number" else _column(column.tolist(), attribute)
