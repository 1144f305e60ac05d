"""What a column is: its type, decided by its values, and how its cells are read.

The rules for all tables, whatever library or file they come from:

- numbers stay numbers, truth values become 0 and 1; numbers as texts are read as numbers;
- dates, periods (by their start) and durations are times, texts of them too; year, month, day of the week and
  hour of a date are added as numbers where they vary;
- all others are nominal;
- columns without a value, constants, identifiers and free text are left out.

`column_types` of the caller decides instead of these rules.
"""

from __future__ import annotations

import datetime as dt
import re
import warnings
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cache, lru_cache, partial
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api import types

from foretune.base import TEXT, RecommendationWarning, counted, quoted, shortened
from foretune.tables.cell_texts import are_multiplied, multiply, tidied
from foretune.tables.cell_times import (
    are_dotted_months,
    are_minutes,
    puts_day,
    puts_year_first,
    read_duration,
    read_time,
)
from foretune.tables.cells import (
    MARKS,
    TRUTH,
    DecimalMark,
    has_grouping_dots,
    is_blank,
    is_code,
    is_missing_text,
    label_value,
    look_grouped,
    looks_like,
    may_have_either_mark,
    read_either_mark,
    read_numbers,
    shared_unit,
    shown_mark,
    without_unit,
)
from foretune.tables.checks import TableError, name_columns
from foretune.tables.cleaning import as_category, as_dense, as_number, is_time
from foretune.tables.names import COLUMN_TYPES, ColumnType, FormatType
from foretune.tables.overrides import set_type

# A column of texts is one of numbers or times if at most this share of its cells cannot be read ...
MOST_UNREADABLE = 0.05
# ... or half of them, of at most so many different values, such as "not measured" ...
MOST_UNREADABLE_VALUES = 3
# ... and, if there are any, that many values differ: "1", "2" and "3+" are categories
FEWEST_NUMBERS = 10
# So many categories are more than the two of a truth value, for which it makes no difference
FEWEST_NOTED_CATEGORIES = 3
# Numbers of the digits of a date are at least and at most
FIRST_DIGITS = 1900_01_01
LAST_DIGITS = 2099_12_31
# More different numbers than this in a target are no classes
MOST_CLASS_NUMBERS = 20
# An identifier has at least this share of different values, in at least so many rows
IDENTIFIER_SHARE = 0.95
IDENTIFIER_ROWS = 20
IDENTIFIER_NAME = re.compile(
    r"(?i:id|index|rownames?|row_?(?:id|number)|unnamed: ?\d+|level_0|.*[_ .-]id)|.*[a-z]I[dD]"
)
# Free text has at least this many words on average, and mostly differs
TEXT_WORDS = 5
TEXT_SHARE = 0.5
# Names of pandas
PARTS = ("year", "month", "day_of_week", "hour")
SHOWN_CELLS = 3
SHOWN_COLUMNS = 3
# Key of a frame's attribute: the decimal mark of the file that it was read from
DECIMAL_MARK = "decimal_mark"
# Rows in which a decimal mark is looked for
MARK_ROWS = 1_000
MarkFinder = Callable[[], DecimalMark | None]
MARK_OF_TYPE: Mapping[ColumnType | None, DecimalMark] = {"decimal_point": ".", "decimal_comma": ","}
TYPE_OF_MARK: Mapping[DecimalMark, ColumnType] = {".": "decimal_point", ",": "decimal_comma"}
NAME_OF_MARK: Mapping[DecimalMark, str] = {".": "dots", ",": "commas"}
DAY_FIRST_OF_TYPE: Mapping[ColumnType | None, bool] = {"day_first": True, "month_first": False}
TYPE_OF_READING: Mapping[ColumnType | None, FormatType] = {
    **dict.fromkeys(MARK_OF_TYPE, "number"),
    **dict.fromkeys(DAY_FIRST_OF_TYPE, "time"),
}
LEFT_OUT = {
    "empty": "columns without a single value",
    "constant": "columns with one value only",
    "identifier": "columns that identify the rows",
    "text": "columns of free text",
    "object": "columns of lists, dictionaries and other objects",
}


@dataclass(frozen=True)
class ColumnFormat:
    """Type of a column, and how its cells are read.

    Attributes
    ----------
    type
        ``"number"``, ``"time"``, ``"nominal"`` or ``"ignored"``, which is left out.
    reason
        Why an ignored column is left out: ``"empty"``, ``"constant"``, ``"identifier"``, ``"text"``,
        ``"object"``, or empty if the caller said so.
    mark, unit
        Decimal mark of numbers as text, and the unit that follows each of them.
    has_multipliers, has_both_marks
        Of numbers as text: whether ``k`` and ``M`` after them are thousands and millions, and whether some
        have a decimal point and some a comma.
    is_duration, in_minutes
        Of times: whether they are durations, and whether ``59:30`` is of minutes and seconds.
    day_first, year_first
        Of dates: whether ``1/2/2024`` is the first of February, None if it is so with dots only; and whether
        ``24-01-02`` is of 2024.
    zone
        Of moments: the zone of the column, in whose local time they are.
    skipped
        Texts that cannot be read and count as missing; any other is an error.
    has_value
        Of a column of one value with gaps, such as a ticked box: it is 1 where there is the value, else 0.
    parts
        Parts of dates that are added as columns, names of `PARTS`.
    labels
        Of a nominal column: its categories. New rows may write them otherwise, such as 1.0 for ``"1"``.
    """

    type: FormatType
    reason: str = ""
    mark: DecimalMark = "."
    unit: str = ""
    is_duration: bool = False
    in_minutes: bool = False
    day_first: bool | None = None
    year_first: bool = False
    zone: dt.tzinfo | None = None
    has_multipliers: bool = False
    has_both_marks: bool = False
    skipped: tuple[str, ...] = ()
    has_value: bool = False
    parts: tuple[str, ...] = ()
    labels: tuple[str, ...] = field(default=(), compare=False, repr=False)

    def __repr__(self) -> str:
        given = [one for one in fields(self)[1:] if one.repr and getattr(self, one.name) != one.default]
        shown = [repr(self.type), *(f"{one.name}={getattr(self, one.name)!r}" for one in given)]
        return f"ColumnFormat({', '.join(shown)})"

    def is_plain(self, dtype: Any) -> bool:
        """Return whether a dtype holds the type already, so that no cell must be looked at."""
        if self.has_value:
            return False
        if is_time(dtype):
            return self.type == "time" and (dtype.kind == "m") == self.is_duration
        return self.type == "number" and _is_number(dtype)


