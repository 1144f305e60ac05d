"""Validation of tables, with one-line messages that name the problem and its solution."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np
import pandas as pd

from foretune.base import UserError, close_matches, quoted, shortened

# Characters of a name, and of a list of names, in a message
LONGEST_NAME = 60
LONGEST_LIST = 300
# Sums of squares of larger numbers overflow in learners
LARGEST_NUMBER = 1e150


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


def name_columns(name: str, columns: Iterable[object]) -> str:
    """Return the end of a message about an unknown column: the names that are close, or as many as fit."""
    names = list(map(str, columns))
    if hint := close_matches(name, names):
        return f" {shortened(hint, LONGEST_LIST)}"
    shown = [shortened(one, LONGEST_NAME) for one in names]
    ends = np.cumsum([len(one) + len("'', ") for one in shown])
    return f": the columns are {quoted(shown, int((ends <= LONGEST_LIST).sum()))}"


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
        raise TableError(
            f"target column '{shortened(target)}' is not in the table{name_columns(target, frame.columns)}"
        )
    if frame.empty:
        raise TableError("the table has no rows: add data below the header")
    for name in drop_columns:
        if name not in frame.columns:
            hint = name_columns(name, frame.columns)
            raise TableError(f"drop_columns names '{shortened(name)}', which is not in the table{hint}")
    if target in drop_columns:
        raise TableError(f"drop_columns names the target '{target}': remove it from drop_columns")
    if len(set(drop_columns)) + 1 == frame.shape[1]:
        raise TableError("no feature columns are left: shorten drop_columns or add features")


def check_finite(X: pd.DataFrame) -> None:
    """Reject numbers in cleaned features that are infinite, or with which learners overflow.

    Raises
    ------
    TableError
        If there are any; the message names the columns.
    """
    numbers = X.select_dtypes("float64")
    values = np.abs(numbers.to_numpy())
    # Not a number is not large
    if not (values > LARGEST_NUMBER).any():
        return
    infinite = numbers.columns[np.isinf(values).any(axis=0)]
    if len(infinite):
        raise TableError(
            f"non-finite numbers in columns {quoted(infinite)}: replace infinities by numbers or empty cells"
        )
    large = numbers.columns[(values > LARGEST_NUMBER).any(axis=0)]
    raise TableError(
        f"numbers beyond {LARGEST_NUMBER:.0e} in columns {quoted(large)}, whose squares overflow in "
        "learners: divide them, take logarithms, or empty those cells if they stand for missing values"
    )
