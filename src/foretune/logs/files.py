"""Logs from CSV and Parquet files: names stay texts, and rows keep their numbers in the file."""

from __future__ import annotations

import gzip
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from foretune.base import exact_numbers
from foretune.logs.errors import LogError

# Key in the attributes of a frame: what messages call it
LOG_NAME = "log_name"
SEPARATORS = (",", ";", "\t", "|")
# Columns that hold names, also where these look like numbers: 007 is not 7
TEXT_COLUMNS = ("task_id", "learner", "config_id", "family", "task_type", "status", "strategy")


def read_log(path: str | Path) -> pd.DataFrame:
    """Read a table of trials or metafeatures.

    Parameters
    ----------
    path
        A ``.csv``, ``.csv.gz`` or ``.parquet`` file. CSV is UTF-8 with a header; comma, semicolon, tab or
        bar separate the columns.

    Returns
    -------
    pandas.DataFrame
        From CSV a column in which every cell is a number or empty is numbers, every other one text; only
        empty cells are missing. The index is the row as the user sees it in the file: CSV counts its header,
        so data begin at 2, in Parquet at 1. ``attrs["log_name"]`` is the file's name; the other attributes
        are those that Parquet kept.

    Raises
    ------
    LogError
        If there is no such file, its type is another, it cannot be read, or two columns have the same name.
    """
    path = Path(path).expanduser()
    read = _reader_of(path)
    if path.is_dir():
        raise LogError(f"{path} is a folder: name a .csv, .csv.gz or .parquet file")
    if not path.is_file():
        raise LogError(f"{path} does not exist: check the name of the file")
    try:
        frame = read(path)
    except LogError:
        raise
    # Both readers raise errors of many kinds, and each of them means that the file is not what it should be
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise LogError(f"{path} cannot be read: {reason}") from error
    frame.attrs[LOG_NAME] = path.name
    return frame


def name_of(frame: pd.DataFrame) -> str:
    """Return the name of a log for messages."""
    return str(frame.attrs.get(LOG_NAME, "the log"))


def named_log(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Name a frame that was not read from a file, and count its rows from 1; its index may be ``task_id``."""
    if LOG_NAME in frame.attrs:
        return frame

    if frame.index.name == "task_id" and "task_id" not in frame.columns:
        frame = frame.reset_index()
    _check_names([str(column) for column in frame.columns], name)
    frame = frame.rename(columns=str)
    frame.index = pd.RangeIndex(1, len(frame) + 1)
    frame.attrs[LOG_NAME] = name
    return frame


def _reader_of(path: Path) -> Callable[[Path], pd.DataFrame]:
    name = path.name.lower()
    if name.endswith((".csv", ".csv.gz")):
        return _read_csv
    if name.endswith((".parquet", ".pq")):
        return _read_parquet
    raise LogError(f"{path} is neither .csv, .csv.gz nor .parquet: save the table as one of them")


def _read_parquet(path: Path) -> pd.DataFrame:
    from pyarrow import parquet

    _check_names(parquet.ParquetFile(path).schema_arrow.names, path)
    frame = pd.read_parquet(path)
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    return frame.set_axis(pd.RangeIndex(1, len(frame) + 1)).rename(columns=_clean)


def _read_csv(path: Path) -> pd.DataFrame:
    separator = _find_separator(path)
    layout: dict[str, Any] = {"sep": separator, "skipinitialspace": True, "encoding": "utf-8-sig"}
    layout |= {"keep_default_na": False, "na_values": [""], "skip_blank_lines": False, "low_memory": False}
    layout |= exact_numbers()
    # pandas would rename the second "a" to "a.1", so the header is read as a row of data first
    header = pd.read_csv(path, header=None, nrows=1, dtype=str, **layout)
    names = [_clean(name) for name in header.iloc[0].fillna("")]
    _check_names(names, path)
    with warnings.catch_warnings():
        # A row with more cells than the header would lose some of them
        warnings.simplefilter("error", pd.errors.ParserWarning)
        layout["dtype"] = dict.fromkeys(TEXT_COLUMNS, str)
        frame: pd.DataFrame = pd.read_csv(path, index_col=False, header=0, names=names, **layout)
    frame.index = pd.RangeIndex(2, len(frame) + 2)
    # A blank line is no row, but the lines after it keep their numbers
    return frame.dropna(how="all")


def _find_separator(path: Path) -> str:
    opened = gzip.open if path.name.lower().endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8-sig") as file:
        header = file.readline()
    if not header.strip():
        raise LogError(f"{path} is empty or begins with a blank line: the first row must name the columns")
    for separator in SEPARATORS:
        if "task_id" in [_clean(name) for name in header.split(separator)] and separator in header:
            return separator
    return max(SEPARATORS, key=header.count)


def _clean(name: object) -> str:
    return str(name).strip().strip('"').strip()


def _check_names(names: list[str], path: Path | str) -> None:
    seen: set[str] = set()
    for name in map(_clean, names):
        if name in seen:
            shown = f"the column {name!r} twice" if name else "two columns without a name"
            raise LogError(f"{path} has {shown}: give every column its own name")
        seen.add(name)
