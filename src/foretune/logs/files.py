"""Reading of logs from CSV and Parquet files, with row numbers for messages."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import pandas as pd

from foretune.logs.errors import LogError
from foretune.tables import TableError, check_column_names, read_bytes, read_user_file

# Key of a frame's attribute: its name in messages
LOG_NAME = "log_name"
SEPARATORS = (",", ";", "\t", "|")
# Columns of names, which stay text even if they look like numbers: 007 is not 7
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
    name = path.name.lower()
    try:
        if name.endswith((".csv", ".csv.gz")):
            frame = _read_csv(path)
        elif name.endswith((".parquet", ".pq")):
            frame = _read_parquet(path)
        else:
            raise TableError("neither .csv, .csv.gz nor .parquet: save the table as one of them")
    except TableError as error:
        raise LogError(f"{path}: {error}") from error
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
    try:
        check_column_names(map(_clean, frame.columns))
    except TableError as error:
        raise LogError(f"{name}: {error}") from None
    frame = frame.rename(columns=str)
    frame.index = pd.RangeIndex(1, len(frame) + 1)
    frame.attrs[LOG_NAME] = name
    return frame


def _read_parquet(path: Path) -> pd.DataFrame:
    frame = read_user_file(path, ".parquet")
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    check_column_names(map(_clean, frame.columns))
    return frame.set_axis(pd.RangeIndex(1, len(frame) + 1)).rename(columns=_clean)


def _read_csv(path: Path) -> pd.DataFrame:
    content = read_bytes(path)
    layout: dict[str, Any] = {"sep": _find_separator(content), "skipinitialspace": True}
    layout |= {
        "encoding": "utf-8-sig",
        "keep_default_na": False,
        "na_values": [""],
        "skip_blank_lines": False,
    }
    header = read_user_file(io.BytesIO(content), ".csv", layout | {"header": None, "nrows": 1, "dtype": str})
    names = [_clean(name) for name in header.iloc[0].fillna("")]
    check_column_names(names)
    layout |= {"header": 0, "names": names, "index_col": False, "dtype": dict.fromkeys(TEXT_COLUMNS, str)}
    with warnings.catch_warnings():
        # pandas would drop surplus cells of rows that are longer than the header
        warnings.simplefilter("error", pd.errors.ParserWarning)
        frame = read_user_file(io.BytesIO(content), ".csv", layout)
    frame.index = pd.RangeIndex(2, len(frame) + 2)
    # Blank lines are dropped only now, so that the later rows keep their line numbers
    return frame.dropna(how="all")


def _find_separator(content: bytes) -> str:
    header = io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", errors="replace").readline()
    if not header.strip():
        raise TableError("the file begins with a blank line: the first row must name the columns")
    for separator in SEPARATORS:
        if "task_id" in [_clean(name) for name in header.split(separator)] and separator in header:
            return separator
    return max(SEPARATORS, key=header.count)


def _clean(name: object) -> str:
    return str(name).strip().strip('"').strip()
