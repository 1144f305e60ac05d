"""Metafeatures of missing values: shares, patterns and information about the target."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foretune.metafeatures.caps import Caps
from foretune.metafeatures.description import TaskDescription
from foretune.metafeatures.group import Metafeature, MetafeatureGroup, share, summarise
from foretune.metafeatures.groups.information import mutual_information

_RIVOLLI = "Rivolli et al. 2022"


def compute(task: TaskDescription) -> dict[str, float]:
    """Compute the group; undefined without columns."""
    missing = task.missing
    n_rows, n_columns = missing.shape
    by_column = missing.sum(axis=0)
    # Only the few columns with missing values form patterns
    holed = missing[:, by_column > 0]
    return {
        "share_missing": share(int(by_column.sum()), missing.size),
        "share_rows_with_missing": share(int(holed.any(axis=1).sum()), n_rows if n_columns else 0),
        "share_columns_with_missing": share(holed.shape[1], n_columns),
        **summarise("column_share", by_column / n_rows, "sd", "max"),
        "log_n_patterns": float(np.log(_count_patterns(holed))),
        **summarise("target_information", _target_information(task, by_column), "mean", "max"),
    }


def _count_patterns(holed: NDArray[np.bool_]) -> int:
    packed = np.packbits(holed, axis=1)
    return int(np.unique(packed, axis=0).shape[0]) if packed.shape[1] else 1


def _target_information(task: TaskDescription, by_column: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the share of the target's entropy explained by the missingness of each column."""
    information = np.zeros(task.n_features)
    for k in np.flatnonzero(by_column):
        information[k] = mutual_information(task.missing[:, k].astype(np.int64), task.target_levels)
    entropy = task.target_entropy
    return np.clip(information / entropy, 0, 1) if entropy > 0 else np.empty(0)


GROUP = MetafeatureGroup(
    name="missingness",
    compute=compute,
    version="1",
    cost="n p",
    caps=Caps(max_rows=None, max_columns=None),
    entries=(
        Metafeature("share_missing", "missing cells / cells", 0, 1, source="Brazdil et al. 2009"),
        Metafeature("share_rows_with_missing", "rows with a missing cell / rows", 0, 1, source=_RIVOLLI),
        Metafeature(
            "share_columns_with_missing", "columns with a missing cell / columns", 0, 1, source=_RIVOLLI
        ),
        Metafeature("column_share", "missing cells of a column / rows", 0, 1, summaries=("sd", "max")),
        Metafeature(
            "log_n_patterns",
            "natural logarithm of the number of different sets of columns that are missing in a row",
            0,
            source="Little and Rubin 2002",
        ),
        Metafeature(
            "target_information",
            "mutual information of 'the column is missing' and the target (classes; for regression bins of "
            "equal frequency) / entropy of the target",
            0,
            1,
            summaries=("mean", "max"),
        ),
    ),
)
