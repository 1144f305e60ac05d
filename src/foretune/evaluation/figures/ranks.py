"""Figures of the methods' ranks: rank curves and critical-difference diagrams."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
from plotly.graph_objects import Figure, Scatter
from plotly.subplots import make_subplots

from foretune.evaluation.figures.regret import in_drawing_order, style_of
from foretune.evaluation.leaderboard import OURS
from foretune.evaluation.statistics.ranks import find_cliques
from foretune.reporting import choose_first, lay_out

# A grey that is visible on white and on black
GREY = "#808080"

# Heights in a critical-difference diagram, in label rows
_CLIQUE_STEP = 0.32
_TOP = 1.7


def plot_rank_curves(ranks: pd.DataFrame) -> Figure:
    """Plot each method's mean rank over the number of trials, one panel per task type, best on top.

    Parameters
    ----------
    ranks
        Result of :func:`foretune.evaluation.statistics.ranks.rank_by_family`.

    Returns
    -------
    plotly.graph_objects.Figure
        A click in the legend hides a method in all panels. Equal input gives equal JSON.
    """
    task_types = sorted(ranks["task_type"].unique())
    figure = make_subplots(
        rows=1,
        cols=max(len(task_types), 1),
        subplot_titles=task_types,
        shared_yaxes=True,
        horizontal_spacing=0.04,
    )
    methods = in_drawing_order(ranks["method"].unique())
    for column, task_type in enumerate(task_types, start=1):
        panel = ranks[ranks["task_type"] == task_type].sort_values("n_trials")
        for method in methods:
            rows = panel[panel["method"] == method]
            label, colour, dash = style_of(method, methods)
            line = Scatter(
                x=rows["n_trials"].astype(int).tolist(),
                y=rows["mean_rank"].astype(float).tolist(),
                mode="lines+markers",
                name=label,
                line={"color": colour, "dash": dash, "width": 4 if method == OURS else 1.8},
                marker={"size": 9 if method == OURS else 5},
                legendgroup=method,
                showlegend=column == 1,
                hovertemplate="%{x} trials: mean rank %{y:.2f}",
            )
            figure.add_trace(line, row=1, col=column)
    numbers = sorted({int(number) for number in ranks["n_trials"]})
    figure.update_xaxes(type="log", title="trials", tickmode="array", tickvals=numbers, ticktext=numbers)
    figure.update_yaxes(autorange="reversed")
    figure.update_yaxes(title="mean rank (1 is best)", col=1)
    return lay_out(figure, "Mean rank of each method after n trials")


def plot_critical_differences(ranks: pd.DataFrame, friedman: pd.DataFrame) -> Figure:
    """Plot critical-difference diagrams (Demsar, 2006), one per task type, for a selectable number of trials.

    Parameters
    ----------
    ranks, friedman
        Result of :func:`foretune.evaluation.statistics.ranks.rank_by_family`.

    Returns
    -------
    plotly.graph_objects.Figure
        Methods along an axis of mean ranks. Bars join methods closer than the critical difference, which is
        drawn above the axis; buttons choose the number of trials.
    """
    task_types = sorted(ranks["task_type"].unique())
    numbers = sorted({int(number) for number in ranks["n_trials"]})
    depths = [_depth(ranks[ranks["task_type"] == task_type], friedman) for task_type in task_types]
    figure = make_subplots(
        rows=max(len(task_types), 1),
        cols=1,
        subplot_titles=task_types,
        row_heights=[depth + _TOP for depth in depths] or None,
        vertical_spacing=0.1,
    )
    first = choose_first(numbers)
    methods = in_drawing_order(ranks["method"].unique())
    owners: list[int] = []
    for row, (task_type, depth) in enumerate(zip(task_types, depths, strict=True), start=1):
        rows = ranks[ranks["task_type"] == task_type]
        n_methods = rows["method"].nunique()
        for number in numbers:
            part = rows[rows["n_trials"] == number]
            for trace in _diagram(part, _test_of(part, friedman), methods):
                figure.add_trace(trace.update(visible=number == first), row=row, col=1)
                owners.append(number)
        edge = _edge(n_methods)
        figure.update_xaxes(range=[1 - edge, n_methods + edge], row=row, col=1)
        figure.update_yaxes(range=[-depth, _TOP], row=row, col=1)
    figure.update_xaxes(visible=False, fixedrange=True)
    figure.update_yaxes(visible=False, fixedrange=True)
    title = "Mean ranks; bars join methods that are closer than the critical difference"
    figure = lay_out(figure, title).update_layout(
        height=220 + 27 * round(sum(depth + _TOP for depth in depths)),
        showlegend=False,
        # Room for the labels outside of the axes
        margin={"t": 150, "b": 20, "l": 170, "r": 170},
        title={"y": 0.97, "yanchor": "top"},
    )
    return figure.update_layout(updatemenus=[_number_switch(numbers, owners)]) if numbers else figure


def _edge(n_methods: int) -> float:
    """Return the distance of the labels from the ends of the axis, in ranks."""
    return 0.12 * max(n_methods - 1, 1)


def _test_of(part: pd.DataFrame, friedman: pd.DataFrame) -> dict[str, Any]:
    keys = ["task_type", "n_trials"]
    found = part[keys].drop_duplicates().merge(friedman, on=keys)
    return {str(name): value for name, value in found.iloc[0].items()} if len(found) else {}


def _cliques(part: pd.DataFrame, test: dict[str, Any]) -> list[tuple[int, int]]:
    mean_ranks = part["mean_rank"].sort_values().tolist()
    return find_cliques(mean_ranks, float(test.get("critical_difference", math.nan)))


def _depth(ranks: pd.DataFrame, friedman: pd.DataFrame) -> float:
    """Return the rows below the axis that a task type's diagrams need at most."""
    parts = [part for _, part in ranks.groupby("n_trials")]
    n_cliques = max(len(_cliques(part, _test_of(part, friedman))) for part in parts)
    return _CLIQUE_STEP * n_cliques + (ranks["method"].nunique() + 1) // 2 + 0.9


