"""Figures of the scores over the hyperparameters: slices and parallel coordinates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from plotly.graph_objects import Figure, Parcoords, Scatter
from plotly.subplots import make_subplots

from foretune.base import check_choice, counted
from foretune.plots.axis import MISSING, Axis, label_of, title_of
from foretune.plots.errors import PlotError
from foretune.plots.look import (
    CLEAR,
    GREY,
    ORDER,
    SCORES,
    add_note,
    describe_trial,
    escape,
    key_of,
    lay_out_neutral,
)
from foretune.plots.shown_search import PARALLEL, SLICES, ShownSearch, ShownTrial, name_learner

COLUMNS = 3
MOST_PANELS = 60
# Half the width by which points at one label are spread
JITTER = 0.22
# Turn by which the spread does not repeat
GOLDEN = 0.6180339887
LONGEST_DIMENSION = 24


def plot_parameters(
    search: ShownSearch, names: Sequence[Any], learner: Any = None, kind: Any = SLICES
) -> Figure:
    """Plot the scores over each hyperparameter, or as lines through all of them."""
    check_choice("kind", kind, (SLICES, PARALLEL))
    learners = search.learners if learner is None else [search.choose_learner(learner)]
    if not search.trials:
        raise PlotError("there is no trial yet: nothing can be drawn")
    search.check_names(names, learners)
    panels = [(one, axis) for one in learners for axis in _axes_of(search, one, names)]
    if not panels:
        raise PlotError("no hyperparameter was searched: there is nothing to draw")
    if kind == PARALLEL:
        return _plot_parallel(search, learners, names)
    return _plot_slices(search, panels)


def _axes_of(search: ShownSearch, learner: str, names: Sequence[Any]) -> list[Axis]:
    """Return the axes that are asked for, or those of hyperparameters that vary; all if none does."""
    axes = search.axes(learner)
    if names:
        return [axes[name] for name in names if name in axes]
    trials = search.trials_of(learner)
    varied = [
        axis
        for name, axis in axes.items()
        if len({label_of(trial.params.get(name, MISSING)) for trial in trials}) > 1
    ]
    tried = {name for trial in trials for name in trial.params}
    return varied or [axis for name, axis in axes.items() if name in tried]


def _plot_slices(search: ShownSearch, panels: Sequence[tuple[str, Axis]]) -> Figure:
    n_left_out = max(len(panels) - MOST_PANELS, 0)
    panels = panels[:MOST_PANELS]
    several = len({learner for learner, _ in panels}) > 1
    n_columns = min(COLUMNS, len(panels))
    n_rows = math.ceil(len(panels) / n_columns)
    figure = make_subplots(
        rows=n_rows,
        cols=n_columns,
        shared_yaxes=True,
        horizontal_spacing=0.05,
        vertical_spacing=min(0.3, 90 / (240 * n_rows)) if n_rows > 1 else 0,
    )
    for at, (learner, axis) in enumerate(panels):
        row, column = at // n_columns + 1, at % n_columns + 1
        trials = [trial for trial in search.trials_of(learner) if trial.has_score]
        for trace in _slice(search, axis, trials):
            figure.add_trace(trace, row=row, col=column)
        title = f"{name_learner(learner)}: {axis.title}" if several else axis.title
        figure.update_xaxes({**axis.settings(), "title": escape(title)}, row=row, col=column)
        if column == 1:
            figure.update_yaxes(title=escape(search.score_title), row=row, col=column)
    for at in range(len(panels), n_rows * n_columns):
        figure.update_xaxes(visible=False, row=at // n_columns + 1, col=at % n_columns + 1)
        figure.update_yaxes(visible=False, row=at // n_columns + 1, col=at % n_columns + 1)
    if any(trial.is_default for trial in search.scored):
        figure.add_traces([*key_of("Trial", "circle"), *key_of(search.default_name, "star")])
    if not search.scored:
        add_note(figure, "no trial has a score")
    numbers = [trial.number for trial in search.scored] or [1]
    ends = {"cmin": min(numbers), "cmax": max(*numbers, min(numbers) + 1)}
    bar = {"title": {"text": "Trial"}, "thickness": 12, "tickformat": "d", "outlinewidth": 0}
    figure.update_layout(coloraxis={"colorscale": ORDER, "colorbar": bar, **ends})
    more = f"; {counted(n_left_out, 'more panel')} left out: give a learner or names" if n_left_out else ""
    notes = f"every point is a trial; the others of its hyperparameters differ too{more}"
    return lay_out_neutral(figure, "Score over each hyperparameter", notes, height=150 + 260 * n_rows)


def _slice(search: ShownSearch, axis: Axis, trials: Sequence[ShownTrial]) -> list[Scatter]:
    traces = []
    for is_default, name, symbol, size in (
        (False, "Trial", "circle", 9),
        (True, search.default_name, "star", 14),
    ):
        own = [trial for trial in trials if trial.is_default == is_default]
        if own:
            traces.append(
                Scatter(
                    x=[_spread(axis, trial) for trial in own],
                    y=[trial.score for trial in own],
                    mode="markers",
                    name=name,
                    showlegend=False,
                    marker={
                        "color": [trial.number for trial in own],
                        "coloraxis": "coloraxis",
                        "symbol": symbol,
                        "size": size,
                        "line": {"width": 1, "color": GREY},
                    },
                    text=[describe_trial(trial) for trial in own],
                    hovertemplate="%{text}<extra></extra>",
                )
            )
    return traces


def _spread(axis: Axis, trial: ShownTrial) -> float:
    """Return the place of a trial; at one label, trials are side by side."""
    place = axis.place(trial.params.get(axis.name, MISSING))
    if axis.is_numeric:
        return place
    return place + JITTER * (2 * ((trial.number * GOLDEN) % 1) - 1)


def _plot_parallel(search: ShownSearch, learners: Sequence[str], names: Sequence[Any]) -> Figure:
    trials = [trial for trial in search.scored if trial.learner in learners]
    if not trials:
        figure = add_note(Figure(), "no trial has a score")
        figure.update_xaxes(visible=False)
        figure.update_yaxes(visible=False)
        return lay_out_neutral(figure, "Trials through all hyperparameters")
    axes: dict[str, Axis] = {}
    for learner in learners:
        for axis in _axes_of(search, learner, names):
            scale = search.scales.get(learner, {}).get(axis.name)
            values = [trial.params.get(axis.name, MISSING) for trial in trials]
            axes.setdefault(axis.name, Axis.of(axis.name, values, scale))
    dimensions = []
    if len({trial.learner for trial in trials}) > 1:
        own = [name_learner(trial.learner) for trial in trials]
        dimensions.append(_dimension(Axis.of("learner", own), own))
    dimensions += [
        _dimension(axis, [trial.params.get(name, MISSING) for trial in trials]) for name, axis in axes.items()
    ]
    scores = [trial.score for trial in trials]
    dimensions.append({"label": escape(_cut(search.score_name)), "values": scores})
    bar = {"title": {"text": escape(search.score_title)}, "thickness": 12, "outlinewidth": 0}
    lines = {"color": scores, "colorscale": SCORES, "showscale": True, "colorbar": bar}
    if not search.higher_is_better:
        lines["reversescale"] = True
    figure = Figure(
        Parcoords(
            line=lines,
            dimensions=dimensions,
            labelangle=-12,
            labelside="bottom",
            labelfont={"color": GREY, "size": 12},
            tickfont={"color": GREY, "size": 11},
            # The ends of a range are ticks already
            rangefont={"color": CLEAR, "size": 1},
            unselected={"line": {"color": GREY, "opacity": 0.1}},
        )
    )
    notes = "every line is a trial; drag along an axis to select"
    figure = lay_out_neutral(figure, "Trials through all hyperparameters", notes, height=500)
    return figure.update_layout(margin={"l": 90, "r": 60, "b": 110})


def _dimension(axis: Axis, values: Sequence[Any]) -> dict[str, Any]:
    """Return a dimension of parallel coordinates, which have no logarithmic axes: places are logarithms."""
    places = [axis.place(value) for value in values]
    settings = axis.settings()
    ticks = list(settings.get("tickvals", axis.ticks() if axis.is_numeric else []))
    texts = list(settings.get("ticktext", [f"{tick:g}" for tick in ticks]))
    if axis.is_log:
        places, ticks = [math.log10(place) for place in places], [math.log10(tick) for tick in ticks]
    low, high = min([*places, *ticks]), max([*places, *ticks])
    if low == high:
        low, high = low - 0.5, high + 0.5
    label = escape(_cut(title_of(axis.name)))
    return {"label": label, "values": places, "tickvals": ticks, "ticktext": texts, "range": [low, high]}


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_DIMENSION else f"{text[: LONGEST_DIMENSION - 1]}…"
