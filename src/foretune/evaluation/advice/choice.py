"""Advice on which method to use at how many trials, and what it is worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import pandas as pd

from foretune.evaluation.advice.statement import Advice
from foretune.evaluation.figures.regret import label_of
from foretune.evaluation.leaderboard import OURS
from foretune.evaluation.statistics.claims import PORTFOLIO
from foretune.evaluation.words import after_trials, count, join_words, write_regret
from foretune.reporting import choose_first

METHOD, WORTH = "Method", "Worth"
NAMED = 4


def choose_method(best_methods: pd.DataFrame) -> Iterator[Advice]:
    """Return the method of least regret at each number of trials, and whether its lead is noise.

    Parameters
    ----------
    best_methods
        Rows of one task type of :func:`foretune.evaluation.advice.best_methods.find_best_methods`.
    """
    rows = best_methods.sort_values("n_trials").to_dict("records")
    if not rows:
        return
    parts: list[str] = []
    for method, group in groupby(rows, key=lambda row: row["method"]):
        of_method = list(group)
        numbers = [int(row["n_trials"]) for row in of_method]
        regrets = ", ".join(write_regret(row["mean_regret"]) for row in of_method)
        parts.append(f"{_name(method)} {after_trials(*numbers)} ({regrets})")
    sentences = [_verdict_on_foretune(rows), f"Least regret: {'; '.join(parts)}."]
    evidence = [_lead(rows), _not_told_apart(rows)]
    yield Advice(METHOD, "advice", " ".join(filter(None, sentences)), " ".join(filter(None, evidence)))


def tell_worth(speed_up: pd.DataFrame) -> Iterator[Advice]:
    """Return how many trials of random search Foretune saves.

    Parameters
    ----------
    speed_up
        Rows of one task type of :func:`foretune.evaluation.statistics.speed_up.compute_speed_up`.
    """
    rows = speed_up[speed_up["method"] == OURS].to_dict("records")
    ours = {int(row["n_trials"]): row for row in rows}
    first = choose_first(list(ours))
    if first is None:
        return
    row = ours[first]
    number = round(row["random_trials"])
    text = after_trials(first)
    beginning = f"{text[0].upper()}{text[1:]} Foretune"
    sentence = {
        "=": f"{beginning} has the regret that random search has {after_trials(number)}.",
        ">": f"{beginning} has less regret than random search {after_trials(number)}.",
        "<": f"{beginning} has more regret than random search {after_trials(number)}: it is not worth using.",
    }[row["relation"]]
    evidence = f"Mean regret {write_regret(row['mean_regret'])}, beside the curve of random search."
    yield Advice(WORTH, "caution" if row["relation"] == "<" else "advice", sentence, evidence)


def _name(method: str) -> str:
    return "the starting list" if method == PORTFOLIO else label_of(method)


def _verdict_on_foretune(rows: Sequence[Mapping[Any, Any]]) -> str:
    """Return whether Foretune will do, at which numbers of trials."""
    if all(pd.isna(row["foretune_regret"]) for row in rows):
        return ""
    beaten = [row for row in rows if row["beats_foretune"]]
    if not beaten:
        return "No method is better than Foretune by more than noise."
    parts = [
        f"{_name(method)} {after_trials(*(int(row['n_trials']) for row in group))}"
        for method, group in groupby(beaten, key=lambda row: row["method"])
    ]
    return f"Better than Foretune by more than noise: {join_words(parts)}."


def _lead(rows: Sequence[Mapping[Any, Any]]) -> str:
    clear = [int(row["n_trials"]) for row in rows if row["is_clear"]]
    if not clear:
        return "No lead over the next best is more than noise."
    if len(clear) == len(rows):
        return "Every lead over the next best is more than noise."
    return f"The lead over the next best is more than noise {after_trials(*clear)} only."


def _not_told_apart(rows: Sequence[Mapping[Any, Any]]) -> str:
    first = rows[0]
    others = [_name(name) for name in str(first["not_told_apart"]).split(",") if name]
    if not others:
        return ""
    shown = others[:NAMED] + ([f"{len(others) - NAMED} more"] if len(others) > NAMED else [])
    return (
        f"By {count(int(first['n_families']), 'family')}, {after_trials(int(first['n_trials']))} "
        f"{_name(first['method'])} is not told apart from {join_words(shown)}. The table below "
        "has every number of trials."
    )
