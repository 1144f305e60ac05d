"""Speed-up of methods over random search."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from foretune.evaluation.leaderboard import RANDOM, TIE

SPEED_UP_COLUMNS = [
    "task_type",
    "method",
    "n_trials",
    "mean_regret",
    "relation",
    "random_trials",
    "speed_up",
]


def compute_speed_up(leaderboard: pd.DataFrame) -> pd.DataFrame:
    """Compute the number of trials that random search needs for each method's mean regret.

    Parameters
    ----------
    leaderboard
        Result of :func:`foretune.evaluation.leaderboard.build_leaderboard`.

    Returns
    -------
    pandas.DataFrame
        One row per task type, method and number of trials. ``random_trials`` are the trials of random search
        and ``speed_up`` their ratio to ``n_trials``. ``relation`` is ``=``, or ``>`` (``<``) if the regret is
        below (above) all regrets of random search: the numbers are then bounds from its last (first) number
        of trials. Empty without random search.
    """
    parts: list[pd.DataFrame] = []
    for _, rows in leaderboard.groupby("task_type"):
        random = rows[rows["method"] == RANDOM].sort_values("n_trials")
        if random.empty:
            continue
        curve = random["n_trials"].tolist(), random["mean_regret"].tolist()
        found = [trials_to_reach(regret, *curve) for regret in rows["mean_regret"]]
        part = rows[["task_type", "method", "n_trials", "mean_regret"]].assign(
            relation=[relation for relation, _ in found], random_trials=[number for _, number in found]
        )
        parts.append(part.assign(speed_up=part["random_trials"] / part["n_trials"]))
    if not parts:
        return pd.DataFrame(columns=SPEED_UP_COLUMNS)
    table = pd.concat(parts)[SPEED_UP_COLUMNS]
    return table.sort_values(["task_type", "n_trials", "method"], ignore_index=True)


def trials_to_reach(regret: float, n_trials: Sequence[int], regrets: Sequence[float]) -> tuple[str, float]:
    """Compute after how many trials a regret curve reaches a regret.

    The curve is interpolated linearly in the logarithm of the number of trials.

    Parameters
    ----------
    regret
        Regret to be reached.
    n_trials
        Numbers of trials, increasing, shape (n_points,).
    regrets
        The curve's regrets, shape (n_points,), of which the running minimum counts.

    Returns
    -------
    tuple
        ``=``, ``>`` or ``<``, and the number of trials.
    """
    lowest = np.minimum.accumulate(np.asarray(regrets, dtype=np.float64))
    if regret > lowest[0] + TIE:
        return "<", float(n_trials[0])
    reached = np.flatnonzero(lowest <= regret + TIE)
    if not len(reached):
        return ">", float(n_trials[-1])
    after = int(reached[0])
    if after == 0 or abs(lowest[after] - regret) <= TIE:
        return "=", float(n_trials[after])
    share = (lowest[after - 1] - regret) / (lowest[after - 1] - lowest[after])
    logs = np.log([n_trials[after - 1], n_trials[after]])
    return "=", float(np.exp(logs[0] + share * (logs[1] - logs[0])))
