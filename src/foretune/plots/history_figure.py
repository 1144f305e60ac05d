"""Figure of the scores of the trials, in their order."""

from __future__ import annotations

import numpy as np
from plotly.graph_objects import Figure, Scatter

from foretune.plots.look import COLOURS, GREY, add_note, describe_trial, escape, lay_out_neutral
from foretune.plots.shown_search import OK, ShownSearch, ShownTrial, name_learner

# Names and symbols of trials without a score
WITHOUT_SCORE = {
    "stopped": ("Stopped by the race", "triangle-down-open"),
    "pruned": ("Pruned", "triangle-down-open"),
    "timeout": ("Out of time", "hourglass-open"),
    "infeasible": ("Violates a constraint", "diamond-open"),
    "not evaluated": ("Not evaluated", "circle-open"),
}
FAILED = ("Failed", "x-thin-open")
# Distance of trials without a score from the lowest score, as a share of the range
BELOW = 0.12


def plot_history(search: ShownSearch) -> Figure:
    """Plot the score of every trial and the best so far; defaults are stars."""
    figure = Figure()
    scored = search.scored
    for at, learner in enumerate(search.learners):
        own = [trial for trial in scored if trial.learner == learner and not trial.is_default]
        figure.add_traces(
            _points(own, escape(name_learner(learner)), COLOURS[at % len(COLOURS)], "circle", 9)
        )
    defaults = [trial for trial in scored if trial.is_default]
    colours = [COLOURS[search.learners.index(one.learner) % len(COLOURS)] for one in defaults]
    figure.add_traces(_points(defaults, search.default_name, colours, "star", 15))
    figure.add_traces(_best_so_far(search))
    level = _level_below(search)
    others: dict[tuple[str, str], list[ShownTrial]] = {}
    for trial in search.trials:
        if not trial.has_score:
            kind = WITHOUT_SCORE.get(
                trial.status, FAILED if trial.status != OK else ("No score", "x-thin-open")
            )
            others.setdefault(kind, []).append(trial)
    for (name, symbol), trials in others.items():
        figure.add_traces(_points(trials, name, GREY, symbol, 9, level))
    if not scored:
        tried = [trial for trial in search.trials if trial.status != "not evaluated"]
        add_note(
            figure, "no trial has a score" if tried else "no configuration was evaluated: there was no trial"
        )
        figure.update_yaxes(showticklabels=False)
    numbers = [trial.number for trial in search.trials] or [1]
    n_steps = max(numbers) - min(numbers)
    figure.update_xaxes(
        title="Trial", range=[min(numbers) - 0.5 - n_steps / 40, max(numbers) + 0.5 + n_steps / 40]
    )
    figure.update_xaxes({"dtick": 1} if n_steps <= 12 else {"tickformat": "d"})
    figure.update_yaxes(title=escape(search.score_title))
    return lay_out_neutral(figure, "Score of each trial", _summary(search))


def _summary(search: ShownSearch) -> str:
    best = search.best_of(search.scored)
    if best is None:
        return ""
    learner = f" ({escape(name_learner(best.learner))})" if best.learner else ""
    return f"best: {best.score:.6g} in trial {best.number}{learner}"


def _points(
    trials: list[ShownTrial],
    name: str,
    colour: str | list[str],
    symbol: str,
    size: int,
    level: float | None = None,
) -> list[Scatter]:
    """Return the points of trials; those without a score stand at a level."""
    if not trials:
        return []
    width = 2 if symbol.endswith("-open") else 1
    return [
        Scatter(
            x=[trial.number for trial in trials],
            y=[trial.score if level is None else level for trial in trials],
            mode="markers",
            name=name,
            marker={
                "color": colour,
                "symbol": symbol,
                "size": size,
                "line": {"width": width, "color": colour},
            },
            text=[describe_trial(trial) for trial in trials],
            hovertemplate="%{text}<extra></extra>",
        )
    ]


def _best_so_far(search: ShownSearch) -> list[Scatter]:
    scored = search.scored
    if len(scored) < 2:
        return []
    choose = np.maximum if search.higher_is_better else np.minimum
    best = choose.accumulate([trial.score for trial in scored])
    last = search.trials[-1].number
    numbers = [trial.number for trial in scored]
    return [
        Scatter(
            x=[*numbers, last],
            y=[*best.tolist(), float(best[-1])],
            mode="lines",
            name="Best so far",
            line={"color": GREY, "width": 2, "shape": "hv"},
            hovertemplate="best so far: %{y:.6g}<extra></extra>",
        )
    ]


def _level_below(search: ShownSearch) -> float:
    scores = [trial.score for trial in search.scored]
    if not scores:
        return 0.0
    spread = max(scores) - min(scores) or abs(scores[0]) or 1.0
    # What has no score is drawn on the side of the bad ones
    return min(scores) - BELOW * spread if search.higher_is_better else max(scores) + BELOW * spread
