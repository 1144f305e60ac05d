"""Metafeatures of the target's distribution: class balance, shape of a numeric target."""

from __future__ import annotations

import math

import numpy as np

from foretune.base import TaskType
from foretune.metafeatures.caps import Caps
from foretune.metafeatures.description import TaskDescription
from foretune.metafeatures.group import Metafeature, MetafeatureGroup, summarise

_CLASSIFICATION: tuple[TaskType, ...] = ("classification",)
_REGRESSION: tuple[TaskType, ...] = ("regression",)
_SMALL_CLASS = 15


def compute(task: TaskDescription) -> dict[str, float]:
    """Compute the group; the shape of a constant numeric target is undefined."""
    return _balance(task) if task.task_type == "classification" else _shape(task)


def _balance(task: TaskDescription) -> dict[str, float]:
    counts = task.class_counts
    shares = counts / counts.sum()
    return {
        "minority_share": float(shares.min()),
        "majority_share": float(shares.max()),
        "log_imbalance": math.log(counts.max() / counts.min()),
        "log_minority_size": math.log(counts.min()),
        **summarise("class_share", shares, "sd"),
        "imbalance": _imbalance(shares),
        "share_small_classes": float((counts < _SMALL_CLASS).mean()),
    }


def _imbalance(shares: np.ndarray) -> float:
    if shares.size < 2:
        return math.nan
    ratio = (shares.size - 1) / shares.size * (shares / (1 - shares)).sum()
    # At least 1 by definition, except for rounding
    return max(0.0, 1 - 1 / float(ratio))


def _shape(task: TaskDescription) -> dict[str, float]:
    distribution = task.target_distribution
    moments = task.target_moments
    values = distribution.distinct
    constant = values.size < 2
    # In the unit of the scaled target, as the quartiles
    sd = math.nan if constant else float(moments.sd[0])
    share_of = distribution.counts / distribution.n_observed
    y = task.y_values
    return {
        "skewness": float(moments.skewness[0]),
        "log_kurtosis": math.nan if constant else max(0.0, math.log(moments.kurtosis[0])),
        "bimodality": float(moments.bimodality[0]),
        "iqr_to_sd": distribution.interquartile_range / sd,
        "log_range_to_sd": math.log((values[-1] - values[0]) / sd) if not constant else math.nan,
        "outlier_share": distribution.outlier_share(),
        "distinct_share": values.size / distribution.n_observed,
        "mode_share": float(share_of.max()),
        "integer_share": float((y == np.floor(y)).mean()),
        "zero_share": float((y == 0).mean()),
    }


GROUP = MetafeatureGroup(
    name="target",
    compute=compute,
    version="1",
    cost="n log n",
    caps=Caps(max_rows=None, max_columns=None),
    entries=(
        Metafeature(
            "minority_share",
            "rows of the smallest class / rows",
            0,
            1,
            source="Rivolli et al. 2022",
            task_types=_CLASSIFICATION,
        ),
        Metafeature(
            "majority_share",
            "rows of the largest class / rows (accuracy of the default class)",
            0,
            1,
            source="Michie et al. 1994",
            task_types=_CLASSIFICATION,
        ),
        Metafeature(
            "log_imbalance",
            "natural logarithm of rows of the largest class / rows of the smallest",
            0,
            source="Lorena et al. 2019",
            task_types=_CLASSIFICATION,
        ),
        Metafeature(
            "log_minority_size",
            "natural logarithm of the rows of the smallest class",
            0,
            task_types=_CLASSIFICATION,
        ),
        Metafeature(
            "class_share",
            "rows of a class / rows",
            0,
            1,
            source="Rivolli et al. 2022",
            summaries=("sd",),
            task_types=_CLASSIFICATION,
        ),
        Metafeature(
            "imbalance",
            "1 - 1 / r with r = (c - 1) / c * sum of s / (1 - s) over the shares s of the c classes (C2)",
            0,
            1,
            source="Lorena et al. 2019",
            task_types=_CLASSIFICATION,
        ),
        Metafeature(
            "share_small_classes",
            "classes with fewer than 15 rows / classes",
            0,
            1,
            source="Koepf and Iglezakis 2002",
            task_types=_CLASSIFICATION,
        ),
        Metafeature(
            "skewness",
            "third standardised moment of the target",
            source="Soares et al. 2004",
            task_types=_REGRESSION,
        ),
        Metafeature(
            "log_kurtosis",
            "natural logarithm of the fourth standardised moment of the target (1.1 for a Gaussian)",
            0,
            source="Soares et al. 2004",
            task_types=_REGRESSION,
        ),
        Metafeature(
            "bimodality",
            "(skewness^2 + 1) / fourth standardised moment of the target (Sarle's coefficient)",
            0,
            1,
            task_types=_REGRESSION,
        ),
        Metafeature(
            "iqr_to_sd",
            "interquartile range / standard deviation of the target (1.35 for a Gaussian)",
            0,
            task_types=_REGRESSION,
        ),
        Metafeature(
            "log_range_to_sd",
            "natural logarithm of (maximum - minimum) / standard deviation of the target",
            0,
            task_types=_REGRESSION,
        ),
        Metafeature(
            "outlier_share",
            "share of targets more than 1.5 interquartile ranges outside the quartiles",
            0,
            1,
            source="Tukey 1977; Soares et al. 2004",
            task_types=_REGRESSION,
        ),
        Metafeature("distinct_share", "distinct targets / rows", 0, 1, task_types=_REGRESSION),
        Metafeature("mode_share", "share of the most frequent target", 0, 1, task_types=_REGRESSION),
        Metafeature(
            "integer_share", "rows whose target is a whole number / rows", 0, 1, task_types=_REGRESSION
        ),
        Metafeature("zero_share", "rows whose target is exactly zero / rows", 0, 1, task_types=_REGRESSION),
    ),
)
