"""Reading of users' CSV and Parquet files: tables, logs and metafeatures."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import warnings
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from foretune.base import MissingExtraError, exact_numbers, require_package
from foretune.tables.cell_times import are_dotted_months
from foretune.tables.cells import MARKS, DecimalMark, are_grouped_by_dots, has_grouping_dots, is_code
from foretune.tables.checks import TableError, check_column_names
from foretune.tables.cleaning import decode
from foretune.tables.column_formats import DECIMAL_MARK, find_mark
from foretune.tables.csv_layout import find_layout
from foretune.tables.names import SUFFIXES_IN_WORDS, USER_FILE_SUFFIXES

GZIP = b"\x1f\x8b"
# How files of other formats begin that are saved as .csv
JSON_START = re.compile(rb'\s*(?:\[\s*)?\{\s*"[^"]*"\s*:')
HTML_START = re.compile(rb"(?i)\s*<(?:!doctype html|html|table)\b")
# Key of a frame's attribute: the options that were recognised
FOUND_OPTIONS = "found_read_options"
# Options of pandas.read_csv that determine how the header is split into names
LAYOUT_OPTIONS = {
    "sep",
    "delimiter",
    "engine",
    "low_memory",
    "skiprows",
    "skip_blank_lines",
    "skipinitialspace",
    "comment",
    "encoding",
    "quotechar",
    "quoting",
    "escapechar",
}


# In a table only an empty cell is missing for sure: "None" may be a class, and its reader knows the rest
ONLY_EMPTY_CELLS = {"keep_default_na": False, "na_values": [""]}
NA_OPTIONS = {"keep_default_na", "na_values", "na_filter"}
# What pandas takes for missing, after the documentation of read_csv
PANDAS_MISSING = (
    "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A",
    "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
)  # fmt: skip
LEADING_ZERO = re.compile(rb"(?m)(?:^|[,;\t|\"]) *0\d")
NUMBER_OPTIONS = {"dtype", "thousands", "converters"}


def read_user_file(
    path_or_buffer: str | Path | BinaryIO, suffix: str, read_options: Mapping[str, Any] | None = None
) -> pd.DataFrame:
    """Read a raw table from a CSV or Parquet file, which may be compressed by gzip.

    Parameters
    ----------
    path_or_buffer
        A local path, or a file opened for reading bytes.
    suffix
        ``.csv``, ``.tsv`` and ``.txt``, which are read as CSV, or ``.parquet``, case-insensitive; see
        :func:`file_type`.
    read_options
        Keyword arguments of `pandas.read_csv` or `pandas.read_parquet`. The separator of a CSV file is
        recognised where it is not given; :func:`found_options` returns it. Only empty cells are
        missing, and digits with leading zeros stay text.

    Raises
    ------
    TableError
        If the file does not exist, is empty or of an unknown type, cannot be read, or repeats a column name.
    """
    suffix = suffix.lower()
    if suffix not in USER_FILE_SUFFIXES:
        raise TableError(f"files of type '{suffix}' are not read: save the table as {SUFFIXES_IN_WORDS}")
    content = read_bytes(path_or_buffer)
    usual = "\t" if suffix == ".tsv" else ""
    read = _read_parquet if suffix == ".parquet" else partial(_read_csv, usual=usual)
    try:
        return read(content, dict(read_options or {}))
    except (TableError, MissingExtraError):
        raise
    except UnicodeDecodeError:
        raise TableError(
            "the file is not in UTF-8: save it in UTF-8, or set read_options.encoding of the table, for "
            "Excel in Western Europe to cp1252"
        ) from None
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise TableError(
            f"the file cannot be read as {suffix[1:]}, check its content and how it is read: {reason}"
        ) from error


def found_options(frame: pd.DataFrame) -> dict[str, Any]:
    """Return the options of pandas that were recognised in a CSV file, such as ``sep``."""
    return dict(frame.attrs.get(FOUND_OPTIONS, {}))


def read_bytes(path_or_buffer: str | Path | BinaryIO) -> bytes:
    """Read the content of a file, decompressed if it is gzip.

    Raises
    ------
    TableError
        If the file does not exist, cannot be read or is empty.
    """
    try:
        if isinstance(path_or_buffer, str | Path):
            content = Path(path_or_buffer).read_bytes()
        else:
            content = path_or_buffer.read()
        content = gzip.decompress(content) if content.startswith(GZIP) else content
    except FileNotFoundError:
        raise TableError("the file does not exist: check its name") from None
    except (OSError, EOFError) as error:
        raise TableError(f"the file cannot be read: {error}") from None
    if not content.strip():
        raise TableError("the file is empty: put a table into it")
    return content


def _read_csv(content: bytes, options: dict[str, Any], usual: str = "") -> pd.DataFrame:
    if b"\x00" in content and "encoding" not in options:
        raise TableError("the file is binary, not text: save the table as CSV, or name its encoding")
    _check_format(content)
    found = find_layout(content, options, usual)
    options |= found
    only_empty = not NA_OPTIONS & options.keys()
    if only_empty:
        options |= ONLY_EMPTY_CELLS
    if "engine" not in options:
        options.update(_parser_options(options.get("sep", options.get("delimiter", ","))))
    if options.get("engine", "c") == "c":
        options = exact_numbers() | options
    if options.get("header", "infer") in ("infer", 0) and "names" not in options:
        # pandas renames the second "a" to "a.1", so the header is first read as a row of data
        layout = {name: value for name, value in options.items() if name in LAYOUT_OPTIONS}
        header = pd.read_csv(io.BytesIO(content), header=None, nrows=1, dtype=str, **layout)
        check_column_names(header.iloc[0].dropna())
    if "index_col" in options:
        frame: pd.DataFrame = pd.read_csv(io.BytesIO(content), **options)
    else:
        frame, is_longer = _read_without_index(content, options)
        found |= {"index_col": False} if is_longer else {}
    if only_empty and _holds_words_for_missing(frame):
        found |= ONLY_EMPTY_CELLS
    mark = _find_mark(frame, options)
    if texts := _find_texts(frame, content, options, mark):
        frame = frame.assign(**{str(name): column for name, column in texts.items()})
        found["dtype"] = dict.fromkeys(map(str, texts), "str")
    frame.attrs |= {FOUND_OPTIONS: found} if found else {}
    frame.attrs |= {DECIMAL_MARK: mark} if mark else {}
    return frame


def _check_format(content: bytes) -> None:
    """Reject JSON and web pages, whose lines would be taken for names and cells."""
    start = content.removeprefix(codecs.BOM_UTF8)
    if JSON_START.match(start):
        raise TableError(
            "the file holds JSON, not CSV: convert it, for example by pandas.read_json(file, "
            "lines=True).to_csv('table.csv', index=False); without lines=True if it is one list"
        )
    if HTML_START.match(start):
        raise TableError("the file holds a web page, not CSV: save the table itself as CSV")


def _read_without_index(content: bytes, options: dict[str, Any]) -> tuple[pd.DataFrame, bool]:
    """Read a file whose rows may end with a separator, and return whether they do.

    pandas by itself takes the first column of such a file for names of the rows.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        frame: pd.DataFrame = pd.read_csv(io.BytesIO(content), **options, index_col=False)
    if any(issubclass(one.category, pd.errors.ParserWarning) for one in caught):
        raise TableError(
            "the rows have more cells than the header: name every column (R's write.table leaves out the "
            "name of the row names), or set read_options.index_col"
        )
    start = {**options, "nrows": min(2, options.get("nrows") or 2), "dtype": "str"}
    by_itself = pd.read_csv(io.BytesIO(content), **start).reset_index(drop=True)
    return frame, not by_itself.equals(pd.read_csv(io.BytesIO(content), **start, index_col=False))


