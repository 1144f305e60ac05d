"""Parser for the ARFF dialect of the KEEL repository."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass

import pandas as pd

from foretune.base import exact_numbers, parse_numbers

MISSING = ("?", "<null>")
ATTRIBUTE = re.compile(r"""@attribute\s+('[^']*'|"[^"]*"|[^\s{]+)\s*(.*)""", re.IGNORECASE | re.DOTALL)
NUMERIC_TYPES = ("real", "integer", "numeric")


@dataclass(frozen=True)
class Attribute:
    """A column of a KEEL file."""

    name: str
    is_nominal: bool


def parse_keel(text: str) -> pd.DataFrame:
    """Read a KEEL or ARFF file with comma-separated rows.

    Parameters
    ----------
    text
        Content of the file. Keywords are case-insensitive, comment lines start with ``%``, names and values
        may be quoted. ``@relation``, ``@inputs`` and ``@outputs`` are ignored.

    Returns
    -------
    pandas.DataFrame
        One column per attribute: ``category`` for nominal ones (``{a, b}``, ``string``, ``date``), otherwise
        numeric; ``?`` and ``<null>`` are missing.

    Raises
    ------
    ValueError
        If the header or data section is missing, a row has too few or too many values, or a value of a
        numeric attribute is not a number.
    """
    attributes, body = _split_header(text)
    _check_row_lengths(body, len(attributes))
    table = pd.read_csv(
        io.StringIO("\n".join(body)),
        header=None,
        names=range(len(attributes)),
        index_col=False,
        dtype=dict.fromkeys((i for i, attribute in enumerate(attributes) if attribute.is_nominal), str),
        na_values=list(MISSING),
        keep_default_na=False,
        skipinitialspace=True,
        quotechar=_quote_character(body),
        low_memory=False,
        **exact_numbers(),
    )
    columns = [
        _nominal(table[i]) if attribute.is_nominal else _numeric(table[i], attribute.name)
        for i, attribute in enumerate(attributes)
    ]
    return pd.concat(columns, axis=1).set_axis([attribute.name for attribute in attributes], axis=1)


def _split_header(text: str) -> tuple[list[Attribute], list[str]]:
    """Return the attributes and the lines of the data section, without comments and empty lines."""
    lines = [line for line in map(str.strip, text.splitlines()) if line and not line.startswith("%")]
    keywords = [line[:10].lower() for line in lines]
    start = next((i for i, keyword in enumerate(keywords) if keyword.startswith("@data")), None)
    if start is None:
        raise ValueError("not a KEEL file: there is no line '@data'")
    attributes = [_parse_attribute(line) for line in lines[:start] if line.lower().startswith("@attribute")]
    if not attributes:
        raise ValueError("not a KEEL file: there is no line '@attribute'")
    return attributes, lines[start + 1 :]


def _parse_attribute(line: str) -> Attribute:
    match = ATTRIBUTE.match(line)
    if match is None:
        raise ValueError(f"cannot read the attribute line {line!r}")
    name, kind = match.groups()
    return Attribute(name.strip("'\"").strip(), is_nominal=not kind.lower().startswith(NUMERIC_TYPES))


def _check_row_lengths(body: list[str], n_attributes: int) -> None:
    """Raise ValueError for ragged rows, which pandas would silently pad or cut."""
    for number, line in enumerate(body, start=1):
        n_values = line.count(",") + 1
        if n_values != n_attributes and "'" not in line and '"' not in line:
            raise ValueError(f"data row {number} has {n_values} values instead of {n_attributes}")


def _quote_character(body: list[str]) -> str:
    return "'" if any("'" in line for line in body) else '"'


def _nominal(column: pd.Series) -> pd.Series:
    labels = {value: str(value).strip().strip("'\"") for value in column.dropna().unique()}
    texts = column.astype(object).map(labels)
    # A missing value with spaces around it is not recognised by the reader
    return texts.where(~texts.isin(MISSING)).astype("category")


def _numeric(column: pd.Series, name: str) -> pd.Series:

    if pd.api.types.is_numeric_dtype(column.dtype):
        return column
    texts = column.astype(object).str.strip()
    texts = texts.where(~texts.isin(MISSING))
    try:
        numbers: pd.Series = pd.to_numeric(texts)
        is_whole = pd.api.types.is_integer_dtype(numbers.dtype)
        return numbers if is_whole else pd.Series(parse_numbers(texts), index=texts.index)
    except ValueError as error:
        raise ValueError(f"attribute '{name}' is numeric, but holds other values: {error}") from None
