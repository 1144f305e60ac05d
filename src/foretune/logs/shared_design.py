"""Shared designs: configurations that recur from task to task, as far as some columns tell them apart."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import is_numeric_dtype

# Bits of a float that count, about twelve significant digits as in the identity of a configuration
MANTISSA_BITS = 39
# In a shared design most configurations are on another task, too
LEAST_SHARE_ELSEWHERE = 0.5
# Two trials of one task are equal at most this much as often as two of different tasks
LARGEST_RATIO = 0.2
# So many equal pairs within tasks would be expected if each task had drawn its own configurations
FEWEST_EXPECTED_PAIRS = 5.0


class Recurrence(NamedTuple):
    """How often configurations recur.

    Attributes
    ----------
    share_elsewhere
        Share of the rows whose configuration is also on another task.
    n_equal
        Pairs of rows of different tasks with one configuration.
    is_design
        Whether the tasks share a design: rows recur on other tasks but hardly on their own, which does not
        happen if each task draws its configurations by itself.
    """

    share_elsewhere: float
    n_equal: int
    is_design: bool


def hash_columns(columns: pd.DataFrame) -> dict[str, npt.NDArray[np.uint64]]:
    """Hash each cell to 64 bits; the sum of a row's hashes is that of its configuration.

    The order of rows and columns makes no difference. Missing values equal each other.
    """
    hashed: dict[str, npt.NDArray[np.uint64]] = {}
    for number, name in enumerate(sorted(map(str, columns))):
        codes, uniques = pd.factorize(_rounded(columns[name]), sort=True)
        random = np.random.default_rng([0, number])
        # Code -1 is a missing value, and takes the last element
        hashes = random.integers(0, 2**64, size=len(uniques) + 1, dtype=np.uint64)
        hashed[name] = hashes[codes]
    return hashed


def sum_hashes(hashes: Iterable[npt.NDArray[np.uint64]], n_rows: int) -> npt.NDArray[np.uint64]:
    """Add hashes of columns, modulo 2^64; zeros for none."""
    total = np.zeros(n_rows, dtype=np.uint64)
    for values in hashes:
        total += values
    return total


def recurrence(configurations: npt.NDArray[np.uint64], tasks: npt.NDArray[np.intp]) -> Recurrence:
    """Count how often configurations recur on other tasks and on their own.

    Parameters
    ----------
    configurations
        Hash of each row, ``(n_rows,)``.
    tasks
        Code of the task of each row, ``(n_rows,)``.
    """
    n_rows = len(tasks)
    if not n_rows:
        return Recurrence(0.0, 0, is_design=False)
    _, keys = np.unique(configurations, return_inverse=True)
    _, on_task, n_on_task = np.unique(
        keys * (int(tasks.max()) + 1) + tasks, return_inverse=True, return_counts=True
    )
    n_anywhere = np.bincount(keys)
    elsewhere = float(np.mean(n_anywhere[keys] > n_on_task[on_task]))
    n_equal_within = int((n_on_task**2).sum()) - n_rows
    n_equal_between = int((n_anywhere**2).sum()) - int((n_on_task**2).sum())
    n_within = int((np.bincount(tasks) ** 2).sum()) - n_rows
    n_between = n_rows**2 - n_rows - n_within
    if not n_within or not n_between:
        return Recurrence(elsewhere, n_equal_between // 2, is_design=False)
    expected = n_within * n_equal_between / n_between
    is_design = (
        elsewhere >= LEAST_SHARE_ELSEWHERE
        and expected / 2 >= FEWEST_EXPECTED_PAIRS
        and n_equal_within <= LARGEST_RATIO * expected
    )
    return Recurrence(elsewhere, n_equal_between // 2, is_design=is_design)


def _rounded(values: pd.Series) -> pd.Series:
    if not is_numeric_dtype(values.dtype):
        return values
    mantissa, exponent = np.frexp(values.to_numpy(dtype=np.float64))
    return pd.Series(np.ldexp(np.round(np.ldexp(mantissa, MANTISSA_BITS)), exponent - MANTISSA_BITS))
