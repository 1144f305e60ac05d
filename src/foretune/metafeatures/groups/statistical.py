"""Statistical metafeatures: shapes of numeric columns, their correlations, dependence of the target."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from foretune.base import TaskType
from foretune.metafeatures.description import TaskDescription
from foretune.metafeatures.group import Metafeature, MetafeatureGroup, Summary, summarise

# Above one half by more than rounding, since correlations of exactly one half are common in small tables
_STRONG = 0.5 + 1e-9
_NORMAL_LEVEL = 0.05
# Below this number of values the approximations in the normality test are poor
_LEAST_TESTED = 8
# Ratio of the standard deviation of a Gaussian to its median absolute deviation
_MAD_FACTOR = 1.4826


def compute(task: TaskDescription) -> dict[str, float]:
    """Compute the group; the shape of constant columns is undefined."""
    values = _shape(task) | _dependence(task) | _canonical(task)
    if task.task_type == "classification":
        return values | _class_separation(task)
    return values | _target_dependence(task)


def correlation(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute Pearson correlations between columns of two matrices over rows where both are observed.

    Parameters
    ----------
    left, right
        Shapes (n_rows, p) and (n_rows, q), standardised, NaN where missing.

    Returns
    -------
    ndarray
        Coefficients, shape (p, q); NaN where a column is constant over the common rows.
    """
    coefficients = np.full((left.shape[1], right.shape[1]), math.nan)
    # Constant columns are NaN; without other missing values one product suffices
    rows, columns = ~np.isnan(left).all(axis=0), ~np.isnan(right).all(axis=0)
    a, b = left[:, rows], right[:, columns]
    complete = not (np.isnan(a).any() or np.isnan(b).any())
    part = a.T @ b / max(len(left), 1) if complete else _correlation_with_holes(a, b)
    coefficients[np.ix_(rows, columns)] = np.clip(part, -1, 1)
    return coefficients


