"""Checks of a log, with one-line errors that name the file, the row, the column and the fix."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.base import counted, quoted
from foretune.logs.cells import as_numbers, as_texts
from foretune.logs.errors import LogError
from foretune.logs.files import name_of
from foretune.spaces import LARGEST_NUMBER

LONGEST_VALUE = 60


@dataclass(frozen=True)
class CellCheck:
    """What each cell of a column must be.

    Attributes
    ----------
    holds
        Says of each cell of a column whether it is right.
    reason
        What is wrong where it is not, as the end of a message.
    """

    holds: Callable[[pd.Series], pd.Series]
    reason: str


# The checks of each column, in the order in which they are reported
Schema = Mapping[str, Sequence[CellCheck]]


def require_column(log: pd.DataFrame, column: str) -> None:
    """Raise if a log lacks a column, and suggest the closest name that it has.

    Raises
    ------
    LogError
        If the log has no such column.
    """
    if column in log.columns:
        return
    columns = [str(name) for name in log.columns]
    similar = {name.lower().replace("_", "").replace(" ", ""): name for name in columns}
    close = difflib.get_close_matches(column.replace("_", ""), similar, n=1, cutoff=0.7)
    hint = f"did you mean '{similar[close[0]]}'? " if close else ""
    raise LogError(f"{name_of(log)} has no column '{column}': {hint}its columns are {quoted(columns)}")


def fail_at(log: pd.DataFrame, column: str, is_wrong: npt.ArrayLike, reason: str) -> None:
    """Raise at the first wrong row, if there is any.

    Raises
    ------
    LogError
        ``<file>, row <n>: <column> = <value> <reason>``, and how many more rows are wrong.
    """
    wrong = np.flatnonzero(np.asarray(is_wrong, dtype=bool))
    if len(wrong):
        _fail(log, column, log.index[wrong[0]], log[column].iloc[wrong[0]], reason, len(wrong))


def check_schema(log: pd.DataFrame, schema: Schema) -> None:
    """Check the columns of a log that a schema names, and report the first failure in one line.

    Columns that the log does not have are left out; see :func:`require_column`.

    Raises
    ------
    LogError
        If a check fails, with the message of the check; see :func:`fail_at`.
    """
    for column, checks in schema.items():
        if column in log.columns:
            for check in checks:
                fail_at(log, column, ~check.holds(log[column]), check.reason)


def is_number_or_missing(cells: pd.Series) -> pd.Series:
    """Whether each cell is a number or missing."""
    return _as_series(~as_numbers(cells).is_wrong, cells)


def is_not_infinite(cells: pd.Series) -> pd.Series:
    """Whether each cell is anything but a number that a 32-bit float cannot hold."""
    return _as_series(~(np.abs(as_numbers(cells).values) > LARGEST_NUMBER), cells)


def is_given(cells: pd.Series) -> pd.Series:
    """Whether each cell holds something."""
    return _as_series(as_texts(cells).notna().to_numpy(), cells)


def is_given_if_any(cells: pd.Series) -> pd.Series:
    """Whether each cell holds something; a column without any value counts as one that is not there."""
    given = is_given(cells)
    return given if given.any() else ~given


def is_boolean(cells: pd.Series) -> pd.Series:
    """Whether each cell is 0, 1, true, false or missing."""
    numbers = as_numbers(cells)
    is_wrong = numbers.is_wrong | ~(np.isnan(numbers.values) | np.isin(numbers.values, (0.0, 1.0)))
    return _as_series(~is_wrong, cells)


def _as_series(flags: npt.NDArray[np.bool_], cells: pd.Series) -> pd.Series:
    return pd.Series(flags, index=cells.index)


def _fail(log: pd.DataFrame, column: str, row: object, value: object, reason: str, count: int) -> NoReturn:
    shown = repr(value.item() if isinstance(value, np.generic) else value)
    shown = shown if len(shown) <= LONGEST_VALUE else f"{shown[: LONGEST_VALUE - 3]}..."
    more = f" ({counted(count - 1, 'more row')} like this)" if count > 1 else ""
    what = f"{column} is empty" if reason.startswith("is empty") else f"{column} = {shown}"
    rest = reason.removeprefix("is empty").lstrip() if reason.startswith("is empty") else reason
    separator = "" if rest.startswith((":", ";", ",")) else " "
    raise LogError(f"{name_of(log)}, row {row}: {what}{separator}{rest}{more}")
