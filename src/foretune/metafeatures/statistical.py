"""Shape of the numeric columns, and how they hang together with each other and with the target."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from foretune.metafeatures.registry import Metafeature, MetafeatureGroup, summarise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foretune.metafeatures.description import TaskDescription
    from foretune.metafeatures.registry import Summary
    from foretune.parameters import TaskType

# Correlations of exactly one half are common in small tables, and rounding must not decide about them
_STRONG = 0.5 + 1e-9
_RANK_TOLERANCE = 1e-9


def compute(task: TaskDescription) -> dict[str, float]:
    """Compute the group; columns with fewer than two distinct values have no shape."""
    values = _shape(task) | _dependence(task) | _canonical(task)
    if task.task_type == "classification":
        return values | _class_separation(task)
    return values | _target_dependence(task)


def correlation(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Correlate the columns of two matrices, each pair over the rows where both are observed.

    Parameters
    ----------
    left, right
        Shapes (n_rows, p) and (n_rows, q), standardised, NaN where missing.

    Returns
    -------
    ndarray
        Pearson's coefficients, shape (p, q); NaN where a column does not vary over the common rows.
    """
    seen_left, seen_right = ~np.isnan(left), ~np.isnan(right)
    a, b = np.where(seen_left, left, 0.0), np.where(seen_right, right, 0.0)
    mask_a, mask_b = seen_left.astype(np.float64), seen_right.astype(np.float64)
    count = mask_a.T @ mask_b
    sum_a, sum_b = a.T @ mask_b, mask_a.T @ b
    square_a, square_b = count * ((a**2).T @ mask_b), count * (mask_a.T @ b**2)
    variance_a, variance_b = square_a - sum_a**2, square_b - sum_b**2
    # Variances are differences of large numbers: what is left at this level is rounding
    varies = (variance_a > 1e-10 * square_a) & (variance_b > 1e-10 * square_b)
    scale = np.sqrt(np.where(varies, variance_a * variance_b, math.nan))
    coefficients: NDArray[np.float64] = np.clip((count * (a.T @ b) - sum_a * sum_b) / scale, -1, 1)
    return coefficients


def _shape(task: TaskDescription) -> dict[str, float]:
    moments = task.moments
    spread = np.array([distribution.interquartile_range for distribution in task.distributions])
    outliers = [distribution.outlier_share() for distribution in task.distributions]
    # At least 1 by the definition of a fourth standardised moment, but for rounding
    log_kurtosis = np.log(np.maximum(moments.kurtosis, 1))
    return {
        **summarise("skewness", moments.skewness, "mean", "sd", "min", "max"),
        **summarise("log_kurtosis", log_kurtosis, "mean", "sd", "min", "max"),
        **summarise("bimodality", moments.bimodality, "mean", "max"),
        **summarise("iqr_to_sd", spread / moments.sd, "mean", "sd"),
        **summarise("outlier_share", outliers, "mean", "max"),
    }


def _dependence(task: TaskDescription) -> dict[str, float]:
    z = task.moments.standardised
    upper = np.triu_indices(z.shape[1], k=1)
    linear = np.abs(correlation(z, z))[upper]
    monotone = np.abs(correlation(task.ranks, task.ranks))[upper]
    defined = linear[~np.isnan(linear)]
    return {
        **summarise("abs_correlation", linear, "mean", "sd", "max"),
        **summarise("abs_rank_correlation", monotone, "mean", "max"),
        "share_correlated_pairs": float((defined > _STRONG).mean()) if defined.size else math.nan,
        "effective_dimension": _effective_dimension(task),
    }


def _filled(task: TaskDescription) -> NDArray[np.float64]:
    """Return the varying numeric columns, standardised, missing values at the mean."""
    z = task.moments.standardised
    return np.nan_to_num(z[:, ~np.isnan(task.moments.sd)], nan=0.0)


