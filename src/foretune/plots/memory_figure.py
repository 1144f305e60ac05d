"""Figure of the scores that the memory predicted before the trials, and of those measured after."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from plotly.graph_objects import Figure, Scatter
from scipy.stats import spearmanr

from foretune.plots.axis import in_sentence
from foretune.plots.errors import PlotError
from foretune.plots.look import COLOURS, GREY, add_note, describe_trial, escape, lay_out_neutral
from foretune.plots.shown_search import MemoryView, ShownSearch, ShownTrial, name_learner

# Trials from which an order is compared
FEWEST_TO_RANK = 3


def plot_against_memory(search: ShownSearch) -> Figure:
    """Plot measured scores over those that the memory predicted before any trial.

    Raises
    ------
    PlotError
        If there is no memory of what was searched.
    """
    memory = search.memory
    if memory is None:
        raise PlotError(
            search.why_no_memory or "this search has no memory: there is no prediction to compare"
        )
    pairs = [(trial, *point) for trial, point in _predict(memory, search.scored) if math.isfinite(point[0])]
    figure = Figure()
    if memory.knows_metric and pairs:
        values = [value for trial, predicted, *_ in pairs for value in (trial.score, predicted)]
        ends = [min(values), max(values)]
        line = {"color": GREY, "dash": "dot", "width": 1.5}
        figure.add_trace(
            Scatter(x=ends, y=ends, mode="lines", name="As predicted", line=line, hoverinfo="skip")
        )
    for at, learner in enumerate(search.learners):
        for is_default in (False, True):
            own = [one for one in pairs if one[0].learner == learner and one[0].is_default == is_default]
            if own:
                name = f"{escape(name_learner(learner))}" + (
                    f", {search.default_name.lower()}" if is_default else ""
                )
                figure.add_trace(_points(own, name, COLOURS[at % len(COLOURS)], is_default=is_default))
    if not pairs:
        add_note(figure, "no trial has both a prediction and a score")
    figure.update_xaxes(
        title=f"Predicted {escape(in_sentence(memory.score_name))}, with the interval of 80 %"
    )
    figure.update_yaxes(title=f"Measured {escape(in_sentence(search.score_title))}")
    return lay_out_neutral(
        figure, "Predicted before, measured after", _summary(search, memory, pairs), height=520
    )


Pair = tuple[ShownTrial, float, float, float]


def _predict(
    memory: MemoryView, trials: Sequence[ShownTrial]
) -> list[tuple[ShownTrial, tuple[float, float, float]]]:
    """Return trials with the predicted score and its interval, in the order of the trials."""
    found: dict[int, tuple[float, float, float]] = {}
    for learner in dict.fromkeys(trial.learner for trial in trials):
        own = [trial for trial in trials if trial.learner == learner]
        if learner not in memory.learners:
            continue
        predicted, low, high = memory.predict(learner, [trial.params for trial in own])
        for trial, *point in zip(own, predicted.tolist(), low.tolist(), high.tolist(), strict=True):
            # What was predicted then; the interval is around it
            value = trial.predicted if math.isfinite(trial.predicted) else point[0]
            found[trial.number] = (value, min(point[1], value), max(point[2], value))
    return [(trial, found[trial.number]) for trial in trials if trial.number in found]


def _points(pairs: Sequence[Pair], name: str, colour: str, *, is_default: bool) -> Scatter:
    predicted = [one[1] for one in pairs]
    return Scatter(
        x=predicted,
        y=[one[0].score for one in pairs],
        mode="markers",
        name=name,
        marker={
            "color": colour,
            "symbol": "star" if is_default else "circle",
            "size": 15 if is_default else 10,
        },
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [high - value for _, value, _, high in pairs],
            "arrayminus": [value - low for _, value, low, _ in pairs],
            "color": GREY,
            "thickness": 1,
            "width": 2,
        },
        error_y={
            "type": "data",
            "array": [one[0].std if math.isfinite(one[0].std) else 0.0 for one in pairs],
            "color": GREY,
            "thickness": 1,
            "width": 2,
        },
        text=[
            f"{describe_trial(one[0])}<br>memory: {one[1]:.6g} ({one[2]:.6g} to {one[3]:.6g})"
            for one in pairs
        ],
        hovertemplate="%{text}<extra></extra>",
    )


def _summary(search: ShownSearch, memory: MemoryView, pairs: Sequence[Pair]) -> str:
    said = []
    if memory.knows_metric and pairs:
        inside = sum(low <= trial.score <= high for trial, _, low, high in pairs)
        said.append(f"{inside} of {len(pairs)} measured scores lie in their interval")
    if len(pairs) >= FEWEST_TO_RANK:
        sign = 1 if search.higher_is_better else -1
        scores = np.array([sign * one[0].score for one in pairs])
        predicted = np.array([one[1] for one in pairs]) * (sign if memory.knows_metric else 1)
        if np.ptp(scores) > 0 and np.ptp(predicted) > 0:
            said.append(f"rank correlation {spearmanr(predicted, scores).statistic:.2f}")
    if not memory.knows_metric:
        said.append(
            f"the memory predicts {escape(in_sentence(memory.score_name))}, so only the order compares"
        )
    return "; ".join(said)
