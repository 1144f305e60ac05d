"""Stratified subsampling of rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd

QUANTILE_BINS = 10
# With which all nested samples of a table begin
FIRST_ROWS = 1_000


def subsample_rows(
    y: pd.Series, max_rows: int, min_class_rows: int, seed: int, task_id: str
) -> npt.NDArray[np.intp]:
    """Draw a stratified sample of at most `max_rows` rows; return increasing positions, shape (n_kept,).

    Parameters
    ----------
    y
        Target, shape (n_rows,): ``category`` (strata are classes) or numeric (strata are ten quantile bins).
    max_rows
        Number of rows to keep, exceeded only if the minima of all classes together exceed it.
    min_class_rows
        Minimum number of rows of each class, or all it has.
    seed, task_id
        Seed; each task has its own generator, so that its sample does not depend on other tasks.
    """
    if len(y) <= max_rows:
        return np.arange(len(y))
    strata = find_strata(y)
    counts = np.bincount(strata)
    floor = min_class_rows if y.dtype == "category" else 0
    sizes = allocate(counts, max_rows, np.minimum(counts, floor))
    # The first rows of every stratum in a random order
    order = np.random.default_rng([seed, stable_seed(task_id)]).permutation(len(y))
    kept = [order[strata[order] == stratum][:size] for stratum, size in enumerate(sizes)]
    return np.sort(np.concatenate(kept))


def nested_rows(
    y: pd.Series, sizes: Iterable[int], min_class_rows: int, seed: int, task_id: str
) -> dict[int, npt.NDArray[np.intp]]:
    """Draw stratified samples of which each holds the smaller ones; return increasing positions by size.

    The rows have one order, of which each sample is the beginning: it is the same whichever other sizes are
    asked for. The first thousand are those of `subsample_rows`.

    Parameters
    ----------
    y
        Target, shape (n_rows,), with the strata of `subsample_rows`.
    sizes
        Rows of the samples, exceeded only if the minima of all classes together exceed it.
    min_class_rows
        Minimum number of rows of each class, or all it has.
    seed, task_id
        Seed; each task has its own generator.
    """
    strata = find_strata(y)
    counts = np.bincount(strata)
    drawn = np.random.default_rng([seed, stable_seed(task_id)]).permutation(len(y))
    by_stratum = drawn[np.argsort(strata[drawn], kind="stable")]
    starts = np.cumsum(counts) - counts
    place = np.arange(len(y)) - np.repeat(starts, counts)
    share = (place + 0.5) / np.repeat(counts, counts)
    floor = min_class_rows if y.dtype == "category" else 0
    share[place < floor] = 0.0
    is_later = np.ones(len(y), dtype=bool)
    is_later[subsample_rows(y, FIRST_ROWS, min_class_rows, seed, task_id)] = False
    # Equal shares of several strata in a random order
    order = by_stratum[np.lexsort((np.argsort(drawn)[by_stratum], share, is_later[by_stratum]))]
    at_least = int(np.minimum(counts, floor).sum())
    return {size: np.sort(order[: max(size, at_least)]) for size in sizes}


def allocate(counts: npt.NDArray[np.intp], total: int, floors: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Allocate `total` rows to strata in proportion to their sizes, by largest remainders, above minima.

    Parameters
    ----------
    counts, floors
        Size and minimum of each stratum, shape (n_strata,), with ``floors <= counts``.
    total
        Rows to allocate, at most ``counts.sum()``.

    Returns
    -------
    numpy.ndarray
        Rows of each stratum, between `floors` and `counts`; the sum is ``max(total, floors.sum())``.
    """
    spare = total - int(floors.sum())
    if spare <= 0:
        return floors.copy()
    above_floor = np.maximum(counts * (total / counts.sum()) - floors, 0.0)
    extra = above_floor * (spare / above_floor.sum())
    sizes: npt.NDArray[np.intp] = floors + np.floor(extra).astype(np.intp)
    by_remainder = np.argsort(np.floor(extra) - extra, kind="stable")
    open_strata = by_remainder[sizes[by_remainder] < counts[by_remainder]]
    sizes[open_strata[: total - int(sizes.sum())]] += 1
    return sizes


def stable_seed(task_id: str) -> int:
    """Return a seed below 2**32 from the hash of a task's name, the same in every process."""
    return int.from_bytes(hashlib.sha256(task_id.encode()).digest()[:4], "big")


def find_strata(y: pd.Series) -> npt.NDArray[np.intp]:
    """Return the stratum of each row, 0, 1, ...: its class, or one of ten quantile bins of the values."""
    if y.dtype == "category":
        codes: npt.NDArray[np.intp] = np.unique(y.cat.codes.to_numpy(), return_inverse=True)[1]
        return codes
    ranks = y.rank(method="first").to_numpy() - 1
    bins: npt.NDArray[np.intp] = (ranks * QUANTILE_BINS // len(y)).astype(np.intp)
    return bins
