"""Foretune against one other method at every number of trials, and what is more than noise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from foretune.evaluation.leaderboard import OURS
from foretune.evaluation.statistics.comparisons import adjust_holm
from foretune.evaluation.words import write_interval, write_regret


@dataclass(frozen=True)
class Pair:
    """Mean regret of Foretune and of another method after a number of trials.

    Attributes
    ----------
    n_trials, n_families
        Number of trials, and of the families that are compared.
    ours, theirs
        Mean regrets.
    difference, low, high
        Foretune's regret minus the other's, with a bootstrap interval over families.
    p_value
        Signed-rank test over families, adjusted for the numbers of trials.
    is_clear
        Whether the difference is more than noise: the test is significant, and agrees in sign.
    confidence_level
        That of interval and test.
    """

    n_trials: int
    n_families: int
    ours: float
    theirs: float
    difference: float
    low: float
    high: float
    p_value: float
    is_clear: bool
    confidence_level: float

    def evidence(self) -> str:
        """Return the difference with its interval, and whether it is more than noise."""
        interval = write_interval(self.low, self.high, self.confidence_level)
        verdict = "more than noise" if self.is_clear else "no more than noise"
        return f"difference {write_regret(self.difference)}, {interval}, p = {self.p_value:.2g}: {verdict}"


def families_to_tell(confidence_level: float) -> int:
    """Return how many families a signed-rank test needs to be able to be significant."""
    # With n families the smallest p-value is 2^(1 - n)
    return int(np.floor(1 - np.log2(1 - confidence_level))) + 1


def pair_up(
    leaderboard: pd.DataFrame, comparisons: pd.DataFrame, opponent: str, confidence_level: float
) -> list[Pair]:
    """Pair Foretune with another method at every number of trials.

    Parameters
    ----------
    leaderboard, comparisons
        Rows of one task type of :func:`build_leaderboard` and :func:`compare_pairs` for the same regrets.
    opponent
        Name of the other method.
    confidence_level
        One minus it is the level of significance.

    Returns
    -------
    list of Pair
        By number of trials; empty if one of the two was not evaluated.
    """
    means = leaderboard.set_index(["method", "n_trials"])["mean_regret"]
    rows = comparisons[(comparisons["opponent"] == opponent) & (comparisons["method"] == OURS)]
    rows = rows.dropna(subset=["mean_difference"]).sort_values("n_trials")
    return list(_pair(means, rows, opponent, confidence_level))


def _pair(means: pd.Series, rows: pd.DataFrame, opponent: str, confidence_level: float) -> Iterator[Pair]:
    adjusted = adjust_holm(rows["p_value"].to_numpy(dtype=np.float64)).tolist()
    for row, p_value in zip(rows.to_dict("records"), adjusted, strict=True):
        number, difference = int(row["n_trials"]), float(row["mean_difference"])
        agrees = difference * float(row["rank_biserial"]) > 0
        yield Pair(
            n_trials=number,
            n_families=int(row["n_families"]),
            ours=float(means[OURS, number]),
            theirs=float(means[opponent, number]),
            difference=difference,
            low=float(row["ci_low"]),
            high=float(row["ci_high"]),
            p_value=p_value,
            is_clear=bool(p_value < 1 - confidence_level and agrees),
            confidence_level=confidence_level,
        )
