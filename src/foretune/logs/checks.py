"""Checks of a log, with one-line errors that name the file, the row, the column and the fix."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, NoReturn

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.base import counted, quoted
from foretune.logs.cells import as_numbers, as_texts
from foretune.logs.errors import LogError
from foretune.logs.files import name_of
from foretune.spaces import LARGEST_NUMBER

if TYPE_CHECKING:
    import pandera.pandas as pa

LONGEST_VALUE = 60


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


def check_schema(log: pd.DataFrame, schema: pa.DataFrameSchema) -> None:
    """Validate a log with Pandera, and report the first failure in one line.

    Raises
    ------
    LogError
        If a check fails, with the message of the check; see :func:`fail_at`.
    """
    import pandera.errors

    try:
        schema.validate(log)
    except pandera.errors.SchemaError as error:
        failures = error.failure_cases
        row, value = failures["index"].iloc[0], failures["failure_case"].iloc[0]
        _fail(log, str(error.schema.name), row, value, str(error.check.error), len(failures))


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