def _diagram(part: pd.DataFrame, test: dict[str, Any], methods: list[str]) -> list[Any]:
    part = part.sort_values(["mean_rank", "method"])
    names, mean_ranks = part["method"].tolist(), part["mean_rank"].astype(float).tolist()
    cliques = _cliques(part, test)
    quiet: dict[str, Any] = {"hoverinfo": "skip", "showlegend": False}
    start = -_CLIQUE_STEP * len(cliques) - 0.8
    traces = [_axis(len(names), quiet)]
    for at, (name, rank) in enumerate(zip(names, mean_ranks, strict=True)):
        on_left = at < (len(names) + 1) // 2
        y = start - (at if on_left else len(names) - 1 - at)
        edge = 1 - _edge(len(names)) if on_left else len(names) + _edge(len(names))
        label, colour, _ = style_of(name, methods)
        elbow = Scatter(
            x=[rank, rank, edge],
            y=[0, y, y],
            mode="lines+markers+text",
            text=["", "", f"<b>{label}</b> {rank:.2f}" if name == OURS else f"{label} {rank:.2f}"],
            textposition="middle left" if on_left else "middle right",
            line={"color": colour, "width": 3.5 if name == OURS else 1.3},
            marker={"size": [9 if name == OURS else 6, 0, 0], "color": colour},
            name=label,
            hovertemplate=f"{label}: mean rank {rank:.3f}<extra></extra>",
            cliponaxis=False,
            showlegend=False,
        )
        traces.append(elbow)
    bars: list[tuple[float | None, float | None]] = []
    for number, (first, last) in enumerate(cliques, start=1):
        y = -_CLIQUE_STEP * number - 0.1
        bars += [(mean_ranks[first] - 0.03, y), (mean_ranks[last] + 0.03, y), (None, None)]
    traces.append(
        Scatter(
            x=[x for x, _ in bars],
            y=[y for _, y in bars],
            mode="lines",
            line={"color": GREY, "width": 4},
            **quiet,
        )
    )
    return [*traces, _ruler(len(names), test, quiet)]


def _axis(n_methods: int, quiet: dict[str, Any]) -> Any:
    ticks = list(range(1, n_methods + 1))
    return Scatter(
        x=ticks,
        y=[0] * n_methods,
        mode="lines+markers+text",
        text=[str(tick) for tick in ticks],
        textposition="top center",
        line={"color": GREY, "width": 1.5},
        marker={"symbol": "line-ns-open", "size": 9, "color": GREY},
        **quiet,
    )


def _ruler(n_methods: int, test: dict[str, Any], quiet: dict[str, Any]) -> Any:
    """Return the critical difference as a bar above the axis, with the result of the test."""
    difference = float(test.get("critical_difference", math.nan))
    known = not math.isnan(difference)
    text = "no critical difference: it takes three methods and two families"
    if known:
        tested = f"{test['n_units']} families; Friedman p = {test['p_value']:.2g}"
        text = f"critical difference {difference:.2f} ({tested})"
    start = 1.0 if known else (1 + n_methods) / 2
    return Scatter(
        x=[start, start + difference] if known else [start],
        y=[1.15] * (1 + known),
        mode="lines+markers+text" if known else "text",
        text=["", f"  {text}"] if known else [text],
        textposition="middle right" if known else "middle center",
        line={"color": GREY, "width": 3},
        marker={"symbol": "line-ns-open", "size": 9, "color": GREY},
        cliponaxis=False,
        **quiet,
    )


def _number_switch(numbers: Sequence[int], owners: Sequence[int]) -> dict[str, Any]:
    buttons = [
        {
            "label": f"n = {number}",
            "method": "restyle",
            "args": [{"visible": [owner == number for owner in owners]}],
        }
        for number in numbers
    ]
    return {
        "type": "buttons",
        "direction": "left",
        "buttons": buttons,
        "active": list(numbers).index(choose_first(numbers) or 0),
        "x": 0.5,
        "xanchor": "center",
        "y": 1,
        "yanchor": "bottom",
        "pad": {"b": 36},
    }
