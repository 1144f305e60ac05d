"""Sizes, kinds of columns, missing values and cardinalities."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from foretune.metafeatures.registry import Metafeature, MetafeatureGroup, summarise

if TYPE_CHECKING:
    from foretune.metafeatures.description import TaskDescription

_STATLOG = "Michie et al. 1994"
_RIVOLLI = "Rivolli et al. 2022"


def compute(task: TaskDescription) -> dict[str, float]:
    """Compute the group; a table without columns has shares of NaN."""
    values = _sizes(task) | _kinds(task) | _missingness(task) | _cardinality(task)
    if task.task_type == "classification":
        n_classes = task.class_counts.size
        values["log_n_classes"] = _log(n_classes)
        values["log_rows_per_class"] = _log(task.n_rows) - _log(n_classes)
    return values


def _log(size: float) -> float:
    return math.log(size) if size > 0 else math.nan


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else math.nan


def _sizes(task: TaskDescription) -> dict[str, float]:
    one_hot = np.minimum(task.n_distinct[len(task.numeric_positions) :], task.limits.max_categories)
    return {
        "log_n_rows": _log(task.n_rows),
        "log_n_features": _log(task.n_features),
        "log_rows_per_feature": _log(task.n_rows) - _log(task.n_features),
        "log_n_encoded": _log(len(task.numeric_positions) + int(one_hot.sum())),
    }


def _kinds(task: TaskDescription) -> dict[str, float]:
    numeric = task.numeric
    observed = ~np.isnan(numeric)
    whole = (numeric == np.floor(numeric)) | ~observed
    return {
        "share_categorical": _share(task.kinds.count("categorical"), task.n_features),
        "share_boolean": _share(task.kinds.count("boolean"), task.n_features),
        "share_integer": _share(int((whole.all(axis=0) & observed.any(axis=0)).sum()), numeric.shape[1]),
        "share_zero": _share(int((numeric == 0).sum()), int(observed.sum())),
    }


def _missingness(task: TaskDescription) -> dict[str, float]:
    missing = task.missing
    n_rows, n_columns = missing.shape
    return {
        "share_missing": _share(int(missing.sum()), missing.size),
        "share_rows_with_missing": _share(int(missing.any(axis=1).sum()), n_rows if n_columns else 0),
        "share_columns_with_missing": _share(int(missing.any(axis=0).sum()), n_columns),
    }


def _cardinality(task: TaskDescription) -> dict[str, float]:
    n_numeric = len(task.numeric_positions)
    n_distinct = task.n_distinct
    observed = (~task.missing[:, :n_numeric]).sum(axis=0)
    filled = observed > 0
    distinct_shares = n_distinct[:n_numeric][filled] / observed[filled]
    n_categories = n_distinct[n_numeric:]
    return {
        "share_constant": _share(int((n_distinct <= 1).sum()), task.n_features),
        "share_binary": _share(int((n_distinct == 2).sum()), task.n_features),
        **summarise("distinct_share", distinct_shares, "mean", "min", "max"),
        **summarise("log_n_categories", np.log(n_categories[n_categories > 0]), "mean", "sd", "max"),
    }


GROUP = MetafeatureGroup(
    name="simple",
    compute=compute,
    cost="free",
    entries=(
        Metafeature("log_n_rows", "natural logarithm of the number of rows", 0, source=_STATLOG),
        Metafeature(
            "log_n_features", "natural logarithm of the number of feature columns", 0, source=_STATLOG
        ),
        Metafeature(
            "log_rows_per_feature", "log_n_rows - log_n_features", source="Kalousis and Theoharis 1999"
        ),
        Metafeature(
            "log_n_encoded",
            "natural logarithm of the number of columns after one-hot encoding, at most max_categories per "
            "nominal column",
            0,
        ),
        Metafeature(
            "share_categorical",
            "nominal columns (booleans not counted) / columns",
            0,
            1,
            source="Brazdil et al. 2009",
        ),
        Metafeature("share_boolean", "boolean columns / columns", 0, 1, source=_STATLOG),
        Metafeature("share_integer", "numeric columns whose values are all whole / numeric columns", 0, 1),
        Metafeature("share_zero", "exact zeros / non-missing numeric cells", 0, 1),
        Metafeature("share_missing", "missing cells / cells", 0, 1, source="Brazdil et al. 2009"),
        Metafeature("share_rows_with_missing", "rows with a missing cell / rows", 0, 1, source=_RIVOLLI),
        Metafeature(
            "share_columns_with_missing", "columns with a missing cell / columns", 0, 1, source=_RIVOLLI
        ),
        Metafeature("share_constant", "columns with at most one distinct value / columns", 0, 1),
        Metafeature(
            "share_binary", "columns with exactly two distinct values / columns", 0, 1, source=_STATLOG
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
            "log_n_classes",
            "natural logarithm of the number of occurring classes",
            0,
            source=_STATLOG,
            task_types=("classification",),
        ),
        Metafeature(
            "log_rows_per_class",
            "log_n_rows - log_n_classes",
            0,
            source="Foretune",
            task_types=("classification",),
        ),
    ),
)
