"""Reading and checking of the new table and its metafeatures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from numpy.typing import ArrayLike

from foretune.base import PATH, TaskType, check_kind, counted, is_number, quoted
from foretune.meta_model import Memory
from foretune.metafeatures import MetafeatureExtractor
from foretune.tables import (
    MIN_CLASS_ROWS,
    ColumnType,
    Table,
    TableError,
    check_column_names,
    check_finite,
    file_type,
    read_user_file,
    without_rare_classes,
)

MAX_ROWS = 20_000
LEAST_ROWS = 2


def read_table(
    X: pd.DataFrame | ArrayLike,
    y: pd.Series | ArrayLike,
    task_type: TaskType | None = None,
    max_rows: int = MAX_ROWS,
    seed: int = 0,
    column_types: Mapping[str, ColumnType] | None = None,
) -> Table:
    """Read and check a table; the arguments are those of :meth:`foretune.tables.table.Table.read`.

    Raises
    ------
    TableError
        If no model can be fitted to it: shapes that do not match, infinities, no feature, one class.
    """
    table = Table.read(X, y, task_type, max_rows, seed, column_types)
    if table.n_rows < LEAST_ROWS:
        raise TableError(f"rows with a target: n_samples = {table.n_rows}, at least {LEAST_ROWS} are needed")
    if table.X.shape[1] == 0:
        raise TableError("no feature has a value: give a table with at least one feature")
    check_column_names(table.X.columns)
    check_finite(table.X)
    without_rare_classes(table.y, table.task_type, str(table.y.name), MIN_CLASS_ROWS)
    return table


def describe_table(table: Table, settings: Mapping[str, Any] | None) -> pd.Series:
    """Compute the metafeatures of a table with the same extractor as for the known tasks.

    Raises
    ------
    TableError
        If Foretune did not compute those of the known tasks.
    """
    if settings is None:
        raise TableError(
            "this memory learnt from tasks that Foretune did not describe: give the metafeatures of the "
            "new task as well, by the argument metafeatures"
        )
    return MetafeatureExtractor.from_settings(settings).describe(table)


def read_metafeatures(file: str) -> pd.Series:
    """Read the metafeatures of one task from a CSV or Parquet file with a single row, a column each.

    Raises
    ------
    TableError
        If the file cannot be read, or does not have exactly one row.
    """
    check_kind("file", file, PATH, "the name of a file")
    path = Path(file).expanduser()
    try:
        kind = file_type(path.name)
        table = read_user_file(path, kind, {"keep_default_na": True} if kind != ".parquet" else None)
    except TableError as error:
        raise TableError(f"{file}: {error}") from None
    return _only_row(table, file)


def check_metafeatures(given: pd.Series | pd.DataFrame | Mapping[str, Any], memory: Memory) -> pd.Series:
    """Select the metafeatures of a memory from given ones, as ``float64``.

    Parameters
    ----------
    given
        By name: a series, a mapping, or a frame with one row. Names that are not in the memory are
        ignored, missing ones count as undefined.
    memory
        Memory whose metafeatures are selected.

    Raises
    ------
    TableError
        If no name is in the memory, or a selected value is not a number.
    """
    row = (
        _only_row(given, "metafeatures")
        if isinstance(given, pd.DataFrame)
        else pd.Series(given, dtype=object)
    )
    known = [name for name in memory.metafeatures if name in row.index]
    if memory.metafeatures and not known:
        raise TableError(
            f"metafeatures: this memory knows none of {quoted(row.index)}; its tasks are described by "
            f"{quoted(memory.metafeatures)}"
        )
    for name in known:
        value = row[name]
        is_missing = pd.api.types.is_scalar(value) and pd.isna(value)
        if not is_missing and not is_number(value):
            raise TableError(f"metafeatures: {name} = {value!r} is no number")
    return row[known].astype("float64")


def _only_row(table: pd.DataFrame, source: str) -> pd.Series:
    if len(table) != 1:
        raise TableError(
            f"{source}: {counted(len(table), 'row')}, but the new table is one task: give its row alone"
        )
    return table.iloc[0].astype(object)
