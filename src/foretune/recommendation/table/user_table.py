"""Reading of the user's table from a CSV or Parquet file."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from foretune.base import quoted
from foretune.tables import (
    ColumnType,
    TableError,
    TableFormat,
    check_raw_frame,
    infer_formats,
    read_user_file,
)

SEPARATORS = (";", "\t", "|")
LONGEST_NAME = 64


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
        Arguments of pandas that it was read with.
    original_names
        Column names in the file, with surrounding blanks.
    column_types
        What columns are, by name, instead of what their values say.
    """

    frame: pd.DataFrame
    file: str
    target: str
    drop_columns: tuple[str, ...] = ()
    read_options: Mapping[str, Any] = field(default_factory=dict)
    original_names: tuple[str, ...] = ()
    column_types: Mapping[str, ColumnType] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name of the task: the file's, in small letters, digits and underscores."""
        name = re.sub(r"[^a-z0-9]+", "_", Path(self.file).stem.lower()).strip("_")
        return name[:LONGEST_NAME] or "table"

    @property
    def features(self) -> pd.DataFrame:
        """Columns to predict from."""
        return self.frame.drop(columns=[self.target, *self.drop_columns])

    @property
    def answer(self) -> pd.Series:
        """The column to predict."""
        return self.frame[self.target]

    @cached_property
    def format(self) -> TableFormat:
        """What each feature is."""
        return infer_formats(self.features, self.column_types)

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
) -> UserTable:
    """Read a CSV or Parquet file and check that it has the named columns.

    Parameters
    ----------
    file
        Path, relative to the working directory.
    target, drop_columns
        Column to predict, and columns that are not features.
    read_options
        Arguments of `pandas.read_csv` or `pandas.read_parquet`.
    column_types
        What columns are, by name, instead of what their values say.

    Raises
    ------
    TableError
        If the file cannot be read, has no row, or lacks a column; the message names the closest ones.
    """
    path = Path(file).expanduser()
    options = dict(read_options or {})
    try:
        frame = read_user_file(path, path.suffix, options)
        names = tuple(str(name) for name in frame.columns)
        frame = frame.set_axis([str(name).strip() for name in frame.columns], axis=1)
        check_raw_frame(frame, target, drop_columns)
    except TableError as error:
        raise TableError(f"{file}: {error}{_hint(locals().get('frame'), options)}") from None
    return UserTable(frame, str(file), target, tuple(drop_columns), options, names, dict(column_types or {}))


def _hint(frame: pd.DataFrame | None, options: Mapping[str, Any]) -> str:
    """Return a hint about the separator for a file that was read into a single column."""
    if frame is None or frame.shape[1] != 1 or "sep" in options:
        return ""
    found = [one for one in SEPARATORS if one in str(frame.columns[0])]
    return (
        f"; its separator seems to be {quoted(found, 1)}: set recommendation.read_options.sep"
        if found
        else ""
    )