def _effective_dimension(task: TaskDescription) -> float:
    z = _filled(task)
    if z.shape[1] == 0:
        return math.nan
    covariance = z.T @ z
    return float(np.trace(covariance) ** 2 / np.sum(covariance**2) / z.shape[1])


def _canonical(task: TaskDescription) -> dict[str, float]:
    """Return the canonical correlations of the numeric columns with the target."""
    z = _filled(task)
    if task.task_type == "classification":
        if task.class_counts.size < 2 or z.shape[1] == 0:
            return summarise("canonical_correlation", [], "mean", "max")
        response = _class_sums(z, task) / np.sqrt(task.class_counts)
        n_roots = task.class_counts.size - 1
    else:
        if np.isnan(task.target_moments.sd[0]) or z.shape[1] == 0:
            return summarise("canonical_correlation", [], "max")
        response = z.T @ task.target_moments.standardised / math.sqrt(task.n_rows)
        n_roots = 1
    roots = _canonical_roots(z, response, n_roots)
    summaries = ("mean", "max") if task.task_type == "classification" else ("max",)
    return summarise("canonical_correlation", roots, *summaries)


def _canonical_roots(
    z: NDArray[np.float64], response: NDArray[np.float64], n_roots: int
) -> NDArray[np.float64]:
    """Return singular values of an orthonormal basis of ``z`` times an orthonormal basis of the target."""
    eigenvalues, vectors = np.linalg.eigh(z.T @ z)
    kept = eigenvalues > _RANK_TOLERANCE * eigenvalues[-1]
    whitened = (vectors[:, kept] / np.sqrt(eigenvalues[kept])).T @ response
    roots: NDArray[np.float64] = np.linalg.svd(whitened, compute_uv=False)
    return np.clip(roots[: min(n_roots, int(kept.sum()))], 0, 1)


def _class_sums(z: NDArray[np.float64], task: TaskDescription) -> NDArray[np.float64]:
    """Sum every column of ``z`` within the classes; shape (n_columns, n_classes)."""
    n_classes = task.class_counts.size
    sums = np.empty((z.shape[1], n_classes))
    for k in range(z.shape[1]):
        sums[k] = np.bincount(task.classes, z[:, k], minlength=n_classes)
    return sums


def _class_separation(task: TaskDescription) -> dict[str, float]:
    """Return how much of every numeric column's variance lies between the classes."""
    z = task.moments.standardised[:, ~np.isnan(task.moments.sd)]
    observed = ~np.isnan(z)
    counts = _class_sums(observed.astype(np.float64), task)
    sums = _class_sums(np.where(observed, z, 0.0), task)
    between = (sums**2 / np.maximum(counts, 1)).sum(axis=1)
    eta = np.clip(between / np.maximum(observed.sum(axis=0), 1), 0, 1)
    return summarise("eta_squared", eta, "mean", "sd", "max")


def _target_dependence(task: TaskDescription) -> dict[str, float]:
    target = task.target_moments.standardised
    ranks = task.target_distribution.ranks()[:, None]
    centred = ranks - ranks.mean()
    scale = centred.std()
    target_ranks = centred / scale if scale > 0 else np.full_like(ranks, math.nan)
    return {
        **summarise("abs_target_correlation", np.abs(correlation(task.moments.standardised, target)), *_ALL),
        **summarise("abs_target_rank_correlation", np.abs(correlation(task.ranks, target_ranks)), *_ALL),
        **summarise("correlation_ratio", _correlation_ratios(task), "mean", "max"),
    }


def _correlation_ratios(task: TaskDescription) -> list[float]:
    """Return the share of the target's variance between the categories of every nominal column."""
    target = task.target_moments.standardised[:, 0]
    ratios = []
    for codes in task.nominal.T:
        seen = codes >= 0
        counts = np.bincount(codes[seen])
        values = target[seen] - target[seen].mean() if seen.any() else target[seen]
        total = float((values**2).sum())
        varies = counts.size > 1 and total > 0
        between = np.bincount(codes[seen], values) ** 2 / np.maximum(counts, 1) if varies else np.array([])
        ratios.append(min(1.0, float(between.sum()) / total) if varies else math.nan)
    return ratios


