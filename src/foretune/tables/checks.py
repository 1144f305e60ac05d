"""Validation of tables, with one-line messages that name the problem and its solution."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np
import pandas as pd

from foretune.base import UserError, close_matches, quoted


class TableError(UserError, ValueError):
    """A table that cannot be read or used for training."""


def check_column_names(names: Iterable[object]) -> None:
    """Reject duplicate column names.

    Raises
    ------
    TableError
        If two column names are the same as text.
    """
    seen: set[str] = set()
    duplicated: dict[str, None] = {}
    for name in map(str, names):
        if name in seen:
            duplicated[name] = None
        seen.add(name)
    if duplicated:
        raise TableError(f"duplicate column names {quoted(duplicated)}: give every column its own name")


def check_raw_frame(frame: pd.DataFrame, target: str, drop_columns: Collection[str]) -> None:
    """Reject a raw table, with text column names, whose shape or columns do not make a task.

    Raises
    ------
    TableError
        If column names repeat, there is no row, the target or a column to drop is missing, or no feature
        is left.
    """
    check_column_names(frame.columns)
    if target not in frame.columns:
        hint = close_matches(target, frame.columns) or f": the columns are {quoted(frame.columns)}"
        raise TableError(f"target column '{target}' is not in the table{hint}")
    if frame.empty:
        raise TableError("the table has no rows: add data below the header")
    for name in drop_columns:
        if name not in frame.columns:
            hint = close_matches(name, frame.columns)
            raise TableError(f"drop_columns names '{name}', which is not in the table{hint}")
    if target in drop_columns:
        raise TableError(f"drop_columns names the target '{target}': remove it from drop_columns")
    if len(set(drop_columns)) + 1 == frame.shape[1]:
        raise TableError("no feature columns are left: shorten drop_columns or add features")


def check_finite(X: pd.DataFrame) -> None:
    """Reject infinite numbers in cleaned features by a :class:`TableError`."""
    numbers = X.select_dtypes("float64")
    infinite = numbers.columns[np.isinf(numbers.to_numpy()).any(axis=0)]
    if len(infinite):
        raise TableError(
            f"non-finite numbers in columns {quoted(infinite)}: replace infinities by numbers or empty cells"
        )
