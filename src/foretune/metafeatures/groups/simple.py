"""Simple metafeatures: sizes of the table and kinds of columns."""

from __future__ import annotations

import math

import numpy as np

from foretune.metafeatures.caps import Caps
from foretune.metafeatures.description import TaskDescription
from foretune.metafeatures.group import Metafeature, MetafeatureGroup, share

_STATLOG = "Michie et al. 1994"


def compute(task: TaskDescription) -> dict[str, float]:
    """Compute the group; shares of columns are NaN without columns."""
    values = _sizes(task) | _kinds(task)
    if task.task_type == "classification":
        n_classes = task.class_counts.size
        values["log_n_classes"] = _log(n_classes)
        values["log_rows_per_class"] = _log(task.n_rows) - _log(n_classes)
    return values


def _log(size: float) -> float:
    return math.log(size) if size > 0 else math.nan


def _sizes(task: TaskDescription) -> dict[str, float]:
    one_hot = np.minimum(task.n_categories, task.settings.max_categories)
    return {
        "log_n_rows": _log(task.n_rows),
        "log_n_features": _log(task.n_features),
        "log_rows_per_feature": _log(task.n_rows) - _log(task.n_features),
        "log_n_encoded": _log(len(task.numeric_positions) + int(one_hot.sum())),
    }


def _kinds(task: TaskDescription) -> dict[str, float]:
    n_whole = n_zeros = n_observed = 0
    for values in task.numeric.T:
        observed = values[~np.isnan(values)]
        n_observed += observed.size
        n_zeros += observed.size - np.count_nonzero(observed)
        n_whole += observed.size > 0 and bool((observed == np.floor(observed)).all())
    return {
        "share_categorical": share(task.kinds.count("nominal"), task.n_features),
        "share_boolean": share(task.kinds.count("boolean"), task.n_features),
        "share_time": share(task.kinds.count("time"), task.n_features),
        "share_integer": share(n_whole, task.numeric.shape[1]),
        "share_zero": share(n_zeros, n_observed),
    }


GROUP = MetafeatureGroup(
    name="simple",
    compute=compute,
    version="2",
    cost="n p",
    caps=Caps(max_rows=None, max_columns=None),
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
        Metafeature("share_categorical", "nominal columns / columns", 0, 1, source="Brazdil et al. 2009"),
        Metafeature(
            "share_boolean",
            "columns that hold 0, 1 and nothing else / columns",
            0,
            1,
            source=_STATLOG,
        ),
        Metafeature("share_time", "columns of dates, durations or periods / columns", 0, 1),
        Metafeature("share_integer", "numeric columns whose values are all whole / numeric columns", 0, 1),
        Metafeature("share_zero", "exact zeros / non-missing numeric cells", 0, 1),
        Metafeature(
            "log_n_classes",
            "natural logarithm of the number of occurring classes",
            0,
            source=_STATLOG,
            task_types=("classification",),
        ),
        Metafeature("log_rows_per_class", "log_n_rows - log_n_classes", 0, task_types=("classification",)),
    ),
)
