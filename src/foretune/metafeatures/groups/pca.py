"""Metafeatures of the principal components of the standardised numeric columns."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from foretune.metafeatures.columns import Moments, to_unit_magnitude
from foretune.metafeatures.description import TaskDescription
from foretune.metafeatures.group import Metafeature, MetafeatureGroup

_SHARES = (50, 90, 95, 99)
# Tolerance for shares that are reached exactly
_SLACK = 1e-9


def compute(task: TaskDescription) -> dict[str, float]:
    """Compute the group; undefined without a varying numeric column."""
    variances = task.principal_axes.eigenvalues[::-1]
    if variances.size == 0:
        return dict.fromkeys(GROUP.keys([task.task_type]), math.nan)
    shares = variances / variances.sum()
    n_components = {percent: _components_for(percent / 100, shares) for percent in _SHARES}
    return {
        "first_share": float(shares[0]),
        "second_share": float(shares[1]) if shares.size > 1 else 0.0,
        **{f"components_{percent}": n / shares.size for percent, n in n_components.items()},
        "log_components_per_row": math.log(n_components[95] / task.n_rows),
        "spectral_entropy": _spectral_entropy(shares),
        **_first_component(task),
    }


def _components_for(share: float, shares: NDArray[np.float64]) -> int:
    reached = np.searchsorted(np.cumsum(shares), share - _SLACK)
    return min(int(reached) + 1, shares.size)


def _spectral_entropy(shares: NDArray[np.float64]) -> float:
    if shares.size == 1:
        return math.nan
    positive = shares[shares > 0]
    return float(np.clip(-(positive * np.log(positive)).sum() / math.log(shares.size), 0, 1))


def _first_component(task: TaskDescription) -> dict[str, float]:
    scores = task.filled @ task.principal_axes.vectors[:, -1:]
    moments = Moments.of(to_unit_magnitude(scores))
    return {
        # The sign of an axis is arbitrary
        "first_abs_skewness": float(np.abs(moments.skewness[0])),
        "first_log_kurtosis": math.log(max(1.0, float(moments.kurtosis[0]))),
    }


_FEURER = "Feurer et al. 2015"
_LORENA = "Lorena et al. 2019"

GROUP = MetafeatureGroup(
    name="pca",
    compute=compute,
    version="1",
    cost="n p^2 + p^3",
    entries=(
        Metafeature(
            "first_share", "variance along the first principal component / variance", 0, 1, source=_FEURER
        ),
        Metafeature("second_share", "variance along the second principal component / variance", 0, 1),
        Metafeature("components_50", "components needed for 50 % of the variance / columns", 0, 1),
        Metafeature("components_90", "components needed for 90 % of the variance / columns", 0, 1),
        Metafeature(
            "components_95", "components needed for 95 % of the variance / columns (T4)", 0, 1, source=_LORENA
        ),
        Metafeature("components_99", "components needed for 99 % of the variance / columns", 0, 1),
        Metafeature(
            "log_components_per_row",
            "natural logarithm of components needed for 95 % of the variance / rows (T3)",
            source=_LORENA,
        ),
        Metafeature(
            "spectral_entropy",
            "Shannon entropy of the components' shares of variance / logarithm of the number of columns",
            0,
            1,
            source="Roy and Vetterli 2007",
        ),
        Metafeature(
            "first_abs_skewness",
            "absolute third standardised moment of the rows along the first component",
            0,
            source=_FEURER,
        ),
        Metafeature(
            "first_log_kurtosis",
            "natural logarithm of the fourth standardised moment of the rows along the first component",
            0,
            source=_FEURER,
        ),
    ),
)
