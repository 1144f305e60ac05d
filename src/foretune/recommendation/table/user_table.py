"""Reading of the user's table from a CSV or Parquet file."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from foretune.base import TaskType, quoted
from foretune.tables import (
    DECIMAL_MARK,
    ColumnFormat,
    ColumnType,
    DecimalMark,
    RowSplit,
    SplitColumn,
    TableError,
    TableFormat,
    check_raw_frame,
    decoded_columns,
    file_type,
    find_mark,
    found_options,
    infer_formats,
    infer_target_format,
    infer_task_type,
    read_column,
    read_user_file,
)

SEPARATORS = (";", "\t", "|")
LONGEST_NAME = 64
# Between names where a comma would end the parameter, as on the command line
NAME_SEPARATOR = "+"
WORDS = {"sep": "the separator"}


@dataclass(frozen=True)
class UserTable:
    """A table with the column to predict.

    Attributes
    ----------
    frame
        All columns, as read.
    file
        Name of its file, as given.
    target, drop_columns
        Column to predict, and columns that are not features.
    read_options
        Arguments of pandas that it was read with, those that were recognised among them.
    original_names
        Column names in the file, with surrounding blanks.
    column_types
        What columns are, by name, instead of what their values say.
    notes
        What was recognised in the file, one sentence each.
    decoded
        Columns whose type is another than pandas reads from the file, with that type.
    split_column
        Column of groups or times by which rows are split; None to split them at random.
    """

    frame: pd.DataFrame
    file: str
    target: str
    drop_columns: tuple[str, ...] = ()
    read_options: Mapping[str, Any] = field(default_factory=dict)
    original_names: tuple[str, ...] = ()
    column_types: Mapping[str, ColumnType] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    decoded: Mapping[str, str] = field(default_factory=dict)
    split_column: SplitColumn | None = None

    @property
    def name(self) -> str:
        """Name of the task: the file's, in small letters, digits and underscores."""
        stem = Path(self.file.lower().removesuffix(".gz")).stem
        name = re.sub(r"[^a-z0-9]+", "_", stem).strip("_")
        return name[:LONGEST_NAME] or "table"

    @property
    def no_features(self) -> tuple[str, ...]:
        """Columns that are not features: the target, and those that the user says."""
        left_out = () if self.split_column is None else self.split_column.left_out
        return tuple(dict.fromkeys([self.target, *self.drop_columns, *left_out]))

    @property
    def types_of_features(self) -> dict[str, ColumnType]:
        """What features are, by name, instead of what their values say."""
        if self.split_column is None:
            return dict(self.column_types)
        return self.split_column.types_of_features(self.column_types)

    @cached_property
    def split(self) -> RowSplit | None:
        """Groups or times of the rows with a target; None to split them at random.

        Raises
        ------
        TableError
            If the rows cannot be split by them.
        """
        if self.split_column is None:
            return None
        known = self.frame.loc[self.known_answer.index]
        return self.split_column.read(known, self.column_types, self.find_mark)

    @property
    def features(self) -> pd.DataFrame:
        """Columns to predict from, which know the decimal mark of the file."""
        features = self.frame.drop(columns=list(self.no_features))
        features.attrs = dict(self.frame.attrs)
        return features

    @property
    def answer(self) -> pd.Series:
        """The column to predict."""
        answer = self.frame[self.target]
        answer.attrs = dict(self.frame.attrs)
        return answer

    def find_mark(self) -> DecimalMark | None:
        """Return the decimal mark of the file, None if nothing shows it."""
        return find_mark(self.frame)

    def infer_task_type(self) -> TaskType:
        """Infer classification or regression from the column to predict."""
        return infer_task_type(self.answer, self.find_mark)

    @cached_property
    def target_format(self) -> ColumnFormat | None:
        """How the cells of the target are read; None if they are taken as they are."""
        found = infer_target_format(self.answer, self.find_mark)
        format_ = found.format
        if format_.type == "nominal" or format_.is_plain(self.answer.dtype):
            return None
        return replace(format_, skipped=tuple(map(str, found.unreadable)))

    @property
    def known_answer(self) -> pd.Series:
        """The column to predict where it has a value."""
        if self.target_format is None:
            return self.answer.dropna()
        return read_column(self.answer, self.target_format).dropna()

    @cached_property
    def format(self) -> TableFormat:
        """What each feature is."""
        return infer_formats(
            self.features.loc[self.known_answer.index], self.types_of_features, self.find_mark
        )

    @property
    def ignored_columns(self) -> tuple[str, ...]:
        """Features that are left out, since they tell nothing."""
        kinds = zip(self.features.columns, self.format.columns, strict=True)
        return tuple(str(name) for name, column in kinds if column.type == "ignored")


