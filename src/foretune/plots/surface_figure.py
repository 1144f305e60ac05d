"""Figure of the expected score over two hyperparameters, with the trials on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from plotly.graph_objects import Figure, Heatmap, Scatter

from foretune.plots.axis import MISSING, Axis, in_sentence
from foretune.plots.errors import PlotError
from foretune.plots.look import CLEAR, SCORES, describe_trial, escape, key_of, lay_out_neutral
from foretune.plots.score_model import ScoreModel
from foretune.plots.shown_search import ShownSearch, ShownTrial, name_learner

N_GRID = 41
N_DRAWN, SEED = 64, 0


def plot_surface(search: ShownSearch, x: Any, y: Any, learner: Any = None) -> Figure:
    """Plot the expected score over two hyperparameters, all others as in the best trial."""
    chosen = _learner_with(search, [x, y], learner)
    if x == y:
        raise PlotError(f"x and y are both {x!r}: give two hyperparameters")
    axes = search.axes(chosen)
    model = ScoreModel.of(search, chosen)
    rest, others = _find_rest(search, chosen, x, y)
    across, along = _values(axes[x]), _values(axes[y])
    asked = [{**rest, x: first, y: second} for second in along for first in across]
    expected = model.predict(asked).reshape(len(along), len(across))
    figure = Figure(_draw_surface(axes[x], axes[y], across, along, expected))
    trials = [trial for trial in search.trials_of(chosen) if trial.has_score]
    shares_unit = model.score_name == search.score_name
    figure.add_traces(_draw_trials(search, axes[x], axes[y], trials, shares_unit=shares_unit))
    figure.update_xaxes({**axes[x].settings(), "title": escape(axes[x].title)})
    figure.update_yaxes({**axes[y].settings(), "title": escape(axes[y].title)})
    figure.update_layout(
        coloraxis={
            "colorscale": SCORES,
            "reversescale": not search.higher_is_better and shares_unit,
            "colorbar": {"title": {"text": escape(model.score_name)}, "thickness": 12, "outlinewidth": 0},
            **_colour_range(expected, [trial.score for trial in trials] if shares_unit else []),
        }
    )
    owner = f" of {escape(name_learner(chosen))}" if chosen else ""
    subtitle = f"{escape(model.source)}<br>{others}"
    return lay_out_neutral(
        figure, f"Expected {escape(in_sentence(model.score_name))}{owner}", subtitle, height=540
    )


def _learner_with(search: ShownSearch, names: Sequence[Any], learner: Any) -> str:
    """Return the learner asked for, or the first that has all of the hyperparameters."""
    if learner is not None or not search.learners:
        chosen = search.choose_learner(learner)
        search.check_names(names, [chosen])
        return chosen
    search.check_names(names, search.learners)
    found = next((one for one in search.learners if set(names) <= search.axes(one).keys()), None)
    if found is None:
        raise PlotError(f"no learner has both {names[0]!r} and {names[1]!r}: give two of one learner")
    return found


def _find_rest(search: ShownSearch, learner: str, x: str, y: str) -> tuple[Mapping[str, Any], str]:
    """Return the values of the other hyperparameters, and what they are.

    Raises
    ------
    PlotError
        If the two are never active together.
    """
    own = search.trials_of(learner)
    best = search.best_of([one for one in own if one.has_score and {x, y} <= one.params.keys()])
    if best is not None:
        return best.params, f"all other hyperparameters as in trial {best.number}, the best with both"
    tried = next((one.params for one in own if {x, y} <= one.params.keys()), None)
    drawn: Sequence[Mapping[str, Any]] = []
    if tried is None and search.memory is not None:
        drawn = search.memory.draw(learner, N_DRAWN, np.random.default_rng(SEED))
        tried = next((one for one in drawn if {x, y} <= one.keys()), None)
    if tried is None:
        raise PlotError(
            f"{x!r} and {y!r} were never active together in {name_learner(learner)}: one of them needs "
            f"another value of a third hyperparameter"
        )
    source = (
        "a configuration of the search space" if drawn else "the first trial with both, which has no score"
    )
    return tried, f"all other hyperparameters as in {source}"


def _values(axis: Axis) -> list[Any]:
    return axis.grid(N_GRID) if axis.is_numeric else list(axis.values)


def _draw_surface(
    x: Axis, y: Axis, across: Sequence[Any], along: Sequence[Any], expected: np.ndarray[Any, Any]
) -> Heatmap:
    # Contours under points make plotly.js 3 hang on logarithmic axes
    return Heatmap(
        x=[x.place(value) for value in across],
        y=[y.place(value) for value in along],
        z=[[None if np.isnan(one) else float(one) for one in row] for row in expected],
        coloraxis="coloraxis",
        opacity=1.0,
        name="expected",
        hovertemplate=(
            f"{escape(x.title)}: %{{x}}<br>{escape(y.title)}: %{{y}}<br>expected %{{z:.6g}}<extra></extra>"
        ),
    )


def _draw_trials(
    search: ShownSearch, x: Axis, y: Axis, trials: Sequence[ShownTrial], *, shares_unit: bool
) -> list[Scatter]:
    traces = []
    for is_default, name, symbol, size in (
        (False, "Trial", "circle", 11),
        (True, search.default_name, "star", 16),
    ):
        own = [trial for trial in trials if trial.is_default == is_default]
        if not own:
            continue
        colour: dict[str, Any] = {"color": CLEAR}
        if shares_unit:
            colour = {"color": [trial.score for trial in own], "coloraxis": "coloraxis"}
        traces.append(
            Scatter(
                x=[x.place(trial.params.get(x.name, MISSING)) for trial in own],
                y=[y.place(trial.params.get(y.name, MISSING)) for trial in own],
                mode="markers",
                name=name,
                showlegend=False,
                marker={**colour, "symbol": symbol, "size": size, "line": {"width": 2, "color": "#FFFFFF"}},
                text=[describe_trial(trial) for trial in own],
                hovertemplate="%{text}<extra></extra>",
            )
        )
        traces += key_of(name, symbol)
    return traces


def _colour_range(expected: np.ndarray[Any, Any], scores: Sequence[float]) -> dict[str, float]:
    """Return the ends of the colours: low outliers among the trials do not make all others alike."""
    known = expected[np.isfinite(expected)]
    if not len(known):
        return {}
    low, high = float(known.min()), float(known.max())
    spread = max(high - low, 1e-9 * max(abs(high), 1.0))
    inside = [score for score in scores if low - spread <= score <= high + spread]
    return {"cmin": min([low, *inside]), "cmax": max([high, *inside])}
