"""Information-theoretic metafeatures: entropies of binned columns, mutual information with the target."""

from __future__ import annotations

import math
from itertools import permutations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from foretune.metafeatures.columns import entropy
from foretune.metafeatures.description import TaskDescription
from foretune.metafeatures.group import Metafeature, MetafeatureGroup, summarise

_SIGNIFICANT = 0.01
# The number of pairs is quadratic in the columns
_MOST_PAIRED_COLUMNS = 12


class ContingencyTable(NamedTuple):
    """Non-empty cells of the joint counts of two columns.

    Attributes
    ----------
    rows, columns
        Levels of the first and the second column in every cell, shape (n_cells,).
    counts
        Number of rows in every cell, shape (n_cells,).
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, first: NDArray[np.int64], second: NDArray[np.int64]) -> ContingencyTable:
        """Count the pairs of levels 0, 1, ... of two columns; shape (n_rows,) each."""
        width = int(second.max()) + 1
        cells = first * width + second
        # With many categories and classes, most cells are empty
        if (int(first.max()) + 1) * width <= 8 * first.size:
            all_counts = np.bincount(cells)
            filled = np.flatnonzero(all_counts)
            counts = all_counts[filled]
        else:
            filled, counts = np.unique(cells, return_counts=True)
        return cls(*np.divmod(filled, width), counts)

    @property
    def mutual_information(self) -> float:
        """Mutual information of the two columns in nats, clipped at 0 against rounding."""
        marginal = entropy(np.bincount(self.rows, self.counts)) + entropy(
            np.bincount(self.columns, self.counts)
        )
        return max(0.0, marginal - entropy(self.counts))

    @property
    def concentration(self) -> float:
        """Goodman and Kruskal's tau: relative reduction of the Gini error of the second column by the first.

        NaN if the second column has a single level.
        """
        n = self.counts.sum()
        given = (self.counts**2 / np.bincount(self.rows, self.counts)[self.rows]).sum() / n
        alone = ((np.bincount(self.columns, self.counts) / n) ** 2).sum()
        return float(np.clip((given - alone) / (1 - alone), 0, 1)) if alone < 1 else math.nan


def compute(task: TaskDescription) -> dict[str, float]:
    """Compute the group; ratios to a zero entropy or zero mutual information are undefined."""
    target = task.target_levels
    tables = [ContingencyTable.of(levels, target) for levels in task.levels]
    marginals = [np.bincount(levels) for levels in task.levels]
    entropies = np.array([entropy(counts) for counts in marginals])
    n_levels = np.array([np.count_nonzero(counts) for counts in marginals], dtype=np.int64)
    joint = np.array([entropy(table.counts) for table in tables])
    information = np.maximum(entropies + task.target_entropy - joint, 0)
    values = {
        **_column_entropy(entropies, n_levels),
        **summarise("joint_entropy", joint, "mean", "sd"),
        **_dependence(information, entropies, task.target_entropy),
        **summarise("target_concentration", [table.concentration for table in tables], "mean", "sd", "max"),
        **summarise("attribute_concentration", _attribute_concentration(task), "mean", "sd", "max"),
        "share_relevant": _share_relevant(information, n_levels, np.unique(target).size, task.n_rows),
    }
    return values | (_class_entropy(task) if task.task_type == "classification" else {})


def mutual_information(first: NDArray[np.int64], second: NDArray[np.int64]) -> float:
    """Return the mutual information of two columns of levels in nats; shape (n_rows,) each."""
    return ContingencyTable.of(first, second).mutual_information


def _attribute_concentration(task: TaskDescription) -> list[float]:
    positions = [*task.numeric_positions, *task.nominal_positions]
    # Columns of a part are in pseudo-random order, so the first ones are a sample
    chosen = [k for k, position in enumerate(positions) if position < _MOST_PAIRED_COLUMNS]
    return [
        ContingencyTable.of(task.levels[first], task.levels[second]).concentration
        for first, second in permutations(chosen, 2)
    ]


def _column_entropy(entropies: NDArray[np.float64], n_levels: NDArray[np.int64]) -> dict[str, float]:
    varying = n_levels > 1
    relative = entropies[varying] / np.log(n_levels[varying])
    return summarise("attribute_entropy", np.minimum(relative, 1), "mean", "sd", "min", "max")


def _dependence(
    information: NDArray[np.float64], entropies: NDArray[np.float64], target_entropy: float
) -> dict[str, float]:
    mean_information = float(information.mean()) if information.size else 0.0
    mean_entropy = float(entropies.mean()) if entropies.size else 0.0
    explained = np.minimum(information / target_entropy, 1) if target_entropy > 0 else np.empty(0)
    informative = mean_information > 0 and target_entropy > 0
    return {
        **summarise("mutual_information", information, "mean", "sd", "max"),
        **summarise("uncertainty_coefficient", explained, "mean", "max"),
        "log_equivalent_attributes": math.log(target_entropy / mean_information) if informative else math.nan,
        "signal_share": min(1.0, mean_information / mean_entropy) if mean_entropy > 0 else math.nan,
    }


def _share_relevant(
    information: NDArray[np.float64], n_levels: NDArray[np.int64], n_target_levels: int, n_rows: int
) -> float:
    if information.size == 0 or n_target_levels < 2:
        return math.nan
    freedom = np.maximum((n_levels - 1) * (n_target_levels - 1), 1)
    # 2 n times the mutual information is the statistic of the G-test of independence
    significant = chdtrc(freedom, 2 * n_rows * information) < _SIGNIFICANT
    return float((significant & (n_levels > 1)).mean())


def _class_entropy(task: TaskDescription) -> dict[str, float]:
    value = task.target_entropy
    n_classes = task.class_counts.size
    return {
        "class_entropy": value,
        "relative_class_entropy": min(1.0, value / math.log(n_classes)) if n_classes > 1 else math.nan,
    }


_STATLOG = "Michie et al. 1994"
_LEVELS = "(numeric columns in bins of equal frequency, missing as a level of its own)"
_TARGET = "target (classes; for regression bins of equal frequency)"

GROUP = MetafeatureGroup(
    name="information",
    compute=compute,
    version="1",
    cost="n log n p",
    entries=(
        Metafeature(
            "attribute_entropy",
            f"Shannon entropy of a column / logarithm of its number of levels {_LEVELS}",
            0,
            1,
            source=_STATLOG,
            summaries=("mean", "sd", "min", "max"),
        ),
        Metafeature(
            "joint_entropy",
            f"Shannon entropy, in nats, of a column {_LEVELS} and the {_TARGET} together",
            0,
            source=_STATLOG,
            summaries=("mean", "sd"),
        ),
        Metafeature(
            "mutual_information",
            f"mutual information, in nats, of a column {_LEVELS} and the {_TARGET}",
            0,
            source=_STATLOG,
            summaries=("mean", "sd", "max"),
        ),
        Metafeature(
            "uncertainty_coefficient",
            f"mutual information of a column and the {_TARGET} / entropy of the latter",
            0,
            1,
            source="Theil 1970",
            summaries=("mean", "max"),
        ),
        Metafeature(
            "log_equivalent_attributes",
            f"natural logarithm of the entropy of the {_TARGET} / mean mutual information",
            source=_STATLOG,
        ),
        Metafeature(
            "signal_share",
            "mean mutual information / mean entropy of the columns (1 / (1 + noise-to-signal ratio))",
            0,
            1,
            source=_STATLOG,
        ),
        Metafeature(
            "target_concentration",
            f"Goodman and Kruskal's tau of the {_TARGET} given a column {_LEVELS}",
            0,
            1,
            source="Kalousis and Hilario 2001",
            summaries=("mean", "sd", "max"),
        ),
        Metafeature(
            "attribute_concentration",
            "Goodman and Kruskal's tau of a column given another, for all pairs of at most 12 columns "
            f"{_LEVELS}",
            0,
            1,
            source="Kalousis and Hilario 2001",
            summaries=("mean", "sd", "max"),
        ),
        Metafeature(
            "share_relevant",
            f"share of columns for which a G-test rejects independence of the {_TARGET} at 1 %",
            0,
            1,
            source="Sokal and Rohlf 1981",
        ),
        Metafeature(
            "class_entropy",
            "Shannon entropy of the classes, in nats",
            0,
            source=_STATLOG,
            task_types=("classification",),
        ),
        Metafeature(
            "relative_class_entropy",
            "class_entropy / logarithm of the number of classes",
            0,
            1,
            source="Castiello et al. 2005",
            task_types=("classification",),
        ),
    ),
)