_ALL: tuple[Summary, ...] = ("mean", "sd", "max")
_REGRESSION: tuple[TaskType, ...] = ("regression",)
_CLASSIFICATION: tuple[TaskType, ...] = ("classification",)
_STATLOG = "Michie et al. 1994"

GROUP = MetafeatureGroup(
    name="statistical",
    compute=compute,
    entries=(
        Metafeature(
            "skewness",
            "third standardised moment of a numeric column",
            source=_STATLOG,
            summaries=("mean", "sd", "min", "max"),
        ),
        Metafeature(
            "log_kurtosis",
            "natural logarithm of the fourth standardised moment of a numeric column (1.1 for a Gaussian)",
            0,
            source=_STATLOG,
            summaries=("mean", "sd", "min", "max"),
        ),
        Metafeature(
            "bimodality",
            "(skewness^2 + 1) / fourth standardised moment of a numeric column (Sarle's coefficient)",
            0,
            1,
            source="Pfister et al. 2013",
            summaries=("mean", "max"),
        ),
        Metafeature(
            "iqr_to_sd",
            "interquartile range / standard deviation of a numeric column (1.35 for a Gaussian)",
            0,
            summaries=("mean", "sd"),
        ),
        Metafeature(
            "outlier_share",
            "share of a numeric column's values more than 1.5 interquartile ranges outside the quartiles",
            0,
            1,
            source="Tukey 1977; Kalousis and Theoharis 1999",
            summaries=("mean", "max"),
        ),
        Metafeature(
            "abs_correlation",
            "absolute Pearson correlation of a pair of numeric columns over their common rows",
            0,
            1,
            source=_STATLOG,
            summaries=_ALL,
        ),
        Metafeature(
            "abs_rank_correlation",
            "absolute Spearman correlation of a pair of numeric columns (ranks taken per column)",
            0,
            1,
            source="Rivolli et al. 2022",
            summaries=("mean", "max"),
        ),
        Metafeature(
            "share_correlated_pairs",
            "share of pairs of numeric columns with abs_correlation above 0.5",
            0,
            1,
            source="Salama et al. 2013",
        ),
        Metafeature(
            "effective_dimension",
            "(sum of eigenvalues)^2 / sum of squared eigenvalues of the numeric columns' correlation matrix "
            "(missing at the mean) / number of columns",
            0,
            1,
            source="Roy and Vetterli 2007 (participation ratio)",
        ),
        Metafeature(
            "canonical_correlation",
            "canonical correlation of the numeric columns (missing at the mean) with the target; for "
            "regression the multiple correlation",
            0,
            1,
            source=_STATLOG,
            summaries=("max",),
        ),
        Metafeature(
            "canonical_correlation",
            "canonical correlation of the numeric columns (missing at the mean) with the target",
            0,
            1,
            source=_STATLOG,
            summaries=("mean",),
            task_types=_CLASSIFICATION,
        ),
        Metafeature(
            "eta_squared",
            "share of a numeric column's variance that lies between the classes",
            0,
            1,
            source="Fisher 1925; Lorena et al. 2019",
            summaries=_ALL,
            task_types=_CLASSIFICATION,
        ),
        Metafeature(
            "abs_target_correlation",
            "absolute Pearson correlation of a numeric column with the target",
            0,
            1,
            source="Soares et al. 2004",
            summaries=_ALL,
            task_types=_REGRESSION,
        ),
        Metafeature(
            "abs_target_rank_correlation",
            "absolute Spearman correlation of a numeric column with the target",
            0,
            1,
            source="Lorena et al. 2018",
            summaries=_ALL,
            task_types=_REGRESSION,
        ),
        Metafeature(
            "correlation_ratio",
            "share of the target's variance between the categories of a nominal column",
            0,
            1,
            source="Fisher 1925",
            summaries=("mean", "max"),
            task_types=_REGRESSION,
        ),
    ),
)
