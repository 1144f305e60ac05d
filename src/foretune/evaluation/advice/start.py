"""Advice on the configurations to start with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from foretune.evaluation.advice.statement import Advice
from foretune.evaluation.leaderboard import DEFAULT
from foretune.evaluation.statistics.claims import PORTFOLIO
from foretune.evaluation.words import after_trials, count, join_words, write_interval, write_regret

TOPIC = "Start"
NAMED = 5
# Numbers of trials at which the list's regret is told
TOLD_UP_TO = 5


def start_with(
    known: Mapping[Any, Any], starting_list: pd.DataFrame, leaderboard: pd.DataFrame, confidence_level: float
) -> Iterator[Advice]:
    """Return which configurations to start with, and how well they did on held-out tasks.

    Parameters
    ----------
    known
        Row of :func:`foretune.evaluation.advice.known_tasks.count_known_tasks`.
    starting_list, leaderboard
        Rows of the task type.
    confidence_level
        That of the leaderboard's intervals.
    """
    if starting_list.empty:
        return
    ordered = starting_list.sort_values("position").head(NAMED)
    names = [
        f"{row['position']}. {_name(row)}{' (library default)' if row['is_default'] else ''}"
        for row in ordered.to_dict("records")
    ]
    evidence = _measured(leaderboard, confidence_level)
    behind = _numbers_behind_default(leaderboard)
    sentence = (
        f"With these {count(known['n_tasks'], 'task')} known, start with this list of configurations: "
        f"{', '.join(names)}; their hyperparameters stand below."
    )
    if behind:
        sentence += (
            f" On held-out tasks the library default was better {after_trials(behind[0])}: try it, too, and "
            "keep what is best."
        )
    yield Advice(
        TOPIC,
        "advice" if evidence and not behind else "caution",
        sentence,
        evidence
        or "They complement each other on the tasks known; how well they do on another one was not measured.",
    )


def _numbers_behind_default(leaderboard: pd.DataFrame) -> list[int]:
    """Return the told numbers of trials after which the list has more regret than the library default."""
    regrets = leaderboard.pivot_table(index="n_trials", columns="method", values="mean_regret")
    if not {PORTFOLIO, DEFAULT} <= set(regrets.columns):
        return []
    is_behind = regrets[PORTFOLIO] > regrets[DEFAULT]
    return [int(number) for number in regrets.index[is_behind] if number <= TOLD_UP_TO]


def _name(starter: Mapping[Any, Any]) -> str:
    # Read from a file, an empty text is missing
    learner = starter["learner"]
    return str(starter["config_id"] if pd.isna(learner) or not learner else learner)


def _measured(leaderboard: pd.DataFrame, confidence_level: float) -> str:
    """Return the held-out regret of the list, and that of the library defaults beside it."""
    ours = leaderboard[leaderboard["method"] == PORTFOLIO].sort_values("n_trials")
    if ours.empty:
        return ""
    told = ours[ours["n_trials"] <= TOLD_UP_TO]
    told = (told if len(told) else ours).iloc[[0, -1]].drop_duplicates("n_trials")
    parts = [
        f"{write_regret(row['mean_regret'])} {after_trials(int(row['n_trials']))} "
        f"({write_interval(row['ci_low'], row['ci_high'], confidence_level)})"
        for row in told.to_dict("records")
    ]
    text = f"Such a list, learnt without the task's family, has mean regret {join_words(parts)}"
    defaults = leaderboard[leaderboard["method"] == DEFAULT].set_index("n_trials")["mean_regret"]
    defaults = defaults.reindex(told["n_trials"]).dropna()
    if len(defaults):
        text += f"; the library defaults have {join_words(map(write_regret, defaults))}"
    return f"{text}."
