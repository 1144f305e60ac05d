"""Figures of the methods' ranks: rank curves and critical differences."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from plotly.graph_objects import Figure, Scatter
from plotly.subplots import make_subplots

from foretune.evaluation.figures.regret import fold, in_drawing_order, label_of, style_of
from foretune.evaluation.leaderboard import OURS
from foretune.evaluation.main_methods import choose_main_methods
from foretune.reporting import choose_first, lay_out, set_height

# A grey that is visible on white and on black
GREY = "#808080"


def plot_rank_curves(ranks: pd.DataFrame) -> Figure:
    """Plot each method's mean rank over the number of trials, one panel per task type, best on top.

    Parameters
    ----------
    ranks
        Result of :func:`foretune.evaluation.statistics.ranks.rank_by_family`.

    Returns
    -------
    plotly.graph_objects.Figure
        A click in the legend hides a method in all panels; all but five are hidden first. Equal input gives
        equal JSON.
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
    main = choose_main_methods(ranks.groupby("method")["mean_rank"].mean())
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
            figure.add_trace(line if method in main else fold(line), row=1, col=column)
    numbers = sorted({int(number) for number in ranks["n_trials"]})
    figure.update_xaxes(type="log", title="trials", tickmode="array", tickvals=numbers, ticktext=numbers)
    figure.update_yaxes(autorange="reversed")
    figure.update_yaxes(title="mean rank (1 is best)", col=1)
    return lay_out(figure, "Mean rank of each method after n trials")


def plot_critical_differences(ranks: pd.DataFrame, friedman: pd.DataFrame) -> Figure:
    """Plot mean ranks with critical differences (Demsar, 2006), for a selectable number of trials.

    Parameters
    ----------
    ranks, friedman
        Result of :func:`foretune.evaluation.statistics.ranks.rank_by_family`.

    Returns
    -------
    plotly.graph_objects.Figure
        One panel per task type, a row per method, best on top. The line through a point is as long as the
        critical difference, so that two methods are told apart where their lines do not overlap; without a
        test there are points only. Buttons choose the number of trials. Equal input gives equal JSON.
    """
    task_types = sorted(ranks["task_type"].unique())
    numbers = sorted({int(number) for number in ranks["n_trials"]})
    first = choose_first(numbers)
    figure = make_subplots(
        rows=1, cols=max(len(task_types), 1), subplot_titles=task_types, horizontal_spacing=0.24
    )
    owners: list[int] = []
    orders: dict[int, dict[str, list[str]]] = {number: {} for number in numbers}
    for column, task_type in enumerate(task_types, start=1):
        for number in numbers:
            part = ranks[(ranks["task_type"] == task_type) & (ranks["n_trials"] == number)]
            part = part.sort_values(["mean_rank", "method"])
            trace = _points(part, _test_of(part, friedman))
            figure.add_trace(trace.update(visible=number == first), row=1, col=column)
            owners.append(number)
            axis = "yaxis" if column == 1 else f"yaxis{column}"
            orders[number][f"{axis}.categoryarray"] = [label_of(name) for name in part["method"]]
    figure.update_xaxes(title="mean rank (1 is best)")
    figure.update_yaxes(type="category", categoryorder="array", autorange="reversed", automargin=True)
    title = "Mean ranks with critical differences: methods whose lines overlap are not told apart"
    n_methods = int(ranks.groupby("task_type")["method"].nunique().max()) if len(ranks) else 0
    figure = set_height(lay_out(figure, title), 260 + 24 * n_methods).update_layout(showlegend=False)
    if first is None:
        return figure
    for axis, order in orders[first].items():
        figure.layout[axis.partition(".")[0]].categoryarray = order
    return figure.update_layout(updatemenus=[_number_switch(numbers, owners, orders)], margin_t=150)


def _test_of(part: pd.DataFrame, friedman: pd.DataFrame) -> dict[str, Any]:
    keys = ["task_type", "n_trials"]
    found = part[keys].drop_duplicates().merge(friedman, on=keys)
    return {str(name): value for name, value in found.iloc[0].items()} if len(found) else {}


def _points(part: pd.DataFrame, test: dict[str, Any]) -> Scatter:
    difference = float(test.get("critical_difference", math.nan))
    told = "no critical difference: it takes three methods and two families"
    if not math.isnan(difference):
        told = (
            f"critical difference {difference:.2f} ({test['n_units']} families; Friedman p = "
            f"{test['p_value']:.2g})"
        )
    names = part["method"].tolist()
    return Scatter(
        x=part["mean_rank"].astype(float).tolist(),
        y=[label_of(name) for name in names],
        mode="markers",
        name=told,
        marker={
            "size": [11 if name == OURS else 8 for name in names],
            "color": [style_of(OURS, [])[1] if name == OURS else GREY for name in names],
        },
        error_x={
            "type": "constant",
            "value": 0.0 if math.isnan(difference) else round(difference / 2, 4),
            "color": GREY,
            "thickness": 1.5,
            "width": 3,
        },
        hovertemplate=f"%{{y}}: mean rank %{{x:.3f}}<br>{told}<extra></extra>",
    )


def _number_switch(
    numbers: Sequence[int], owners: Sequence[int], orders: Mapping[int, Mapping[str, list[str]]]
) -> dict[str, Any]:
    buttons = [
        {
            "label": f"n = {number}",
            "method": "update",
            "args": [{"visible": [owner == number for owner in owners]}, dict(orders[number])],
        }
        for number in numbers
    ]
    return {
        "type": "buttons",
        "direction": "left",
        "buttons": buttons,
        "active": list(numbers).index(choose_first(numbers) or 0),
        "x": 0,
        "xanchor": "left",
        "y": 1,
        "yanchor": "bottom",
        "pad": {"b": 36},
    }
