"""Method of least regret at each number of trials, and those that cannot be told apart from it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from foretune.evaluation.leaderboard import OURS, TIE
from foretune.evaluation.main_methods import CONTROLS
from foretune.evaluation.parameters import EvaluationParameters
from foretune.evaluation.statistics.claims import PORTFOLIO
from foretune.evaluation.statistics.comparisons import compare_pairs

BEST_METHOD_COLUMNS = [
    "task_type",
    "n_trials",
    "method",
    "mean_regret",
    "ci_low",
    "ci_high",
    "n_families",
    "next_best",
    "difference",
    "difference_low",
    "difference_high",
    "p_holm",
    "is_clear",
    "not_told_apart",
    "foretune_regret",
    "beats_foretune",
]


def find_best_methods(
    regret: pd.DataFrame, leaderboard: pd.DataFrame, parameters: EvaluationParameters, seed: int
) -> pd.DataFrame:
    """Find the method of least mean regret for every task type and number of trials.

    Parameters
    ----------
    regret
        Result of :func:`foretune.evaluation.evaluate.evaluate_methods`.
    leaderboard
        Result of :func:`foretune.evaluation.leaderboard.build_leaderboard` for the same regrets.
    parameters
        Parameters of the leaderboard.
    seed
        Seed of the bootstrap.

    Returns
    -------
    pandas.DataFrame
        One row per task type and number of trials. Controls are left out; of equal methods Foretune comes
        first, then the starting list. ``difference`` is the regret of ``method`` minus that of
        ``next_best``, with a bootstrap interval over families; ``p_holm`` its signed-rank test, adjusted for
        all methods that ``method`` is compared with; ``is_clear`` whether that is significant.
        ``not_told_apart`` names the methods whose difference is not, best first, separated by commas.
        ``foretune_regret`` is missing if Foretune was not evaluated; ``beats_foretune`` says whether its
        difference to ``method`` is significant.
    """
    rows: list[dict[str, Any]] = []
    for _, board in leaderboard[~leaderboard["method"].isin(CONTROLS)].groupby(["task_type", "n_trials"]):
        task_type, n_trials = str(board["task_type"].iloc[0]), int(board["n_trials"].iloc[0])
        here = (regret["task_type"] == task_type) & (regret["n_trials"] == n_trials)
        own = regret[here & regret["method"].isin(board["method"])]
        rows.append(_find_best(own, board, parameters, seed))
    return pd.DataFrame(rows, columns=BEST_METHOD_COLUMNS).astype(
        {"n_trials": int, "is_clear": bool, "beats_foretune": bool}
    )


def _find_best(
    regret: pd.DataFrame, board: pd.DataFrame, parameters: EvaluationParameters, seed: int
) -> dict[str, Any]:
    """Compare the best method of a task type and number of trials with all others."""
    rounded, place = (board["mean_regret"] / TIE).round(), board["method"].map({OURS: 0, PORTFOLIO: 1})
    ordered = board.assign(rounded=rounded, place=place).sort_values(["rounded", "place", "method"])
    best = ordered.iloc[0]
    pairs = compare_pairs(regret, parameters, seed, method=str(best["method"])).set_index("opponent")
    pairs = pairs.reindex(ordered["method"].iloc[1:])
    row: dict[str, Any] = {name: best[name] for name in BEST_METHOD_COLUMNS[:6]}
    row |= {"n_families": regret.loc[regret["provenance"].isin(parameters.claims_on), "family"].nunique()}
    is_ours = board["method"] == OURS
    row |= {"foretune_regret": board.loc[is_ours, "mean_regret"].mean(), "beats_foretune": False}
    if pairs.empty:
        return row | {"is_clear": False, "not_told_apart": ""}
    second = pairs.iloc[0]
    told_apart = pairs.index[pairs["significant"].astype(bool)]
    return row | {
        "next_best": str(pairs.index[0]),
        "difference": second["mean_difference"],
        "difference_low": second["ci_low"],
        "difference_high": second["ci_high"],
        "p_holm": second["p_holm"],
        "is_clear": bool(second["significant"]),
        "not_told_apart": ",".join(pairs.index.difference(told_apart, sort=False)),
        "beats_foretune": OURS in told_apart,
    }