def _holds_words_for_missing(frame: pd.DataFrame) -> bool:
    """Return whether pandas by itself would take a cell for missing that is not empty, such as ``None``."""
    texts = [column for _, column in frame.items() if not pd.api.types.is_numeric_dtype(column.dtype)]
    return any(column.isin(PANDAS_MISSING).any() for column in texts)


def _find_mark(frame: pd.DataFrame, options: Mapping[str, Any]) -> DecimalMark | None:
    """Return the decimal mark that the user gives or the texts of a file show, None if there is no such."""
    given: DecimalMark | None = options.get("decimal")
    return given if given in MARKS else find_mark(frame)


def _has_decimal_points(frame: pd.DataFrame) -> bool:
    """Return whether pandas has read numbers whose points cannot be between thousands."""
    floats = [column.dropna().abs() for _, column in frame.select_dtypes("float64").items()]
    return any(
        ((one * 1000 - (one * 1000).round()).abs() > 1e-6 * one).any() or ((one < 1) & (one != 0)).any()
        for one in floats
    )


def _find_texts(
    frame: pd.DataFrame, content: bytes, options: dict[str, Any], mark: DecimalMark | None
) -> dict[Any, pd.Series]:
    """Return the columns that pandas takes for other numbers than they are, as they stand in the file.

    Digits with leading zeros, such as postal codes, months such as 01.2023, and whole numbers grouped by
    dots, where commas do not separate cells, or are decimal marks. If nothing shows the decimal mark, columns
    all of whose numbers may be so are texts too, for a note on their reading.
    """
    is_other = options.get("sep", options.get("delimiter", ",")) != ","
    is_grouped = (is_other or mark == ",") and "decimal" not in options
    are_thousands = mark == "," or (mark is None and is_grouped and not _has_decimal_points(frame))
    if NUMBER_OPTIONS & options.keys() or not (is_grouped or LEADING_ZERO.search(content)):
        return {}
    names = (
        [name for name in frame if _may_be_text(frame[name], is_grouped)] if frame.columns.is_unique else []
    )
    if not names:
        return {}
    texts = pd.read_csv(io.BytesIO(content), **options, dtype=dict.fromkeys(names, "str"))
    cells = {name: texts[name].dropna().unique().tolist() for name in names}
    return {
        name: texts[name]
        for name in names
        if any(map(is_code, cells[name]))
        or are_dotted_months(cells[name])
        or (is_grouped and has_grouping_dots(cells[name]))
        or (is_grouped and are_thousands and are_grouped_by_dots(cells[name]))
    }


def _may_be_text(column: pd.Series, is_grouped: bool) -> bool:
    if pd.api.types.is_integer_dtype(column.dtype):
        return True
    known = column.dropna() if pd.api.types.is_float_dtype(column.dtype) else column.head(0)
    # An empty cell makes whole numbers floats
    return len(known) > 0 and (is_grouped or bool(_may_be_months(known) or (known == known.round()).all()))


def _may_be_months(numbers: pd.Series) -> bool:
    """Return whether numbers may be months before their year, such as 1.2023."""
    return bool(((numbers >= 1) & (numbers < 13) & (numbers == numbers.round(4))).all())


def _parser_options(separator: str | None) -> dict[str, Any]:
    """Choose the parser as pandas does, but without its warnings about mixed types and fallbacks."""
    if separator is not None and (len(separator) == 1 or separator == r"\s+"):
        return {"low_memory": False}
    return {"engine": "python"}


def _read_parquet(content: bytes, options: dict[str, Any]) -> pd.DataFrame:
    require_package("a Parquet file", "pyarrow")
    from pyarrow import parquet

    schema = parquet.ParquetFile(io.BytesIO(content)).schema_arrow
    check_column_names(schema.names)
    return decode(pd.read_parquet(io.BytesIO(content), **options), schema)
