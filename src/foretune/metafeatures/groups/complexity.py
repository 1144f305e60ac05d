"""Complexity measures of classification and regression tasks, computed on a sample."""

from __future__ import annotations

import math

import numpy as np

from foretune.base import TaskType
from foretune.metafeatures.caps import Caps
from foretune.metafeatures.description import TaskDescription
from foretune.metafeatures.group import Metafeature, MetafeatureGroup
from foretune.metafeatures.groups.linearity import measure_class_linearity, measure_target_linearity
from foretune.metafeatures.groups.neighbourhood import (
    measure_class_neighbourhood,
    measure_target_neighbourhood,
)
from foretune.metafeatures.groups.overlap import measure_overlap

_CLASSIFICATION: tuple[TaskType, ...] = ("classification",)
_REGRESSION: tuple[TaskType, ...] = ("regression",)
_LORENA = "Lorena et al. 2019"
_LORENA_REGRESSION = "Lorena et al. 2018"
_PAIR = "of a pair of classes (at most 45 pairs)"
_GOWER = "by Gower's distance"


def compute(task: TaskDescription) -> dict[str, float]:
    """Compute the group; undefined without columns, with a single class or a constant target."""
    if np.unique(task.target_levels).size < 2 or task.n_features == 0:
        return dict.fromkeys(GROUP.keys([task.task_type]), math.nan)
    if task.task_type == "classification":
        return measure_overlap(task) | measure_class_linearity(task) | measure_class_neighbourhood(task)
    return measure_target_linearity(task) | measure_target_neighbourhood(task)


GROUP = MetafeatureGroup(
    name="complexity",
    compute=compute,
    version="1",
    cost="n^2 p + min(c^2, 45) p^3",
    caps=Caps(max_rows=1_000),
    entries=(
        Metafeature(
            "directional_overlap",
            f"1 / (1 + r) {_PAIR}, r being Fisher's ratio along the direction that separates them best (F1v)",
            0,
            1,
            source=_LORENA,
            summaries=("mean", "max"),
            task_types=_CLASSIFICATION,
        ),
        Metafeature(
            "overlap_volume",
            f"product over the numeric columns of (overlap of the ranges / joint range) {_PAIR} (F2)",
            0,
            1,
            source=_LORENA,
            summaries=("mean", "max"),
            task_types=_CLASSIFICATION,
        ),
        Metafeature(
            "overlap_share",
            f"rows in the overlap of the ranges / rows {_PAIR}, for the best numeric column (F3)",
            0,
            1,
            source=_LORENA,
            summaries=("mean", "max"),
            task_types=_CLASSIFICATION,
        ),
        Metafeature(
            "collective_overlap_share",
            f"rows that stay in the overlap of all numeric columns, the best first / rows {_PAIR} (F4)",
            0,
            1,
            source=_LORENA,
            summaries=("mean", "max"),
            task_types=_CLASSIFICATION,
        ),
        Metafeature(
            "linear_error_distance",
            f"d / (1 + d) {_PAIR}, d being the mean distance of rows on the wrong side of the least-squares "
            "line (L1)",
            0,
            1,
            source=_LORENA,
            summaries=("mean", "max"),
            task_types=_CLASSIFICATION,
        ),
        Metafeature(
            "linear_error",
            f"rows on the wrong side of the least-squares line / rows {_PAIR} (L2)",
            0,
            1,
            source=_LORENA,
            summaries=("mean", "max"),
            task_types=_CLASSIFICATION,
        ),
        Metafeature(
            "linear_residual",
            "mean |residual| of least squares, in standard deviations of the target (L1)",
            0,
            source=_LORENA_REGRESSION,
            task_types=_REGRESSION,
        ),
        Metafeature(
            "linear_squared_residual",
            "mean squared residual of least squares / variance of the target (L2)",
            0,
            source=_LORENA_REGRESSION,
            task_types=_REGRESSION,
        ),
        Metafeature(
            "linear_nonlinearity",
            f"the same error for rows interpolated between rows of a class {_PAIR} (L3)",
            0,
            1,
            source=_LORENA,
            summaries=("mean", "max"),
            task_types=_CLASSIFICATION,
        ),
        Metafeature(
            "linear_nonlinearity",
            "the same error for rows interpolated between rows with adjacent targets (L3)",
            0,
            source=_LORENA_REGRESSION,
            task_types=_REGRESSION,
        ),
        Metafeature(
            "borderline_share",
            f"rows with an edge to another class in the minimum spanning tree {_GOWER} / rows (N1)",
            0,
            1,
            source=_LORENA,
            task_types=_CLASSIFICATION,
        ),
        Metafeature(
            "intra_extra_ratio",
            "a / (a + b) of a row, a and b being the distances to the nearest row of its own and of another "
            f"class {_GOWER} (N2)",
            0,
            1,
            source=_LORENA,
            summaries=("mean", "sd"),
            task_types=_CLASSIFICATION,
        ),
        Metafeature(
            "tree_target_distance",
            f"mean difference of the targets along the edges of the minimum spanning tree {_GOWER}, in "
            "standard deviations (S1)",
            0,
            source=_LORENA_REGRESSION,
            task_types=_REGRESSION,
        ),
        Metafeature(
            "adjacent_input_distance",
            "mean Gower's distance of rows with adjacent targets (S2)",
            0,
            1,
            source=_LORENA_REGRESSION,
            task_types=_REGRESSION,
        ),
        Metafeature(
            "neighbour_error",
            f"leave-one-out error of the nearest neighbour {_GOWER}: share of rows, or mean square / "
            "variance (N3, S3)",
            0,
            source=f"{_LORENA}; {_LORENA_REGRESSION}",
        ),
        Metafeature(
            "neighbour_nonlinearity",
            f"error of the nearest neighbour {_GOWER} for rows interpolated within a class, or between "
            "adjacent targets (N4, S4)",
            0,
            source=f"{_LORENA}; {_LORENA_REGRESSION}",
        ),
        Metafeature(
            "local_set_cardinality",
            "1 - mean share of rows that are nearer to a row than its nearest row of another class "
            f"{_GOWER} (LSC)",
            0,
            1,
            source=_LORENA,
            task_types=_CLASSIFICATION,
        ),
    ),
)
