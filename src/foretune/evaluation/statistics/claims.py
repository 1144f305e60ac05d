"""Claims of Foretune about its evaluation, and checks of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from foretune.evaluation.leaderboard import OURS, TIE

CLAIM_COLUMNS = ["task_type", "n_trials", "claim", "opponent", "wanted", "found", "holds"]

LOWEST_MEAN = "lowest_mean"
BELOW_PORTFOLIO = "below_portfolio"
PORTFOLIO = "greedy_portfolio"

# Minimum percentages below the portfolio's regret: up to 5 trials, and from 10 on
BELOW_UP_TO = (5, 10.0)
BELOW_FROM = (10, 40.0)


@dataclass(frozen=True)
class _Beaten:
    """A method that Foretune must beat significantly, up to a number of trials."""

    claim: str
    opponent: str
    up_to: int | None = None


BEATEN = (
    _Beaten("beats_cold_tpe", "optuna_tpe", 20),
    _Beaten("beats_cold_gp", "cold_gaussian_process", 20),
    _Beaten("shuffled_worse", "shuffled_metafeatures"),
)
CLAIMS = (LOWEST_MEAN, BELOW_PORTFOLIO, *(beaten.claim for beaten in BEATEN))


def check_claims(leaderboard: pd.DataFrame, comparisons: pd.DataFrame) -> pd.DataFrame:
    """Check every claim for every task type and number of trials.

    Parameters
    ----------
    leaderboard
        Result of :func:`foretune.evaluation.leaderboard.build_leaderboard`.
    comparisons
        Result of :func:`foretune.evaluation.statistics.compare_pairs` for the same regrets.

    Returns
    -------
    pandas.DataFrame
        One row per task type, number of trials and claim, with wanted and found results in words. The claims:
        ``lowest_mean``, no other method has a lower mean regret; ``below_portfolio``, the mean regret is at
        least 10 % below the greedy portfolio's up to 5 trials and 40 % from 10 on; ``beats_cold_tpe``,
        ``beats_cold_gp`` (up to 20 trials) and ``shuffled_worse``, lower mean and lower ranks, significant
        after Holm's adjustment. ``holds`` is missing if a method is absent or the portfolio's regret is 0.
    """
    rows: list[dict[str, Any]] = []
    for _, board in leaderboard.groupby(["task_type", "n_trials"]):
        task_type, n_trials = str(board["task_type"].iloc[0]), int(board["n_trials"].iloc[0])
        here = (comparisons["task_type"] == task_type) & (comparisons["n_trials"] == n_trials)
        pairs = comparisons[here].set_index("opponent")
        checked = [_check_lowest(board), *_check_portfolio(pairs, n_trials), *_check_beaten(pairs, n_trials)]
        rows += [{"task_type": task_type, "n_trials": n_trials} | row for row in checked]
    table = pd.DataFrame(rows, columns=CLAIM_COLUMNS).astype({"holds": "boolean"})
    order = table["claim"].map(CLAIMS.index)
    return table.assign(order=order).sort_values(["task_type", "order", "n_trials"], ignore_index=True)[
        CLAIM_COLUMNS
    ]


def _check_lowest(board: pd.DataFrame) -> dict[str, Any]:
    means = board.set_index("method")["mean_regret"]
    others = means.drop(OURS, errors="ignore")
    row = {"claim": LOWEST_MEAN, "opponent": None, "wanted": "lowest mean regret", "found": "not compared"}
    if OURS not in means or others.empty:
        return row
    best = str(others.idxmin())
    return row | {
        "opponent": best,
        "wanted": "lowest mean regret",
        "found": f"{means[OURS]:.4g}, the best other method {others[best]:.4g}",
        "holds": bool(means[OURS] <= others[best] + TIE),
    }


def _check_portfolio(pairs: pd.DataFrame, n_trials: int) -> Iterator[dict[str, Any]]:
    percent = next(
        (
            percent
            for percent, applies in (
                (BELOW_UP_TO[1], n_trials <= BELOW_UP_TO[0]),
                (BELOW_FROM[1], n_trials >= BELOW_FROM[0]),
            )
            if applies
        ),
        None,
    )
    if percent is None:
        return
    row = {"claim": BELOW_PORTFOLIO, "opponent": PORTFOLIO, "wanted": f"at least {percent:.0f} % below"}
    if PORTFOLIO not in pairs.index:
        yield row | {"found": "not compared"}
        return
    relative = pairs["relative_percent"].astype(float)[PORTFOLIO]
    if math.isnan(relative):
        yield row | {"found": "the portfolio has no regret"}
        return
    found = f"{abs(relative):.1f} % {'below' if relative <= 0 else 'above'}"
    yield row | {"found": found, "holds": bool(relative <= -percent + 100 * TIE)}


def _check_beaten(pairs: pd.DataFrame, n_trials: int) -> Iterator[dict[str, Any]]:
    for beaten in BEATEN:
        if beaten.up_to is not None and n_trials > beaten.up_to:
            continue
        row = {
            "claim": beaten.claim,
            "opponent": beaten.opponent,
            "wanted": "lower regret, significant after Holm's adjustment",
        }
        if beaten.opponent not in pairs.index:
            yield row | {"found": "not compared"}
            continue
        pair = pairs.loc[beaten.opponent]
        lower = pair["mean_difference"] < 0 and pair["rank_biserial"] < 0
        yield row | {
            "found": f"difference {pair['mean_difference']:+.4f}, adjusted p = {pair['p_holm']:.3g}",
            "holds": bool(lower and pair["significant"]),
        }
