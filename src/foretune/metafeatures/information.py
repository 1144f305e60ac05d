"""Entropies of columns and what they tell about the target; numeric columns are cut into bins first."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import chdtrc

from foretune.metafeatures.registry import Metafeature, MetafeatureGroup, summarise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foretune.metafeatures.description import TaskDescription

_SIGNIFICANT = 0.01


def compute(task: TaskDescription) -> dict[str, float]:
    """Compute the group; ratios to a zero entropy or zero mutual information are undefined."""
    target = task.target_levels
    target_entropy = entropy(np.bincount(target))
    marginals = [np.bincount(levels) for levels in task.levels]
    entropies = np.array([entropy(counts) for counts in marginals])
    n_levels = np.array([np.count_nonzero(counts) for counts in marginals], dtype=np.int64)
    joint = np.array([entropy(_joint_counts(levels, target)) for levels in task.levels])
    # Not negative by definition, but for rounding
    information = np.maximum(entropies + target_entropy - joint, 0)
    values = {
        **_column_entropy(entropies, n_levels),
        **_dependence(information, entropies, target_entropy),
        "share_relevant": _share_relevant(information, n_levels, np.unique(target).size, task.n_rows),
    }
    return values | (_class_entropy(task) if task.task_type == "classification" else {})


def entropy(counts: NDArray[np.int64]) -> float:
    """Return the Shannon entropy, in nats, of the distribution with the given counts."""
    positive = counts[counts > 0]
    shares = positive / positive.sum()
    return max(0.0, -float((shares * np.log(shares)).sum()))


def _joint_counts(levels: NDArray[np.int64], target: NDArray[np.int64]) -> NDArray[np.int64]:
    width = int(target.max()) + 1
    cells = levels * width + target
    # A table of many categories times many classes is mostly empty
    if (int(levels.max()) + 1) * width <= 8 * levels.size:
        return np.bincount(cells)
    counts: NDArray[np.int64] = np.unique(cells, return_counts=True)[1]
    return counts


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
    # Twice n times the mutual information is the statistic of the G-test of independence
    significant = chdtrc(freedom, 2 * n_rows * information) < _SIGNIFICANT
    return float((significant & (n_levels > 1)).mean())


def _class_entropy(task: TaskDescription) -> dict[str, float]:
    value = entropy(task.class_counts)
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
