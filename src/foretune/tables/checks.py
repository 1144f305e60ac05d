"""Checks of tables; messages say in one line what is wrong and what to do about it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np
import pandas as pd

from foretune.base import UserError, close_matches, quoted
from foretune.tables.cleaning import is_empty


class TableError(UserError, ValueError):
    """A table that cannot be read or learnt from; the message says why and what to do."""


def check_column_names(names: Iterable[object]) -> None:
    """Reject column names that occur twice.

    Raises
    ------
    TableError
        If two columns have the same name once written as text.
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
    """Reject a raw table whose shape cannot be a task's, before any value is looked at.

    Parameters
    ----------
    frame
        The table as its source delivers it; column names already text.
    target
        Name of the column to predict.
    drop_columns
        Names of the columns that are no features.

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


def check_features(X: pd.DataFrame) -> None:
    """Reject features that no learner can use.

    Parameters
    ----------
    X
        Cleaned features, shape (n_rows, n_features).

    Raises
    ------
    TableError
        If a column has no value at all, or a number is infinite.
    """
    all_missing = X.columns[is_empty(X)]
    if len(all_missing):
        raise TableError(f"columns without a single value: {quoted(all_missing)}: add them to drop_columns")
    check_finite(X)


def check_finite(X: pd.DataFrame) -> None:
    """Reject infinite numbers among cleaned features.

    Raises
    ------
    TableError
        If there is one.
    """
    numbers = X.select_dtypes("float64")
    infinite = numbers.columns[np.isinf(numbers.to_numpy()).any(axis=0)]
    if len(infinite):
        raise TableError(
            f"non-finite numbers in columns {quoted(infinite)}: replace infinities by numbers or empty cells"
        )
