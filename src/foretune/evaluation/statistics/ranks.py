"""Ranks of methods: Friedman's test and Nemenyi's critical difference."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import friedmanchisquare, studentized_range

from foretune.evaluation.parameters import EvaluationParameters
from foretune.evaluation.statistics.by_task import average_families, split_by_trials

FRIEDMAN_COLUMNS = [
    "task_type",
    "n_trials",
    "n_units",
    "n_methods",
    "statistic",
    "p_value",
    "critical_difference",
]
RANK_COLUMNS = ["task_type", "n_trials", "method", "mean_rank", "letters"]

# Minimum for Friedman's test
FEWEST_METHODS = 3
FEWEST_UNITS = 2


def rank_by_family(
    regret: pd.DataFrame, parameters: EvaluationParameters
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rank the methods within every family, and test the differences of ranks.

    Regrets are first averaged within families, which are the units. Units that lack a method are left out.

    Parameters
    ----------
    regret
        Result of :func:`foretune.evaluation.evaluate.evaluate_methods`.
    parameters
        ``claims_on`` selects the tasks; one minus ``confidence_level`` is the level of significance.

    Returns
    -------
    friedman : pandas.DataFrame
        One row per task type and number of trials: Friedman's statistic (corrected for ties), its p-value,
        and the critical difference of mean ranks (Nemenyi; Demsar, 2006, section 3.2.2). Missing with fewer
        than three methods or two units.
    ranks : pandas.DataFrame
        One row per task type, number of trials and method: the mean rank over units (1 is best, ties are
        shared), and ``letters``: methods with a common letter are closer than the critical difference.
    """
    tests: list[dict[str, Any]] = []
    ranks: list[pd.DataFrame] = []
    for task_type, n_trials, by_task in split_by_trials(regret, parameters.claims_on):
        units = average_families(by_task).dropna()
        test = _test(units, 1 - parameters.confidence_level)
        size = {"n_units": len(units), "n_methods": units.shape[1]}
        tests.append({"task_type": task_type, "n_trials": n_trials} | size | test)
        mean_ranks = units.rank(axis="columns").mean().sort_values(kind="stable")
        letters = letter_cliques(mean_ranks.tolist(), test["critical_difference"])
        part = pd.DataFrame({"mean_rank": mean_ranks, "letters": letters})
        ranks.append(part.assign(task_type=task_type, n_trials=n_trials))
    friedman = pd.DataFrame(tests, columns=FRIEDMAN_COLUMNS)
    if not ranks:
        return friedman, pd.DataFrame(columns=RANK_COLUMNS)
    table = pd.concat(ranks).reset_index(names="method")[RANK_COLUMNS]
    return friedman, table.sort_values(["task_type", "n_trials", "mean_rank", "method"], ignore_index=True)


@lru_cache
def critical_difference(n_methods: int, n_units: int, alpha: float) -> float:
    """Compute the critical difference of mean ranks, q sqrt(k (k + 1) / (6 N)).

    q is the upper quantile of the studentised range for k methods and infinite degrees of freedom, divided by
    the square root of two (Demsar, 2006, "Statistical comparisons of classifiers over multiple data sets").
    """
    q = float(studentized_range.isf(alpha, n_methods, np.inf)) / np.sqrt(2)
    return float(q * np.sqrt(n_methods * (n_methods + 1) / (6 * n_units)))


def find_cliques(mean_ranks: Sequence[float], difference: float) -> list[tuple[int, int]]:
    """Find the maximal groups of methods within the critical difference of each other.

    Parameters
    ----------
    mean_ranks
        In increasing order.
    difference
        The critical difference; NaN gives no group.

    Returns
    -------
    list of tuple
        First and last position of each group of two or more, none contained in another.
    """
    cliques: list[tuple[int, int]] = []
    for first, low in enumerate(mean_ranks):
        last = max((at for at, rank in enumerate(mean_ranks) if rank - low < difference), default=first)
        if last > first and (not cliques or last > cliques[-1][1]):
            cliques.append((first, last))
    return cliques


def letter_cliques(mean_ranks: Sequence[float], difference: float) -> list[str]:
    """Return the letters of each method's groups (compact letter display); a single method has its own.

    Empty if there is no critical difference.
    """
    if np.isnan(difference):
        return [""] * len(mean_ranks)
    groups = find_cliques(mean_ranks, difference)
    within = {at for first, last in groups for at in range(first, last + 1)}
    groups = sorted(groups + [(at, at) for at in range(len(mean_ranks)) if at not in within])
    return [
        "".join(chr(ord("a") + name) for name, (first, last) in enumerate(groups) if first <= at <= last)
        for at in range(len(mean_ranks))
    ]


def _test(units: pd.DataFrame, alpha: float) -> dict[str, float]:
    n_units, n_methods = units.shape
    if n_methods < FEWEST_METHODS or n_units < FEWEST_UNITS:
        return {"statistic": np.nan, "p_value": np.nan, "critical_difference": np.nan}
    difference = critical_difference(n_methods, n_units, round(alpha, 12))
    if (units.max(axis="columns") == units.min(axis="columns")).all():
        # If all methods are tied in all units, SciPy divides zero by zero
        return {"statistic": 0.0, "p_value": 1.0, "critical_difference": difference}
    tested = friedmanchisquare(*(units[method] for method in units))
    return {
        "statistic": float(tested.statistic),
        "p_value": float(tested.pvalue),
        "critical_difference": difference,
    }
