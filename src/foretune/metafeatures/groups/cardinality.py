"""Metafeatures of distinct values and modes of the columns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foretune.metafeatures.caps import Caps
from foretune.metafeatures.description import TaskDescription
from foretune.metafeatures.group import Metafeature, MetafeatureGroup, share, summarise

_STATLOG = "Michie et al. 1994"
_SPARSE = 0.5


class Cardinality(NamedTuple):
    """Counts of a column's non-missing values: all, distinct, and the most frequent."""

    n_observed: int
    n_distinct: int
    n_most: int


def compute(task: TaskDescription) -> dict[str, float]:
    """Compute the group; columns without values count as constant, and have no other cardinality."""
    numeric = [numeric_cardinality(task.numeric[:, k]) for k in range(task.numeric.shape[1])]
    nominal = [nominal_cardinality(task.nominal[:, k]) for k in range(task.nominal.shape[1])]
    both = numeric + nominal
    filled = np.array([c for c in both if c.n_observed > 0], dtype=np.float64).reshape(-1, 3)
    numbers = np.array([c for c in numeric if c.n_observed > 0], dtype=np.float64).reshape(-1, 3)
    categories = np.array([c.n_distinct for c in nominal if c.n_distinct > 0])
    return {
        "share_constant": share(sum(c.n_distinct <= 1 for c in both), task.n_features),
        "share_binary": share(sum(c.n_distinct == 2 for c in both), task.n_features),
        "share_identifier": share(sum(c.n_distinct == task.n_rows for c in nominal), task.n_features),
        "share_sparse": _share_sparse(task),
        **summarise("distinct_share", numbers[:, 1] / numbers[:, 0], "mean", "min", "max"),
        **summarise("log_n_categories", np.log(categories), "mean", "sd", "max"),
        **summarise("mode_share", filled[:, 2] / filled[:, 0], "mean", "sd", "max"),
        **summarise("sparsity", _sparsity(filled), "mean", "sd", "max"),
    }


def numeric_cardinality(values: NDArray[np.float64]) -> Cardinality:
    """Count the values of a numeric column, NaN where missing."""
    ordered = np.sort(values[~np.isnan(values)])
    if not ordered.size:
        return Cardinality(0, 0, 0)
    ends = np.append(np.flatnonzero(ordered[1:] > ordered[:-1]), ordered.size - 1)
    return Cardinality(ordered.size, ends.size, int(np.diff(ends, prepend=-1).max()))


def nominal_cardinality(codes: NDArray[np.int64]) -> Cardinality:
    """Count the values of a nominal column, -1 where missing."""
    counts = np.bincount(codes[codes >= 0])
    return Cardinality(int(counts.sum()), counts.size, int(counts.max(initial=0)))


def _share_sparse(task: TaskDescription) -> float:
    numeric = task.numeric
    n_zeros = np.array([values.size - np.count_nonzero(values) for values in numeric.T])
    n_observed = task.n_rows - task.missing[:, : numeric.shape[1]].sum(axis=0)
    return share(int((n_zeros > _SPARSE * n_observed).sum()), task.n_features)


def _sparsity(filled: NDArray[np.float64]) -> NDArray[np.float64]:
    several = filled[filled[:, 0] > 1]
    return (several[:, 0] / several[:, 1] - 1) / (several[:, 0] - 1)


GROUP = MetafeatureGroup(
    name="cardinality",
    compute=compute,
    version="1",
    cost="n log n p",
    caps=Caps(max_rows=None, max_columns=None),
    entries=(
        Metafeature("share_constant", "columns with at most one distinct value / columns", 0, 1),
        Metafeature(
            "share_binary", "columns with exactly two distinct values / columns", 0, 1, source=_STATLOG
        ),
        Metafeature("share_identifier", "nominal columns with another value in every row / columns", 0, 1),
        Metafeature(
            "share_sparse", "numeric columns of which more than half of the values are zero / columns", 0, 1
        ),
        Metafeature(
            "distinct_share",
            "distinct values / non-missing values of a numeric column",
            0,
            1,
            summaries=("mean", "min", "max"),
        ),
        Metafeature(
            "log_n_categories",
            "natural logarithm of the number of occurring categories of a nominal column",
            0,
            source="Kalousis and Theoharis 1999",
            summaries=("mean", "sd", "max"),
        ),
        Metafeature(
            "mode_share",
            "rows with the most frequent value / non-missing values of a column",
            0,
            1,
            summaries=("mean", "sd", "max"),
        ),
        Metafeature(
            "sparsity",
            "(n / distinct values - 1) / (n - 1) of a column with n non-missing values: 0 if all differ, 1 "
            "if none does",
            0,
            1,
            source="Salama et al. 2013",
            summaries=("mean", "sd", "max"),
        ),
    ),
)
