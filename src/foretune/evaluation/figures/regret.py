"""Figures of regret curves and of the surrogate's rank correlation; styles of methods."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from plotly.graph_objects import Figure, Scatter
from plotly.subplots import make_subplots

from foretune.evaluation.leaderboard import OURS, OURS_IN_TIME
from foretune.evaluation.main_methods import find_folded
from foretune.reporting import FOLDED, lay_out, set_height

Style = tuple[str, str, str]


# Palette of Okabe and Ito, safe for colour-blind readers; dashes distinguish methods of the same colour
_STYLES: dict[str, Style] = {
    "foretune": ("Foretune", "#D55E00", "solid"),
    "foretune_timed": ("Foretune timed", "#D55E00", "longdash"),
    "foretune_unguarded": ("Foretune unguarded", "#D55E00", "dot"),
    "surrogate_ranking": ("Surrogate ranking", "#E69F00", "solid"),
    "greedy_portfolio": ("Greedy portfolio", "#0072B2", "solid"),
    "best_average": ("Best on average", "#56B4E9", "solid"),
    "nearest_tasks_1": ("1 nearest task", "#009E73", "solid"),
    "nearest_tasks_5": ("5 nearest tasks", "#009E73", "dash"),
    "quantile_transfer": ("Quantile transfer", "#0072B2", "dash"),
    "rgpe": ("RGPE", "#56B4E9", "dash"),
    "tst_r": ("TST-R", "#E69F00", "dash"),
    "ndcg_ranking": ("NDCG ranking", "#E69F00", "dot"),
    "cold_gaussian_process": ("Cold Gaussian process", "#777777", "solid"),
    "optuna_tpe": ("Cold Optuna TPE", "#777777", "dash"),
    "shuffled_metafeatures": ("Shuffled metafeatures", "#CC79A7", "dot"),
    "no_metafeatures": ("No metafeatures", "#CC79A7", "dash"),
    "rows_hidden": ("Rows hidden", "#CC79A7", "solid"),
    "zero_shot_list": ("Zero-shot list", "#D55E00", "dash"),
    "library_default": ("Library defaults", "#000000", "dash"),
    "random_search": ("Random search", "#777777", "dot"),
}
_OTHER_COLOURS = ("#CC79A7", "#0072B2", "#009E73", "#56B4E9", "#E69F00")
_OTHER_DASHES = ("dashdot", "longdash")

# Zero regret is drawn at this value on a logarithmic axis; hovering shows the true value
SMALLEST_DRAWN = 1e-4


def plot_regret_curves(leaderboard: pd.DataFrame) -> Figure:
    """Plot mean normalised regret over the number of trials, one panel per task type.

    Parameters
    ----------
    leaderboard
        Result of :func:`foretune.evaluation.leaderboard.build_leaderboard`.

    Returns
    -------
    plotly.graph_objects.Figure
        One line with its bootstrap interval per method; a click in the legend hides a method in all panels.
        All but five methods are hidden first. Equal input gives equal JSON.
    """
    figure = _plot_curves(leaderboard, "n_trials", "trials", OURS)
    return lay_out(figure, "Regret after n trials on an unseen task")


def plot_regret_in_time(leaderboard_in_time: pd.DataFrame) -> Figure:
    """Plot mean normalised regret over time, as :func:`plot_regret_curves`.

    Parameters
    ----------
    leaderboard_in_time
        Result of :func:`foretune.evaluation.leaderboard.build_leaderboard_in_time`.
    """
    figure = _plot_curves(leaderboard_in_time, "time", "time, in mean trials of the task", OURS_IN_TIME)
    return lay_out(figure, "Regret in time on an unseen task")


def _plot_curves(leaderboard: pd.DataFrame, read_at: str, title: str, ours: str) -> Figure:
    task_types = sorted(leaderboard["task_type"].unique())
    titles = [_panel_title(leaderboard, task_type) for task_type in task_types]
    figure = make_subplots(
        rows=1,
        cols=max(len(task_types), 1),
        subplot_titles=titles,
        shared_yaxes=True,
        horizontal_spacing=0.04,
    )
    methods = in_drawing_order(leaderboard["method"].unique())
    folded = find_folded(leaderboard, ours)
    for column, task_type in enumerate(task_types, start=1):
        panel = leaderboard[leaderboard["task_type"] == task_type]
        for method in methods:
            rows = panel[panel["method"] == method].sort_values(read_at)
            curve = _curve(rows, method, methods, read_at, is_ours=method == ours, show_legend=column == 1)
            for trace in curve:
                figure.add_trace(fold(trace) if method in folded else trace, row=1, col=column)
    numbers = sorted({_short(number) for number in leaderboard[read_at]})
    figure.update_xaxes(type="log", title=title, tickmode="array", tickvals=numbers, ticktext=numbers)
    figure.update_yaxes(type="linear", rangemode="tozero")
    figure.update_yaxes(title="mean normalised regret (lower is better)", col=1)
    return figure.update_layout(updatemenus=[_axis_switch(len(task_types))])


def plot_surrogate_quality(surrogate_quality: pd.DataFrame) -> Figure:
    """Plot the rank correlation of predicted and true scores for every held-out task, sorted.

    Parameters
    ----------
    surrogate_quality
        Result of :func:`foretune.evaluation.evaluate.evaluate_methods`.

    Returns
    -------
    plotly.graph_objects.Figure
        One panel per task type with Spearman correlations of the surrogate and of the trivial predictor, the
        mean score of each configuration. Tasks without a correlation are left out.
    """
    drawn = surrogate_quality.dropna(subset=["spearman"]).sort_values(["spearman", "task_id"])
    task_types = sorted(drawn["task_type"].unique())
    figure = make_subplots(
        rows=1, cols=max(len(task_types), 1), subplot_titles=task_types, horizontal_spacing=0.2
    )
    for column, task_type in enumerate(task_types, start=1):
        rows = drawn[drawn["task_type"] == task_type]
        for trace in _quality_points(rows, show_legend=column == 1):
            figure.add_trace(trace, row=1, col=column)
    figure.update_xaxes(title="Spearman correlation<br>of predicted and true scores")
    figure.update_yaxes(tickfont_size=9, automargin=True)
    figure = lay_out(figure, "Rank correlation of the surrogate on unseen tasks")
    tallest = drawn["task_type"].value_counts().max() if len(drawn) else 0
    return set_height(figure, max(420, 200 + 14 * int(tallest)))


def _axis_switch(n_panels: int) -> dict[str, Any]:
    """Return buttons for a linear or logarithmic regret axis."""
    axes = ["yaxis", *(f"yaxis{number}" for number in range(2, n_panels + 1))]
    buttons = [
        {
            "label": kind,
            "method": "relayout",
            "args": [{f"{axis}.type": kind for axis in axes} | {f"{axis}.autorange": True for axis in axes}],
        }
        for kind in ("linear", "log")
    ]
    return {
        "type": "buttons",
        "direction": "left",
        "buttons": buttons,
        "x": 1,
        "xanchor": "right",
        "y": 1,
        "yanchor": "bottom",
        "pad": {"b": 30},
    }


def in_drawing_order(methods: Any) -> list[str]:
    """Sort methods as in the legends: known ones first, others by name."""
    known = [method for method in _STYLES if method in set(methods)]
    return known + sorted(set(methods) - set(known))


def fold(trace: Scatter) -> Scatter:
    """Hide a trace until a reader asks for it."""
    return trace.update(meta=FOLDED, visible="legendonly")


def style_of(method: str, methods: list[str]) -> Style:
    """Return label, colour and dash of a method, equal in all figures of the same methods."""
    if method in _STYLES:
        return _STYLES[method]
    others = [other for other in methods if other not in _STYLES]
    at = others.index(method)
    colour = _OTHER_COLOURS[at % len(_OTHER_COLOURS)]
    return label_of(method), colour, _OTHER_DASHES[at // len(_OTHER_COLOURS) % 2]


def label_of(method: str) -> str:
    """Return the display name of a method."""
    return _STYLES[method][0] if method in _STYLES else method.replace("_", " ").capitalize()


def _panel_title(leaderboard: pd.DataFrame, task_type: str) -> str:
    n_tasks = leaderboard.loc[leaderboard["task_type"] == task_type, "n_tasks"].max()
    return f"{task_type} ({n_tasks} tasks)"


def _short(number: float) -> int | float:
    """Return a whole number as such."""
    return int(number) if float(number).is_integer() else float(number)


def _curve(
    rows: pd.DataFrame, method: str, methods: list[str], read_at: str, *, is_ours: bool, show_legend: bool
) -> list[Any]:
    """Return the interval and line of a method, as plain lists for any version of plotly.js."""
    label, colour, dash = style_of(method, methods)
    numbers = [_short(number) for number in rows[read_at]]
    unit = "trials" if read_at == "n_trials" else "mean trials"
    high = rows["ci_high"].clip(lower=SMALLEST_DRAWN).tolist()
    low = rows["ci_low"].clip(lower=SMALLEST_DRAWN).tolist()
    band = Scatter(
        x=numbers + numbers[::-1],
        y=high + low[::-1],
        fill="toself",
        fillcolor=colour,
        opacity=0.2 if is_ours else 0.09,
        line={"width": 0},
        hoverinfo="skip",
        legendgroup=method,
        showlegend=False,
    )
    line = Scatter(
        x=numbers,
        y=rows["mean_regret"].clip(lower=SMALLEST_DRAWN).tolist(),
        customdata=rows[["mean_regret", "ci_low", "ci_high", "median_regret"]].to_numpy().tolist(),
        mode="lines+markers",
        name=label,
        line={"color": colour, "dash": dash, "width": 4 if is_ours else 1.8},
        marker={"size": 9 if is_ours else 5},
        legendgroup=method,
        showlegend=show_legend,
        hovertemplate=(
            f"%{{x}} {unit}: "
            "mean %{customdata[0]:.4f} (%{customdata[1]:.4f} to %{customdata[2]:.4f}), "
            "median %{customdata[3]:.4f}"
        ),
    )
    return [band, line]


def _quality_points(rows: pd.DataFrame, *, show_legend: bool) -> list[Any]:
    tasks = rows["task_id"].astype(str).tolist()
    series = (
        ("trivial_spearman", "Mean score of each configuration", "#777777", "circle-open"),
        ("spearman", "Surrogate", "#D55E00", "circle"),
    )
    return [
        Scatter(
            x=[None if math.isnan(value) else value for value in rows[column].astype(float)],
            y=tasks,
            customdata=rows[["rmse", "r2", "kendall"]].astype(float).round(4).to_numpy().tolist(),
            mode="markers",
            name=label,
            marker={"color": colour, "symbol": symbol, "size": 8},
            legendgroup=column,
            showlegend=show_legend,
            hovertemplate="%{y}: Spearman %{x:.3f}"
            + (
                ", RMSE %{customdata[0]}, R2 %{customdata[1]}, Kendall %{customdata[2]}"
                if column == "spearman"
                else ""
            ),
        )
        for column, label, colour, symbol in series
    ]
