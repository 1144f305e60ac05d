"""Plotly figures of metafeatures: correlations and a map of tasks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
from plotly.graph_objects import Bar, Figure, Heatmap, Scatter
from plotly.subplots import make_subplots

from foretune.metafeatures.task_map import best_learners

# Palette of Okabe and Ito, safe for colour-blind readers
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_GREY = "#BBBBBB"
_SYMBOLS = ("circle", "diamond", "square", "triangle-up")
ALONE = "only task of its family"
UNTRIED = "not tried"


def plot_correlations(metafeatures: pd.DataFrame, task_catalogue: pd.DataFrame) -> Figure:
    """Plot the correlations of metafeatures over tasks, and how often each is missing.

    Parameters
    ----------
    metafeatures
        ``task_id`` and the metafeatures in catalogue order.
    task_catalogue
        At least ``task_id, task_type``.

    Returns
    -------
    plotly.graph_objects.Figure
        Panels per task type: a heat map of absolute Spearman correlations, and bars of the share of tasks
        with a missing value. Blank where fewer than two tasks have both values, or one is constant.
    """
    by_type = _split(metafeatures, task_catalogue)
    titles = [f"{task_type} ({len(values)} tasks)" for task_type, values in by_type.items()]
    figure = make_subplots(
        rows=2,
        cols=max(len(by_type), 1),
        subplot_titles=titles,
        shared_xaxes=True,
        row_heights=[0.82, 0.18],
        vertical_spacing=0.03,
    )
    for column, values in enumerate(by_type.values(), start=1):
        names = list(values.columns)
        strength = values.corr("spearman", min_periods=2).abs().round(2)
        z = [[None if math.isnan(cell) else cell for cell in row] for row in strength.to_numpy().tolist()]
        heat = Heatmap(x=names, y=names, z=z, zmin=0, zmax=1, colorscale="Viridis", showscale=column == 1)
        missing = values.isna().mean().round(4).tolist()
        bars = Bar(x=names, y=missing, marker_color=_COLOURS[1], showlegend=False)
        figure.add_trace(heat, row=1, col=column)
        figure.add_trace(bars, row=2, col=column)
        ticks, texts = _group_ticks(names)
        figure.update_xaxes(tickvals=ticks, ticktext=texts, tickangle=-45, row=2, col=column)
        figure.update_yaxes(tickvals=ticks, ticktext=texts, autorange="reversed", row=1, col=column)
    figure.update_yaxes(range=[0, 1], title="missing", row=2, col=1)
    title = (
        "Absolute rank correlation of metafeatures over tasks, and share of tasks in which each is missing"
    )
    return figure.update_layout(title=title, template="plotly_white", height=820)


def plot_task_map(task_map: pd.DataFrame, trials: pd.DataFrame) -> Figure:
    """Plot a two-dimensional map of tasks, coloured by family or best learner.

    Parameters
    ----------
    task_map
        Result of :func:`foretune.metafeatures.task_map.map_tasks`.
    trials
        At least ``task_id, learner, score``.

    Returns
    -------
    plotly.graph_objects.Figure
        One panel per task type, with buttons for the colouring. Families with a single task are grey.
    """
    drawn = task_map.assign(
        best_learner=task_map["task_id"].map(best_learners(trials)).fillna(UNTRIED),
        shown_family=task_map["family"].where(task_map["family"].duplicated(keep=False), ALONE),
    )
    task_types = sorted(drawn["task_type"].unique())
    figure = make_subplots(rows=1, cols=max(len(task_types), 1), subplot_titles=task_types)
    owners: list[str] = []
    for colouring in ("best_learner", "shown_family"):
        values = sorted(drawn[colouring].unique())
        for column, task_type in enumerate(task_types, start=1):
            panel = drawn[drawn["task_type"] == task_type]
            for value in values:
                rows = panel[panel[colouring] == value]
                if len(rows):
                    first = column == _first_panel(drawn, colouring, value, task_types)
                    trace = _points(rows, value, values, show_legend=first)
                    figure.add_trace(trace.update(visible=colouring == "best_learner"), row=1, col=column)
                    owners.append(colouring)
    for column, task_type in enumerate(task_types, start=1):
        shares = drawn.loc[drawn["task_type"] == task_type, ["x_share", "y_share"]].iloc[0]
        figure.update_xaxes(title=f"first component ({shares['x_share']:.0%} of the variance)", col=column)
        figure.update_yaxes(title=f"second component ({shares['y_share']:.0%})", col=column)
    return figure.update_layout(
        title="Tasks by their metafeatures",
        template="plotly_white",
        height=560,
        updatemenus=[_colour_switch(owners)],
        margin={"t": 110},
    )


def _split(metafeatures: pd.DataFrame, task_catalogue: pd.DataFrame) -> dict[str, pd.DataFrame]:
    types = metafeatures["task_id"].map(task_catalogue.set_index("task_id")["task_type"])
    parts = {str(name): part.drop(columns="task_id") for name, part in metafeatures.groupby(types)}
    return {name: part.dropna(axis="columns", how="all") for name, part in sorted(parts.items())}


def _group_ticks(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the middle metafeature of every group as tick positions, and the groups as labels."""
    groups = pd.Series(names).groupby([name.split(".")[0] for name in names], sort=False)
    return [part.iloc[len(part) // 2] for _, part in groups], [str(group) for group, _ in groups]


def _first_panel(drawn: pd.DataFrame, colouring: str, value: str, task_types: list[str]) -> int:
    present = set(drawn.loc[drawn[colouring] == value, "task_type"])
    return next(column for column, task_type in enumerate(task_types, start=1) if task_type in present)


def _points(rows: pd.DataFrame, value: str, values: list[str], *, show_legend: bool) -> Any:
    plain = value in (ALONE, UNTRIED)
    place = [v for v in values if v not in (ALONE, UNTRIED)].index(value) if not plain else 0
    return Scatter(
        x=rows["x"].round(4).tolist(),
        y=rows["y"].round(4).tolist(),
        customdata=rows[["task_id", "family", "best_learner"]].to_numpy().tolist(),
        mode="markers",
        name=value,
        legendgroup=value,
        showlegend=show_legend,
        marker={
            "size": 11,
            "color": _GREY if plain else _COLOURS[place % len(_COLOURS)],
            "symbol": _SYMBOLS[place // len(_COLOURS) % len(_SYMBOLS)],
            "line": {"width": 1, "color": "white"},
        },
        hovertemplate="%{customdata[0]}<br>family %{customdata[1]}<br>best: %{customdata[2]}<extra></extra>",
    )


def _colour_switch(owners: list[str]) -> dict[str, Any]:
    labels = {"best_learner": "best learner", "shown_family": "family"}
    buttons = [
        {"label": label, "method": "restyle", "args": [{"visible": [owner == name for owner in owners]}]}
        for name, label in labels.items()
    ]
    return {"type": "buttons", "direction": "left", "buttons": buttons, "x": 1, "y": 1.16, "xanchor": "right"}