def _correlation_with_holes(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    seen_left, seen_right = ~np.isnan(left), ~np.isnan(right)
    a, b = np.where(seen_left, left, 0.0), np.where(seen_right, right, 0.0)
    mask_a, mask_b = seen_left.astype(np.float64), seen_right.astype(np.float64)
    count = mask_a.T @ mask_b
    sum_a, sum_b = a.T @ mask_b, mask_a.T @ b
    square_a, square_b = count * ((a**2).T @ mask_b), count * (mask_a.T @ b**2)
    variance_a, variance_b = square_a - sum_a**2, square_b - sum_b**2
    # Variances are differences of large numbers: values below this level are rounding errors
    varies = (variance_a > 1e-10 * square_a) & (variance_b > 1e-10 * square_b)
    scale = np.sqrt(np.where(varies, variance_a * variance_b, math.nan))
    coefficients: NDArray[np.float64] = (count * (a.T @ b) - sum_a * sum_b) / scale
    return coefficients


def _shape(task: TaskDescription) -> dict[str, float]:
    moments = task.moments
    distributions = task.distributions
    quartile_range = np.array([distribution.interquartile_range for distribution in distributions])
    outliers = np.array([distribution.outlier_share() for distribution in distributions])
    # At least 1 by definition, except for rounding
    log_kurtosis = np.log(np.maximum(moments.kurtosis, 1))
    return {
        **summarise("skewness", moments.skewness, "mean", "sd", "min", "max"),
        **summarise("log_kurtosis", log_kurtosis, "mean", "sd", "min", "max"),
        **summarise("bimodality", moments.bimodality, "mean", "max"),
        **summarise("iqr_to_sd", quartile_range / moments.sd, "mean", "sd"),
        **_spread(task),
        **summarise("outlier_share", outliers, "mean", "max"),
        "share_with_outliers": _mean(outliers[~np.isnan(outliers)] > 0),
        "share_normal": _mean(looks_normal(moments.skewness, moments.kurtosis, moments.n_observed)),
    }


def _mean(flags: NDArray[np.bool_]) -> float:
    return float(flags.mean()) if flags.size else math.nan


def _spread(task: TaskDescription) -> dict[str, float]:
    z = task.moments.standardised
    varying = np.flatnonzero(~np.isnan(task.moments.sd))
    medians, deviations, ranges = (np.empty(varying.size) for _ in range(3))
    for k, j in enumerate(varying):
        values = z[:, j] if task.moments.n_observed[j] == len(z) else z[~np.isnan(z[:, j]), j]
        medians[k] = np.median(values)
        deviations[k] = _MAD_FACTOR * np.median(np.abs(values - medians[k]))
        ranges[k] = values.max() - values.min()
    return {
        **summarise("mad_to_sd", deviations, "mean", "sd"),
        **summarise("median_shift", np.abs(medians), "mean", "max"),
        **summarise("log_range_to_sd", np.log(ranges), "mean", "max"),
    }


def looks_normal(
    skewness: NDArray[np.float64], kurtosis: NDArray[np.float64], n: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return whether D'Agostino and Pearson's test does not reject the normality of columns at 5 %.

    Parameters
    ----------
    skewness, kurtosis, n
        Third and fourth standardised moment and number of values of every column, shape (n_columns,). Columns
        with fewer than eight values or undefined moments are left out.

    Returns
    -------
    ndarray
        One flag per remaining column.

    References
    ----------
    D'Agostino and Pearson 1973; skewness by D'Agostino 1970, kurtosis by Anscombe and Glynn 1983.
    """
    tested = (n >= _LEAST_TESTED) & ~np.isnan(kurtosis)
    size = n[tested].astype(np.float64)
    statistic = _skewness_score(skewness[tested], size) ** 2 + _kurtosis_score(kurtosis[tested], size) ** 2
    # The survival function of chi-squared with two degrees of freedom
    normal: NDArray[np.bool_] = np.exp(-statistic / 2) > _NORMAL_LEVEL
    return normal


def _skewness_score(skewness: NDArray[np.float64], n: NDArray[np.float64]) -> NDArray[np.float64]:
    y = skewness * np.sqrt((n + 1) * (n + 3) / (6 * (n - 2)))
    beta = 3 * (n**2 + 27 * n - 70) * (n + 1) * (n + 3) / ((n - 2) * (n + 5) * (n + 7) * (n + 9))
    w2 = np.sqrt(2 * (beta - 1)) - 1
    score: NDArray[np.float64] = np.arcsinh(y / np.sqrt(2 / (w2 - 1))) / np.sqrt(np.log(w2) / 2)
    return score


def _kurtosis_score(kurtosis: NDArray[np.float64], n: NDArray[np.float64]) -> NDArray[np.float64]:
    variance = 24 * n * (n - 2) * (n - 3) / ((n + 1) ** 2 * (n + 3) * (n + 5))
    x = (kurtosis - 3 * (n - 1) / (n + 1)) / np.sqrt(variance)
    spread = np.sqrt(6 * (n + 3) * (n + 5) / (n * (n - 2) * (n - 3)))
    skew = 6 * (n**2 - 5 * n + 2) / ((n + 7) * (n + 9)) * spread
    a = 6 + 8 / skew * (2 / skew + np.sqrt(1 + 4 / skew**2))
    cube = (1 - 2 / a) / (1 + x * np.sqrt(2 / (a - 4)))
    score: NDArray[np.float64] = (1 - 2 / (9 * a) - np.cbrt(cube)) / np.sqrt(2 / (9 * a))
    return score


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


def _effective_dimension(task: TaskDescription) -> float:
    eigenvalues = task.principal_axes.eigenvalues
    if eigenvalues.size == 0:
        return math.nan
    return float(eigenvalues.sum() ** 2 / (eigenvalues**2).sum() / eigenvalues.size)


def _canonical(task: TaskDescription) -> dict[str, float]:
    roots = canonical_correlations(task)
    if task.task_type == "regression":
        return summarise("canonical_correlation", roots, "max")
    return {
        **summarise("canonical_correlation", roots, "mean", "max"),
        "wilks_lambda": float(np.prod(1 - roots**2)) if roots.size else math.nan,
        "pillai_trace": float((roots**2).sum()) if roots.size else math.nan,
    }


def canonical_correlations(task: TaskDescription) -> NDArray[np.float64]:
    """Compute the canonical correlations of the numeric columns (missing at the mean) with the target.

    Returns
    -------
    ndarray
        In decreasing order, as many as the smaller of both dimensions; for regression at most one, the
        multiple correlation. Empty without varying columns or for a constant target.
    """
    z = task.filled
    if task.task_type == "classification":
        if task.class_counts.size < 2 or z.shape[1] == 0:
            return np.empty(0)
        response: NDArray[np.float64] = _class_sums(z, task) / np.sqrt(task.class_counts)
        n_roots = task.class_counts.size - 1
    else:
        if np.isnan(task.target_moments.sd[0]) or z.shape[1] == 0:
            return np.empty(0)
        response = z.T @ task.target_moments.standardised / math.sqrt(task.n_rows)
        n_roots = 1
    axes = task.principal_axes.of_full_rank
    whitened = (axes.vectors / np.sqrt(axes.eigenvalues)).T @ response
    roots = np.linalg.svd(whitened, compute_uv=False)[: min(n_roots, axes.eigenvalues.size)]
    return np.clip(roots.astype(np.float64), 0, 1)


def _class_sums(z: NDArray[np.float64], task: TaskDescription) -> NDArray[np.float64]:
    """Sum every column of ``z`` by class; shape (n_columns, n_classes)."""
    n_classes = task.class_counts.size
    sums = np.empty((z.shape[1], n_classes))
    for k in range(z.shape[1]):
        sums[k] = np.bincount(task.classes, z[:, k], minlength=n_classes)
    return sums


def _class_separation(task: TaskDescription) -> dict[str, float]:
    """Compute the share of each numeric column's variance between the classes."""
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
    """Compute the share of the target's variance between the categories of each nominal column."""
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
    version="1",
    cost="n log n p + n p^2",
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
            "mad_to_sd",
            "1.4826 * median absolute deviation from the median / standard deviation of a numeric column "
            "(1 for a Gaussian)",
            0,
            source="Ali and Smith 2006",
            summaries=("mean", "sd"),
        ),
        Metafeature(
            "median_shift",
            "|mean - median| / standard deviation of a numeric column",
            0,
            1,
            source="Hotelling and Solomons 1932",
            summaries=("mean", "max"),
        ),
        Metafeature(
            "log_range_to_sd",
            "natural logarithm of (maximum - minimum) / standard deviation of a numeric column",
            0,
            source="Ali and Smith 2006",
            summaries=("mean", "max"),
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
            "share_with_outliers",
            "numeric columns with an outlier as in outlier_share / numeric columns",
            0,
            1,
            source="Kopf and Iglezakis 2002",
        ),
        Metafeature(
            "share_normal",
            "share of the numeric columns with at least eight values whose normality the test of "
            "D'Agostino and Pearson does not reject at 5 %",
            0,
            1,
            source="Kopf et al. 2000",
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
            "wilks_lambda",
            "product of 1 - r^2 over the canonical correlations r",
            0,
            1,
            source="Lindner and Studer 1999",
            task_types=_CLASSIFICATION,
        ),
        Metafeature(
            "pillai_trace",
            "sum of r^2 over the canonical correlations r",
            0,
            source="Lindner and Studer 1999",
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
