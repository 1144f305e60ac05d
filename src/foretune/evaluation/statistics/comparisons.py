"""Pairwise comparisons of Foretune with every other method."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata, wilcoxon

from foretune.evaluation.leaderboard import OURS, TIE, bootstrap_means
from foretune.evaluation.parameters import EvaluationParameters
from foretune.evaluation.statistics.by_task import DECIMALS, average_families, split_by_trials

COMPARISON_COLUMNS = [
    "task_type",
    "n_trials",
    "method",
    "opponent",
    "n_tasks",
    "n_families",
    "mean_difference",
    "ci_low",
    "ci_high",
    "relative_percent",
    "wins",
    "ties",
    "losses",
    "rank_biserial",
    "p_value",
    "p_holm",
    "significant",
]

# Largest number of units for the exact test, whose counts fit in 53 bits
MOST_UNITS_EXACT = 50


def compare_pairs(
    regret: pd.DataFrame, parameters: EvaluationParameters, seed: int, method: str = OURS
) -> pd.DataFrame:
    """Compare one method with every other one, for every task type and number of trials.

    Parameters
    ----------
    regret
        Result of :func:`foretune.evaluation.evaluate.evaluate_methods`.
    parameters
        ``claims_on`` selects the tasks; ``n_bootstrap`` and ``confidence_level`` define the intervals; one
        minus the level is the level of significance.
    seed
        Seed of the bootstrap.
    method
        The method to compare.

    Returns
    -------
    pandas.DataFrame
        One row per task type, number of trials and opponent. ``mean_difference`` is the method's regret minus
        the opponent's, averaged over tasks, with a bootstrap interval over families; ``relative_percent`` is
        the difference as a percentage of the opponent's mean regret (missing if that is 0); ``wins``,
        ``ties`` and ``losses`` count tasks. ``p_value`` is of the two-sided Wilcoxon signed-rank test with
        families as units, ``p_holm`` adjusted for all opponents of the row's task type and number of trials
        (Holm, 1979), ``rank_biserial`` the test's effect, from -1 (the method better in every family) to 1.
    """
    rows: list[dict[str, Any]] = []
    for task_type, n_trials, by_task in split_by_trials(regret, parameters.claims_on):
        if method not in by_task:
            continue
        pairs = [
            {"task_type": task_type, "n_trials": n_trials, "method": method, "opponent": opponent}
            | _compare(by_task[[method, opponent]].dropna(), parameters, seed)
            for opponent in by_task.columns.drop(method)
        ]
        adjusted = adjust_holm(np.array([pair["p_value"] for pair in pairs]))
        alpha = 1 - parameters.confidence_level
        rows += [
            pair | {"p_holm": p_holm, "significant": bool(p_holm < alpha)}
            for pair, p_holm in zip(pairs, adjusted.tolist(), strict=True)
        ]
    table = pd.DataFrame(rows, columns=COMPARISON_COLUMNS)
    return table.sort_values(["task_type", "n_trials", "opponent"], ignore_index=True)


def signed_rank_test(differences: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Two-sided Wilcoxon signed-rank test of paired differences.

    Zeros are ranked and then left out (Pratt, 1959), so that exact ties do not help a method. Up to 50 units
    the p-value is exact, even with ties and zeros: the share of sign assignments that are as extreme. Beyond,
    it is SciPy's normal approximation.

    Parameters
    ----------
    differences
        Shape (n_units,).

    Returns
    -------
    tuple of float
        The p-value, 1 if all differences are 0, and the matched-pairs rank-biserial correlation (Kerby,
        2014): ranks of positive minus ranks of negative differences, divided by their sum.
    """
    if not differences.any():
        return 1.0, 0.0
    ranks = rankdata(np.abs(differences))
    positive, negative = ranks[differences > 0].sum(), ranks[differences < 0].sum()
    effect = float((positive - negative) / (positive + negative))
    if len(differences) > MOST_UNITS_EXACT:
        return float(wilcoxon(differences, zero_method="pratt", method="approx").pvalue), effect
    return _exact_p_value(ranks[differences != 0], min(positive, negative)), effect


def _exact_p_value(ranks: npt.NDArray[np.float64], smaller_sum: float) -> float:
    """Compute the share of sign assignments with a sum this small on either side."""
    # Tied ranks are multiples of one half, so sums of doubled ranks are integers
    halves = np.rint(2 * ranks).astype(int)
    n_ways = np.zeros(halves.sum() + 1)
    n_ways[0] = 1
    for half in halves:
        n_ways[half:] += n_ways[:-half].copy()
    as_small = n_ways[: round(2 * smaller_sum) + 1].sum()
    return float(min(1.0, 2 * as_small / n_ways.sum()))


def adjust_holm(p_values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Adjust p-values for multiple testing by the step-down method of Holm (1979).

    Parameters
    ----------
    p_values
        Shape (n_tests,).

    Returns
    -------
    numpy.ndarray
        Shape (n_tests,), in the same order: with the p-values sorted, the running maximum of (n - i) p_i.
    """
    order = np.argsort(p_values, kind="stable")
    factors = np.arange(len(p_values), 0, -1)
    adjusted = np.empty_like(p_values)
    adjusted[order] = np.minimum(np.maximum.accumulate(factors * p_values[order]), 1.0)
    return adjusted


def _compare(pair: pd.DataFrame, parameters: EvaluationParameters, seed: int) -> dict[str, Any]:
    """Compare the columns of a method and its opponent, a row per (family, task)."""
    ours, theirs = pair.iloc[:, 0], pair.iloc[:, 1]
    lead = (ours - theirs).rename("lead").to_frame()
    by_family = average_families(lead)["lead"].to_numpy(dtype=np.float64)
    difference = lead["lead"].to_numpy(dtype=np.float64)
    row: dict[str, Any] = {"n_tasks": len(pair), "n_families": len(by_family)}
    if pair.empty:
        return row | {"p_value": 1.0, "wins": 0, "ties": 0, "losses": 0}
    means = bootstrap_means(
        difference[:, None],
        pair.index.get_level_values("family"),
        parameters.n_bootstrap,
        np.random.default_rng(seed),
    )
    tail = (1 - parameters.confidence_level) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    p_value, rank_biserial = signed_rank_test(by_family)
    wins, losses = int((difference < -TIE).sum()), int((difference > TIE).sum())
    base = round(float(theirs.mean()), DECIMALS)
    return row | {
        "mean_difference": float(difference.mean()),
        "ci_low": float(low),
        "ci_high": float(high),
        "relative_percent": 100 * float(difference.mean()) / base if base else np.nan,
        "wins": wins,
        "ties": len(pair) - wins - losses,
        "losses": losses,
        "rank_biserial": rank_biserial,
        "p_value": p_value,
    }
