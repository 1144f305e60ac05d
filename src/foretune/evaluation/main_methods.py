"""Methods that figures and tables show first; the others are shown on demand."""

from __future__ import annotations

import pandas as pd

from foretune.evaluation.leaderboard import OURS, OURS_IN_TIME, RANDOM
from foretune.evaluation.statistics.claims import PORTFOLIO

# They show what a part of Foretune is worth, and are not for use
CONTROLS = frozenset({"shuffled_metafeatures", "no_metafeatures", "rows_hidden", "foretune_unguarded"})
VARIANTS = frozenset({OURS, OURS_IN_TIME, "zero_shot_list"})
SHOWN_FIRST = 5
REFERENCES = (PORTFOLIO, "optuna_tpe", RANDOM)


def choose_main_methods(values: pd.Series, ours: str = OURS) -> list[str]:
    """Choose the five methods that are shown first.

    Parameters
    ----------
    values
        A value of each method, by name, of which less is better: mean regrets or mean ranks.
    ours
        The variant of Foretune that is judged.

    Returns
    -------
    list of str
        Foretune, the best of the other methods, then the portfolio, TPE and random search, as far as there
        are values; where one is absent the next best takes its place.
    """
    others = values.drop(labels=[*CONTROLS, *VARIANTS], errors="ignore")
    best = [str(method) for method in others.sort_values(kind="stable").index]
    wanted = dict.fromkeys([ours, OURS, *best[:1], *REFERENCES, *best])
    return [method for method in wanted if method in values.index][:SHOWN_FIRST]


def find_folded(board: pd.DataFrame, ours: str = OURS) -> frozenset[str]:
    """Find the methods of a leaderboard that are not shown first."""
    means = board.groupby("method", sort=True)["mean_regret"].mean()
    return frozenset(map(str, means.index)) - {*choose_main_methods(means, ours)}