@dataclass(frozen=True)
class TableFormat:
    """Formats of the columns of a table, in their order.

    Attributes
    ----------
    columns
        One format for each column.
    notes, remarks
        One sentence for each surprise; remarks are about what changes no result.
    """

    columns: tuple[ColumnFormat, ...]
    notes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def read(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Read a table with the same columns: kept columns in their order, then the parts of dates.

        A few cells that cannot be read are missing, as in :func:`read_column`, with one warning for all.

        Columns are ``int64``, ``float64``, ``datetime64``, ``timedelta64`` or ``category``; names may repeat.

        Raises
        ------
        TableError
            If a cell cannot be read.
        """
        kept = [at for at, column in enumerate(self.columns) if column.type != "ignored"]
        read = {at: _read(frame.iloc[:, at], self.columns[at]) for at in kept}
        _warn_of_cells([odd for _, odd in read.values() if odd is not None])
        return self.assemble({at: column for at, (column, _) in read.items()}, frame)

    def assemble(self, read: Mapping[int, pd.Series], frame: pd.DataFrame) -> pd.DataFrame:
        """Make a table of the columns that were read, by position, and the parts of dates."""
        parts = [_part(times, part) for at, times in read.items() for part in self.columns[at].parts]
        table = pd.DataFrame(dict(enumerate([*read.values(), *parts])), index=frame.index)
        names = self.names_out(list(frame.columns))
        return table.set_axis(pd.Index(names, dtype=object).astype(TEXT), axis=1)

    def names_out(self, names: Sequence[str]) -> list[str]:
        """Return the names of the columns that are read, the parts of dates last."""
        kept = [name for name, column in zip(names, self.columns, strict=True) if column.type != "ignored"]
        taken = set(names)
        parts = [
            _free_name(f"{name}.{part}", taken)
            for name, column in zip(names, self.columns, strict=True)
            for part in column.parts
        ]
        return [*kept, *parts]


def find_mark(*tables: pd.DataFrame | pd.Series) -> DecimalMark | None:
    """Return the decimal mark of the file that tables come from, or that the texts of their columns show.

    A text such as ``4.673`` is another number with each mark: the other columns decide. A comma outweighs
    points, which may be those of coordinates and versions.
    """
    if given := next((one.attrs[DECIMAL_MARK] for one in tables if DECIMAL_MARK in one.attrs), None):
        mark: DecimalMark = given
        return mark
    columns = [one for table in tables for one in _columns_of(table)]
    shown = {_shown_mark(column) for column in columns}
    return "," if "," in shown else "." if "." in shown else None


def _columns_of(table: pd.DataFrame | pd.Series) -> list[pd.Series]:
    return [table] if isinstance(table, pd.Series) else [table.iloc[:, at] for at in range(table.shape[1])]


def _shown_mark(column: pd.Series) -> DecimalMark | None:
    if not (types.is_object_dtype(column.dtype) or types.is_string_dtype(column.dtype)):
        return None
    values = column.head(MARK_ROWS).dropna()
    return shown_mark(list(dict.fromkeys(value for value in values if isinstance(value, str))))


def infer_formats(
    frame: pd.DataFrame,
    column_types: Mapping[str, ColumnType] | None = None,
    find: MarkFinder | None = None,
) -> TableFormat:
    """Decide what each column of a raw table is; see :func:`read_columns`."""
    return _format_of(frame.columns, _infer(frame, column_types, find))


def read_columns(
    frame: pd.DataFrame,
    column_types: Mapping[str, ColumnType] | None = None,
    find: MarkFinder | None = None,
) -> tuple[pd.DataFrame, TableFormat]:
    """Decide what each column of a raw table is, and read it.

    Parameters
    ----------
    frame
        Raw features, shape (n_rows, n_features), whose names are text.
    column_types
        Types by column that are taken instead of the inferred ones.
    find
        Finds the decimal mark of texts that are numbers with either, where there are such; by
        :func:`find_mark` in the table if None.

    Returns
    -------
    table, format
        What :meth:`TableFormat.read` reads, and the format, to read more rows.

    Raises
    ------
    TableError
        If ``column_types`` names a column that is not there or no type, or a type does not fit the values.
    """
    found = _infer(frame, column_types, find)
    format_ = _format_of(frame.columns, found)
    read = {
        at: read_column(frame.iloc[:, at], one.format) if one.column is None else one.column
        for at, one in enumerate(found)
        if one.format.type != "ignored"
    }
    return format_.assemble(read, frame), format_


def _infer(
    frame: pd.DataFrame, column_types: Mapping[str, ColumnType] | None, find: MarkFinder | None
) -> list[_Finding]:
    if not isinstance(column_types or {}, Mapping):
        raise TableError(f"column_types = {shortened(column_types)} must map names of columns to types")
    given = {str(name): type_ for name, type_ in dict(column_types or {}).items()}
    _check_types(given, frame)
    # Of the other columns, which most tables need not be asked about
    mark_of_table = cache(find or partial(find_mark, frame))
    found = [
        _Inference(as_dense(frame.iloc[:, at]), given.get(str(name)), mark_of_table).run()
        for at, name in enumerate(frame.columns)
    ]
    if all(one.format.type == "ignored" for one in found):
        return [_Finding(one.otherwise) if one.otherwise else one for one in found]
    return found


def _format_of(names: pd.Index, found: Sequence[_Finding]) -> TableFormat:
    formats = tuple(one.format for one in found)
    remarks = [*_describe_left_out(names, found, "constant"), *_describe_readings(names, found)]
    return TableFormat(formats, tuple(_describe(names, found)), tuple(remarks))


@dataclass(frozen=True)
class TargetFormat:
    """How the cells of a target are read.

    Attributes
    ----------
    format
        Format of the column: numbers, times, or nominal.
    unreadable, n_unreadable
        Values that cannot be read, and how many cells hold them.
    note
        How texts are read, empty if they are not read as numbers.
    """

    format: ColumnFormat
    unreadable: tuple[Any, ...] = ()
    n_unreadable: int = 0
    note: str = ""


def infer_target_format(column: pd.Series, find: MarkFinder | None = None) -> TargetFormat:
    """Decide whether a raw target holds numbers, times or classes.

    Parameters
    ----------
    column
        Raw values, shape (n_rows,).
    find
        Finds the decimal mark of texts that are numbers with either, such as that of the features.

    Raises
    ------
    TableError
        If it holds many numbers and many texts that are none, so that either reading would lose much.
    """
    column = as_dense(column)
    if isinstance(column.dtype, pd.CategoricalDtype) or column.isna().all():
        return TargetFormat(ColumnFormat("nominal"))
    if _is_number(column.dtype):
        return TargetFormat(ColumnFormat("number"), note=_note_grouping(column))
    if is_time(column.dtype):
        return TargetFormat(ColumnFormat("time", is_duration=column.dtype.kind == "m"))
    return _Inference(column, None, find or partial(find_mark, column)).of_target()


def read_column(column: pd.Series, format_: ColumnFormat) -> pd.Series:
    """Read a raw column, which may have another dtype than the one whose format it is.

    A few cells that cannot be read, by the rules of a new column, are missing, with a warning.

    Returns
    -------
    pandas.Series
        ``int64``, ``float64``, ``datetime64``, ``timedelta64`` or ``category``.

    Raises
    ------
    TableError
        If more cells cannot be read, but for those that the format skips.
    """
    read, odd = _read(column, format_)
    _warn_of_cells([] if odd is None else [odd])
    return read


@dataclass(frozen=True)
class _OddCells:
    """Cells of new rows that cannot be read: name of the column, their number and different values."""

    name: str
    n: int
    values: list[Any]


def _warn_of_cells(odd: Sequence[_OddCells]) -> None:
    if odd:
        shown = [f"{counted(one.n, 'cell')} of column '{one.name}' ({_shown(one.values)})" for one in odd]
        more = f" and of {len(odd) - SHOWN_COLUMNS} more columns" if len(odd) > SHOWN_COLUMNS else ""
        message = f"cannot be read and count as missing: {', '.join(shown[:SHOWN_COLUMNS])}{more}"
        warnings.warn(message, RecommendationWarning, stacklevel=3)


def _read(column: pd.Series, format_: ColumnFormat) -> tuple[pd.Series, _OddCells | None]:
    column = as_dense(column)
    if format_.type == "nominal":
        return _as_known(as_category(_without_blanks(column)), format_.labels), None
    if format_.has_value:
        return _has_value(column), None
    if format_.is_plain(column.dtype):
        is_moment = format_.type == "time"
        return (_local_time(column, format_.zone) if is_moment else as_number(column)), None
    cells = _Cells.of(column)
    values = cells.read_new(format_)
    return cells.spread(values, format_), cells.find_odd(values, format_)


def _as_known(column: pd.Series, known: tuple[str, ...]) -> pd.Series:
    """Rename the categories of new rows that write a known one otherwise, such as 1.0 or " 1" for "1"."""
    labels = column.cat.categories
    if not known or frozenset(known).issuperset(labels):
        return column
    by_value = _labels_by_value(known)
    names = [label if label in by_value else by_value.get(label_value(label)) or label for label in labels]
    if list(labels) == names:
        return column
    return as_category(column.cat.codes.map(dict(enumerate(names))))


@lru_cache(maxsize=256)
def _labels_by_value(known: tuple[str, ...]) -> Mapping[Any, str]:
    """Return labels by themselves and by their values, unless several have the same."""
    values = [label_value(label) for label in known]
    counts = Counter(values)
    own = {value: label for value, label in zip(values, known, strict=True) if counts[value] == 1}
    return own | {label: label for label in known}


def _has_value(column: pd.Series) -> pd.Series:
    known = column.notna().astype(bool)
    if not (_is_number(column.dtype) or is_time(column.dtype)):
        known &= ~column.map(is_missing_text).astype(bool)
    return known.astype("int64")


def _local_time(column: pd.Series, zone: dt.tzinfo | None) -> pd.Series:
    """Return times without a zone: local ones of the zone, or as they are written if it is None."""
    if not isinstance(column.dtype, pd.DatetimeTZDtype):
        return column
    local = column if zone is None else column.dt.tz_convert(zone)
    written: pd.Series = local.dt.tz_localize(None)
    return written


def _is_number(dtype: Any) -> bool:
    # pandas counts complex numbers as numeric, but not Arrow's booleans
    return (types.is_bool_dtype(dtype) or types.is_numeric_dtype(dtype)) and not (
        isinstance(dtype, pd.CategoricalDtype) or types.is_complex_dtype(dtype)
    )


_OTHER: Mapping[DecimalMark, DecimalMark] = {".": ",", ",": "."}


@dataclass(frozen=True)
class _Cells:
    """Distinct values of a column that are not missing, and which of them each row has (-1 if missing)."""

    distinct: list[Any]
    codes: npt.NDArray[np.intp]
    index: pd.Index
    name: Any

    @classmethod
    def of(cls, column: pd.Series) -> _Cells:
        """Find the distinct values; texts that stand for a missing value are missing."""
        plain = column.astype(object)
        try:
            codes, distinct = pd.factorize(plain)
        except TypeError:
            # Lists and the like cannot be hashed
            codes, distinct = pd.factorize(plain.map(str, na_action="ignore"))
        tidy = list(map(tidied, distinct))
        if any(one is not value for one, value in zip(tidy, distinct, strict=True)):
            again, distinct = pd.factorize(pd.Series(tidy, dtype=object))
            codes = np.append(again, -1)[codes]
        is_missing = np.array([is_missing_text(value) for value in distinct], dtype=bool)
        position = np.append(np.where(is_missing, -1, np.cumsum(~is_missing) - 1), -1)
        return cls(
            [value for value, missing in zip(distinct, is_missing, strict=True) if not missing],
            position[codes],
            column.index,
            column.name,
        )

    def read(self, format_: ColumnFormat) -> list[Any]:
        """Read each distinct value; None where that fails."""
        if format_.has_multipliers:
            return [multiply(value) if isinstance(value, str) else None for value in self.distinct]
        if format_.has_both_marks:
            return list(map(read_either_mark, self.distinct))
        if format_.type == "number":
            return read_numbers([without_unit(value, format_.unit) for value in self.distinct], format_.mark)
        if format_.is_duration:
            return [read_duration(value, in_minutes=format_.in_minutes) for value in self.distinct]
        read = partial(
            read_time, day_first=format_.day_first, year_first=format_.year_first, zone=format_.zone
        )
        return list(map(read, self.distinct))

    def read_new(self, format_: ColumnFormat) -> list[Any]:
        """Read the values of new rows, numbers also with the other decimal mark where that alone fits."""
        values = self.read(format_)
        is_open = [
            one is None and str(value) not in format_.skipped
            for value, one in zip(self.distinct, values, strict=True)
        ]
        if format_.type != "number" or not any(is_open):
            return values
        others = self.read(replace(format_, mark=_OTHER[format_.mark]))
        if all(other is not None or one is None for one, other in zip(values, others, strict=True)):
            # All of them are written in the other way
            values = [one if other is None else other for one, other in zip(values, others, strict=True)]
        pairs = zip(values, others, is_open, strict=True)
        return [other if one is None and may_be else one for one, other, may_be in pairs]

    def find_odd(self, values: Sequence[Any], format_: ColumnFormat) -> _OddCells | None:
        """Return the cells that can be read neither now nor in fit.

        Raises
        ------
        TableError
            If they are more than may count as missing.
        """
        pairs = list(zip(self.distinct, values, strict=True))
        if not any(one is None for one in values):
            return None
        is_known = np.array([one is not None or str(value) not in format_.skipped for value, one in pairs])
        is_odd = is_known & np.array([one is None for one in values])
        if not is_odd.any():
            return None
        codes = self.codes[self.codes >= 0]
        n_odd, n_known = int(is_odd[codes].sum()), int(is_known[codes].sum())
        odd = [value for value, is_one in zip(self.distinct, is_odd, strict=True) if is_one]
        if not _are_few(n_odd, n_known, len(odd), MOST_UNREADABLE_VALUES):
            wanted = {"number": "numbers", "time": "dates or durations"}[format_.type]
            raise TableError(
                f"column '{self.name}' held {wanted} in fit, but holds {_shown(odd[:1])} now: "
                f"give {wanted}, or leave the cell empty"
            )
        return _OddCells(str(self.name), n_odd, odd)

    def count(self, values: Iterable[Any]) -> tuple[int, int]:
        """Return how many cells and how many distinct values could be read."""
        readable = np.array([value is not None for value in values], dtype=bool)
        known = self.codes[self.codes >= 0]
        return int(readable[known].sum()), int(readable.sum())

    def spread(self, values: list[Any], format_: ColumnFormat) -> pd.Series:
        """Return the column of the values read, missing where there is none."""
        if format_.type == "number":
            known = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
            column = np.append(known, np.nan)[self.codes]
            is_whole = all(map(_is_whole, self.distinct)) and not (self.codes < 0).any()
            if is_whole and len(column) and np.abs(column).max() < 2**53:
                column = column.astype(np.int64)
        else:
            kind = "timedelta64[us]" if format_.is_duration else "datetime64[us]"
            missing = np.array(["NaT"], dtype=kind)
            column = np.append(np.array(values, dtype=kind), missing)[self.codes]
        return pd.Series(column, index=self.index, name=self.name)


def _are_few(n_odd: int, n_known: int, n_values: int, most_values: int) -> bool:
    """Return whether cells that cannot be read, of so many different values, may count as missing."""
    return n_odd <= MOST_UNREADABLE * n_known or (2 * n_odd <= n_known and n_values <= most_values)


def _is_whole(value: object) -> bool:
    if isinstance(value, str):
        return value.strip().lstrip("+-").isdecimal() or value.strip().lower() in ("true", "false")
    return isinstance(value, int | np.integer | np.bool_)


@dataclass(frozen=True)
class _Finding:
    """Format of a column, what is worth a note, and the column as it was read to find out."""

    format: ColumnFormat
    surprise: str = ""
    cells: tuple[Any, ...] = ()
    column: pd.Series | None = None
    # Format of a column that is left out, if there is no other, or of categories, if they were texts
    otherwise: ColumnFormat | None = None
    # How many cells cannot be read
    n_unread: int = 0
    # Type that the caller can give to decide otherwise, and what it does
    override: tuple[ColumnType, str] | None = None
    # What the column seems to be, of which the caller can make more
    hint: str = ""


class _Inference:
    """Inference of the format of one column.

    Parameters
    ----------
    column
        Raw values, shape (n_rows,).
    wanted
        Type that the caller gives, or None.
    find_mark
        Finds the decimal mark of the table.
    """

    def __init__(
        self,
        column: pd.Series,
        wanted: ColumnType | None,
        find_mark: MarkFinder,
    ) -> None:
        self._column = column
        self._wanted: FormatType | None = TYPE_OF_READING.get(wanted, wanted)  # type: ignore[arg-type]
        self._mark = MARK_OF_TYPE.get(wanted)
        self._day_first = DAY_FIRST_OF_TYPE.get(wanted)
        self._find_mark = find_mark

    def run(self) -> _Finding:
        """Return the format and what is worth a note."""
        column, wanted, dtype = self._column, self._wanted, self._column.dtype
        if wanted == "ignored" or column.isna().all():
            return _Finding(ColumnFormat("ignored", "" if wanted == "ignored" else "empty"))
        if wanted == "nominal":
            return self._of_labels()
        if isinstance(dtype, pd.CategoricalDtype) and wanted is None:
            return self._of_categories()
        if _is_number(dtype) and wanted != "time":
            return self._of_numbers()
        if is_time(dtype) and wanted != "number":
            zone = dtype.tz if isinstance(dtype, pd.DatetimeTZDtype) else None
            format_ = ColumnFormat("time", is_duration=dtype.kind == "m", zone=zone)
            return self._of_times(_Finding(format_), read_column(column, format_))
        return self._of_values()

    def _of_categories(self) -> _Finding:
        """Keep what the caller made categories; a note tells if texts of them would be numbers or times."""
        if _is_constant(self._column.cat.codes):
            return _left_out("constant", ColumnFormat("nominal"))
        texts = pd.Series(self._column.cat.categories, dtype=object)
        if len(texts) >= FEWEST_NOTED_CATEGORIES and texts.map(lambda value: isinstance(value, str)).all():
            cells = _Cells.of(texts)
            for format_, readings in self._readings(cells):
                if FEWEST_NOTED_CATEGORIES <= cells.count(readings)[1] == len(readings):
                    surprise = f"categories that are texts of {format_.type}s stay nominal"
                    return replace(self._of_labels(), surprise=surprise, otherwise=format_)
        return self._of_labels()

    def _of_labels(self) -> _Finding:
        labels = as_category(_without_blanks(self._column))
        return _Finding(ColumnFormat("nominal", labels=tuple(labels.cat.categories)), column=labels)

    def _of_numbers(self) -> _Finding:
        column = self._column
        if self._wanted is None:
            if _is_constant(column):
                return _of_one_value(column, ColumnFormat("number"))
            if _is_numbered(column):
                return _left_out("identifier", ColumnFormat("number"))
            if _are_digits_of_dates(column):
                return self._of_digits(_Cells.of(column))
        return _Finding(ColumnFormat("number"), hint=_note_grouping(column))

    def _of_digits(self, cells: _Cells) -> _Finding:
        """Read whole numbers such as 20240131 as dates."""
        format_ = ColumnFormat("time")
        surprise = "digits such as 20240131 are read as times"
        found = _Finding(format_, surprise, otherwise=ColumnFormat("number"))
        return self._of_times(found, cells.spread(cells.read(format_), format_))

    def _of_times(self, found: _Finding, times: pd.Series) -> _Finding:
        if self._wanted is None and _is_constant(times):
            return _of_one_value(times, found.format)
        found = replace(found, column=times)
        if found.format.is_duration:
            return found
        parts = tuple(part for part in PARTS if not _is_constant(_part(times, part)))
        return replace(found, format=replace(found.format, parts=parts))

    def _of_values(self) -> _Finding:
        """Decide by the values of a column of texts or any objects."""
        cells = _Cells.of(self._column)
        if not cells.distinct:
            return _Finding(ColumnFormat("ignored", "empty"))
        for format_, readings in self._readings(cells):
            n_cells, n_values = cells.count(readings)
            if self._is_accepted(cells, n_cells, n_values, MOST_UNREADABLE_VALUES):
                return self._of_read_values(cells, format_, readings)
        if self._wanted is not None:
            raise TableError(
                f"column_types: column '{self._column.name}' cannot be read as {self._wanted}, it holds "
                f"{_shown(cells.distinct)}"
            )
        return self._of_texts()

    def of_target(self) -> TargetFormat:
        """Return the format of a target of texts or objects, and what cannot be read."""
        cells = _Cells.of(self._column)
        n_known = int((cells.codes >= 0).sum())
        for format_, readings in self._readings(cells):
            n_cells, n_values = cells.count(readings)
            if n_known and self._is_accepted(cells, n_cells, n_values, 0):
                found = self._read_as(cells, format_, readings)
                note = found.surprise if format_.type == "number" else ""
                return TargetFormat(found.format, found.cells, found.n_unread, note)
            if n_values > MOST_CLASS_NUMBERS and n_cells >= n_known / 2:
                texts = [value for value, one in zip(cells.distinct, readings, strict=True) if one is None]
                raise TableError(
                    f"target '{self._column.name}' holds {n_values} different {format_.type}s and "
                    f"{counted(len(texts), 'text')} that are none ({_shown(texts)}): empty those cells, or "
                    "make classes of the numbers"
                )
        return TargetFormat(ColumnFormat("nominal"))

    def _readings(self, cells: _Cells) -> Iterator[tuple[ColumnFormat, list[Any]]]:
        """Yield the formats that may fit, with the values that they read."""
        is_code_like = any(map(is_code, cells.distinct)) or are_dotted_months(cells.distinct)
        may_be_number = self._wanted != "time" and bool(self._wanted or not is_code_like)
        if may_be_number and are_multiplied(cells.distinct):
            yield (multiplied := ColumnFormat("number", has_multipliers=True)), cells.read(multiplied)
        if may_be_number:
            yield self._read_numbers(cells)
        if self._wanted != "number":
            day_first = _is_day_first(cells) if self._day_first is None else self._day_first
            year_first = self._day_first is None and _is_year_first(cells)
            for one in (
                ColumnFormat("time", day_first=day_first, year_first=year_first),
                ColumnFormat("time", is_duration=True, in_minutes=are_minutes(cells.distinct)),
            ):
                yield one, cells.read(one)
        if may_be_number and (unit := shared_unit(cells.distinct)):
            yield self._read_numbers(cells, unit)

    def _read_numbers(self, cells: _Cells, unit: str = "") -> tuple[ColumnFormat, list[Any]]:
        """Read numbers with the decimal mark that reads more of them, or the more likely of equals."""
        point, comma = (ColumnFormat("number", mark=mark, unit=unit) for mark in MARKS)
        if self._mark is not None:
            format_ = replace(point, mark=self._mark)
            return format_, cells.read(format_)
        read = cells.read(point)
        texts = [without_unit(value, unit) for value in cells.distinct]
        if None not in read and not may_have_either_mark(texts):
            return point, read
        read_with_comma = cells.read(comma)
        counts = [cells.count(one)[0] for one in (read, read_with_comma)]
        is_comma = counts[1] > counts[0]
        if counts[0] == counts[1] and read != read_with_comma:
            is_comma = has_grouping_dots(texts) or self._find_mark() == ","
        mixed = replace(point, has_both_marks=True)
        if None in read and None in read_with_comma and not unit:
            read_mixed = cells.read(mixed)
            if cells.count(read_mixed)[0] > max(counts):
                return mixed, read_mixed
        return (comma, read_with_comma) if is_comma else (point, read)

    def _is_accepted(self, cells: _Cells, n_cells: int, n_values: int, most_unreadable: int) -> bool:
        if self._wanted is not None:
            return n_cells > 0
        n_known = int((cells.codes >= 0).sum())
        n_odd, n_odd_values = n_known - n_cells, len(cells.distinct) - n_values
        are_few = _are_few(n_odd, n_known, n_odd_values, most_unreadable)
        return n_cells == n_known or (n_values >= FEWEST_NUMBERS and are_few)

    def _read_as(self, cells: _Cells, format_: ColumnFormat, readings: list[Any]) -> _Finding:
        """Return the finding for a format that fits the cells."""
        unreadable = tuple(value for value, one in zip(cells.distinct, readings, strict=True) if one is None)
        format_ = replace(format_, skipped=tuple(map(str, unreadable)))
        n_unread = int((cells.codes >= 0).sum()) - cells.count(readings)[0]
        texts = [value.strip().lower() for value in cells.distinct if isinstance(value, str)]
        surprise, override = "", None
        if format_.type == "time" and texts:
            order, override = _order_of_days(cells, format_) if self._day_first is None else ("", None)
            surprise = f"texts are read as times{order}"
        elif set(texts) - TRUTH.keys():
            grouping, override = self._describe_marks(cells, format_, readings)
            surprise = f"texts are read as numbers{_describe_writing(format_)}{grouping}"
        return _Finding(format_, surprise, unreadable, n_unread=n_unread, override=override)

    def _describe_marks(
        self, cells: _Cells, format_: ColumnFormat, readings: list[Any]
    ) -> tuple[str, tuple[ColumnType, str] | None]:
        """Return a remark for numbers that are others with the other decimal mark, and the type for these."""
        if self._mark is not None or not may_have_either_mark(cells.distinct):
            return "", None
        other = _OTHER[format_.mark]
        others = cells.read(replace(format_, mark=other))
        if cells.count(others) != cells.count(readings) or others == readings:
            return "", None
        sign, type_ = NAME_OF_MARK[other], TYPE_OF_MARK[other]
        if any(isinstance(value, str) and other in value for value in cells.distinct):
            return f", {sign} between thousands", (type_, f"makes {sign} decimal marks")
        sign = NAME_OF_MARK[format_.mark]
        return f", {sign} as decimal marks", (type_, f"puts {sign} between thousands")

    def _of_read_values(self, cells: _Cells, format_: ColumnFormat, readings: list[Any]) -> _Finding:
        found = self._read_as(cells, format_, readings)
        read = cells.spread(readings, found.format)
        if format_.type == "time":
            return self._of_times(found, read)
        if self._wanted is None and _is_constant(read):
            return _of_one_value(read, found.format)
        if self._wanted is None and _is_numbered(read):
            return _left_out("identifier", found.format)
        if self._wanted is None and not found.cells and _are_digits_of_dates(read):
            return self._of_digits(cells)
        return replace(found, column=read)

    def _of_texts(self) -> _Finding:
        """Tell categories from identifiers, free text and constants."""
        return replace(self._tell_texts(), hint=self._hint_at_numbers())

    def _hint_at_numbers(self) -> str:
        looks = looks_like(_Cells.of(self._column).distinct)
        return f"column '{self._column.name}' looks like {looks}" if looks else ""

    def _tell_texts(self) -> _Finding:
        found = self._of_labels()
        labels: Any = found.column
        n_known, n_values = int(labels.notna().sum()), len(labels.cat.categories)
        if n_values == 1 and n_known == len(labels):
            return _left_out("constant", found.format)
        if n_values > 1 and n_values >= TEXT_SHARE * n_known and _are_objects(self._column):
            return _left_out("object", found.format)
        if n_known >= IDENTIFIER_ROWS and self._column.map(lambda value: isinstance(value, str | UUID)).any():
            n_words = np.mean([len(text.split()) for text in labels.cat.categories])
            if n_words >= TEXT_WORDS and n_values >= TEXT_SHARE * n_known:
                return _Finding(ColumnFormat("ignored", "text"))
            if n_values >= IDENTIFIER_SHARE * n_known:
                return _left_out("identifier", found.format)
        return found


def _describe_writing(format_: ColumnFormat) -> str:
    if format_.has_multipliers:
        return ", with k for thousands, M for millions"
    if format_.has_both_marks:
        return ", some with a decimal point and some with a comma"
    return f" with the unit '{format_.unit}'" if format_.unit else ""


def _are_objects(column: pd.Series) -> bool:
    """Return whether cells are neither texts nor single values, but lists, dictionaries, complex numbers."""
    return all(map(_is_object, column.astype(object).dropna()))


def _is_object(value: object) -> bool:
    is_opaque = type(value).__str__ is object.__str__ and type(value).__repr__ is object.__repr__
    is_collection = isinstance(value, Collection | np.ndarray) and not isinstance(value, str | bytes)
    return is_opaque or is_collection or isinstance(value, complex | np.complexfloating)


def _of_one_value(column: pd.Series, otherwise: ColumnFormat) -> _Finding:
    """Return the finding for a column of one value: with gaps, such as a ticked box, it tells something.

    Infinities stay, so that they are refused as anywhere else.
    """
    if column.dtype.kind == "f" and np.isinf(column.to_numpy()).any():
        return _Finding(otherwise)
    if column.hasnans:
        return _Finding(ColumnFormat("number", has_value=True))
    return _left_out("constant", otherwise)


def _left_out(reason: str, otherwise: ColumnFormat) -> _Finding:
    return _Finding(ColumnFormat("ignored", reason), otherwise=otherwise)


def _is_constant(column: pd.Series) -> bool:
    known = column.dropna() if column.hasnans else column
    values = known.to_numpy()
    return not len(values) or bool((values == values[0]).all())


def _is_numbered(column: pd.Series) -> bool:
    """Return whether whole numbers count the rows: all different, under the name of an identifier."""
    return (
        len(column) >= IDENTIFIER_ROWS
        and IDENTIFIER_NAME.fullmatch(str(column.name).strip()) is not None
        and types.is_integer_dtype(column.dtype)
        and column.is_unique
    )


def _are_digits_of_dates(column: pd.Series) -> bool:
    """Return whether numbers are all dates such as 20240131, as numbers of other things are not by chance."""
    known = column.dropna()
    if not len(known) or known.min() < FIRST_DIGITS or known.max() > LAST_DIGITS:
        return False
    distinct = known.unique()
    return len(distinct) >= FEWEST_NUMBERS and all(
        read_time(value) is not None for value in distinct.tolist()
    )


def _is_day_first(cells: _Cells) -> bool | None:
    places = {puts_day(value): str(value) for value in cells.distinct}
    if ("first" in places) == ("second" in places):
        return None
    # Dots need no evidence for the day, but for the month
    return True if "first" in places else False if "." in places["second"][:3] else None


def _is_year_first(cells: _Cells) -> bool:
    return puts_year_first(cells.distinct) is not None


def _order_of_days(cells: _Cells, format_: ColumnFormat) -> tuple[str, tuple[ColumnType, str] | None]:
    """Return a remark for dates that can be read in another order, and the type that reads them so."""
    places = {puts_day(value) for value in cells.distinct if "." not in str(value)[:3]}
    if format_.year_first:
        order = ", the year first" if puts_year_first(cells.distinct) == "likely" else ""
    else:
        is_open = "either" in places and places <= {"either", None}
        order = ", the month first" if is_open and not format_.day_first else ""
    return order, ("day_first", "puts the day first") if order else None


def _note_grouping(column: pd.Series) -> str:
    """Return a note on decimals that seem to be thousands, whose dots were taken for decimal marks."""
    if not types.is_float_dtype(column.dtype):
        return ""
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    if not look_grouped(values):
        return ""
    fractions = [value for value in pd.unique(values) if value != np.floor(value)]
    return (
        f"column '{column.name}' looks like thousands whose dots were read as decimal marks, such as "
        f"{fractions[0]:g} beside whole numbers: read the file with thousands='.'"
    )


def _without_blanks(column: pd.Series) -> pd.Series:
    """Return a column whose blank texts are missing, as they are in a file."""
    if _is_number(column.dtype) or is_time(column.dtype):
        return column
    if isinstance(column.dtype, pd.CategoricalDtype):
        blank = [value for value in column.cat.categories if is_blank(value)]
        return column.cat.remove_categories(blank) if blank else column
    if types.is_object_dtype(column.dtype) or types.is_string_dtype(column.dtype):
        return column.where(~column.map(is_blank).astype(bool))
    return column


def _part(times: pd.Series, part: str) -> pd.Series:
    values: pd.Series = getattr(times.dt, part)
    return values.astype("float64" if values.isna().any() else "int64")


def _free_name(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _check_types(given: Mapping[str, Any], frame: pd.DataFrame) -> None:
    names = [str(name) for name in frame.columns]
    for name, type_ in given.items():
        if name not in names:
            raise TableError(
                f"column_types names '{shortened(name)}', which is none of the features"
                f"{name_columns(name, names)}"
            )
        if type_ not in COLUMN_TYPES:
            raise TableError(
                f"column_types: {shortened(type_)!r} for column '{shortened(name)}' is no type, use one of "
                f"{quoted(COLUMN_TYPES)}"
            )


def _describe(names: pd.Index, found: Sequence[_Finding]) -> list[str]:
    """Write a note for each kind of surprise, with the columns and how to decide otherwise."""
    reasons = [reason for reason in LEFT_OUT if reason != "constant"]
    notes = [note for reason in reasons for note in _describe_left_out(names, found, reason)]
    unread = [(name, one) for name, one in zip(names, found, strict=True) if one.cells]
    for name, one in unread[:SHOWN_COLUMNS]:
        verb = "counts" if one.n_unread == 1 else "count"
        notes.append(
            f"{counted(one.n_unread, 'cell')} of column '{name}' cannot be read as {one.format.type} and "
            f"{verb} as missing: {_shown(one.cells)}"
        )
    if len(unread) > SHOWN_COLUMNS:
        n_more = len(unread) - SHOWN_COLUMNS
        more = "1 more column has" if n_more == 1 else f"{n_more} more columns have"
        notes.append(f"{more} cells that cannot be read")
    return [*notes, *_describe_hints(found)]


def _describe_hints(found: Sequence[_Finding]) -> list[str]:
    hints = [one.hint for one in found if one.hint]
    n_more = len(hints) - SHOWN_COLUMNS
    more = [f"{counted(n_more, 'more column looks', 'more columns look')} like this"] if n_more > 0 else []
    return [*hints[:SHOWN_COLUMNS], *more]


def _describe_readings(names: pd.Index, found: Sequence[_Finding]) -> list[str]:
    notes = []
    for surprise in dict.fromkeys(one.surprise for one in found if one.surprise):
        which = [at for at, one in enumerate(found) if one.surprise == surprise]
        kept = found[which[0]].otherwise
        usual = (kept.type, f"makes them {kept.type}s") if kept else ("nominal", "keeps categories")
        type_, effect = found[which[0]].override or usual
        notes.append(f"{surprise}: {quoted(names[which])}; {set_type(names[which[0]], type_)} {effect}")
    return notes


def _describe_left_out(names: pd.Index, found: Sequence[_Finding], reason: str) -> list[str]:
    columns = [name for name, one in zip(names, found, strict=True) if one.format.reason == reason]
    if not columns:
        return []
    return [f"{LEFT_OUT[reason]} are left out: {quoted(columns)}{_override(columns[0], reason)}"]


def _override(name: object, reason: str) -> str:
    return "" if reason in ("empty", "constant") else f"; {set_type(name, 'nominal')} keeps it"


def _shown(cells: Iterable[Any]) -> str:
    return quoted([str(cell)[:40] for cell in cells], SHOWN_CELLS)