def read_user_table(
    file: str,
    target: str,
    drop_columns: Collection[str] = (),
    read_options: Mapping[str, Any] | None = None,
    column_types: Mapping[str, ColumnType] | None = None,
    split_column: SplitColumn | None = None,
) -> UserTable:
    """Read a CSV or Parquet file and check that it has the named columns.

    Parameters
    ----------
    file
        Path, relative to the working directory.
    target, drop_columns
        Column to predict, and columns that are not features; ``a+b`` are two, unless it is the name of one.
    read_options
        Arguments of `pandas.read_csv` or `pandas.read_parquet`.
    column_types
        What columns are, by name, instead of what their values say.
    split_column
        Column of groups or times by which rows are split; None to split them at random.

    Raises
    ------
    TableError
        If the file cannot be read, has no row, cannot be split, or lacks a column; the message names the
        closest ones.
    """
    path = Path(file).expanduser()
    options = dict(read_options or {})
    frame = pd.DataFrame()
    try:
        frame = read_user_file(path, file_type(path.name), options)
        found = found_options(frame)
        decoded = {name.strip(): type_ for name, type_ in decoded_columns(frame).items()}
        names = tuple(str(name) for name in frame.columns)
        frame = frame.set_axis([str(name).strip() for name in frame.columns], axis=1)
        frame.attrs |= {} if (mark := find_mark(frame)) is None else {DECIMAL_MARK: mark}
        asked, target = target, _find_column(target, frame.columns)
        dropped = tuple(dict.fromkeys(_find_columns(drop_columns, frame.columns)))
        if split_column is not None:
            split_column = replace(split_column, name=_find_column(split_column.name, frame.columns))
            split_column.check(frame.columns, target)
        left_out = () if split_column is None else split_column.left_out
        check_raw_frame(frame, target, tuple(dict.fromkeys([*dropped, *left_out])))
    except TableError as error:
        raise TableError(f"{file}: {error}{_hint(frame, options)}") from None
    read_with, types = {**options, **found}, dict(column_types or {})
    notes = (*_describe(found), *_describe_target(asked, target))
    table = UserTable(
        frame, str(file), target, dropped, read_with, names, types, notes, decoded, split_column
    )
    try:
        split = table.split
    except TableError as error:
        raise TableError(f"{file}: {error}") from None
    return table if split is None else replace(table, notes=(*notes, *split.notes))


def _find_columns(names: Collection[str], columns: Collection[str]) -> list[str]:
    """Find the columns that are meant; several may stand in one name with a + between them."""
    found = []
    for name in names:
        parts = [name] if name in columns else name.split(NAME_SEPARATOR)
        found += [_find_column(part.strip(), columns) for part in parts]
    return found


def _find_column(name: str, columns: Collection[str]) -> str:
    """Find the column that is meant by a name that a command line may have read as a number or a boolean."""
    if name in columns:
        return name
    meant = [one for one in columns if one.lower() == name.lower() or _is_same_number(one, name)]
    return meant[0] if len(meant) == 1 else name


def _is_same_number(one: str, other: str) -> bool:
    try:
        return float(one) == float(other)
    except ValueError:
        return False


def _describe(found: Mapping[str, Any]) -> tuple[str, ...]:
    """Say which separator was recognised."""
    if "sep" not in found:
        return ()
    parts = [f"{WORDS[name]} {value!r}" for name, value in found.items() if name in WORDS]
    return (f"recognised in the file: {', '.join(parts)} (recommendation.read_options sets others)",)


def _describe_target(asked: str, target: str) -> tuple[str, ...]:
    """Say which column is the target if no column has the given name."""
    if asked == target or _is_same_number(target, asked):
        return ()
    return (f"the target is the column '{target}', since there is none called '{asked}'",)


def _hint(frame: pd.DataFrame, options: Mapping[str, Any]) -> str:
    """Return a hint about the separator for a file that was read into a single column."""
    if frame.shape[1] != 1 or "sep" in options:
        return ""
    found = [one for one in SEPARATORS if one in str(frame.columns[0])]
    return (
        f"; its separator seems to be {quoted(found, 1)}: set recommendation.read_options.sep"
        if found
        else ""
    )
