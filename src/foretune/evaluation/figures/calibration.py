"""Reliability diagram of the prediction intervals."""

from __future__ import annotations

from typing import Any

import pandas as pd
from plotly.graph_objects import Figure, Scatter
from plotly.subplots import make_subplots

from foretune.evaluation.figures.ranks import GREY
from foretune.reporting import lay_out

_TASKS, _OVERALL = "#56B4E9", "#D55E00"
# Horizontal spread of tasks with the same nominal coverage, which would overlap otherwise
_SPREAD = 0.05


def plot_calibration(calibration: pd.DataFrame) -> Figure:
    """Plot a reliability diagram: observed over nominal coverage of the prediction intervals.

    Parameters
    ----------
    calibration
        One row per task and nominal coverage: ``task_type, task_id, nominal, coverage, mean_width``;
        ``coverage`` is the share of the task's true scores in the intervals predicted without the task.

    Returns
    -------
    plotly.graph_objects.Figure
        One panel per task type: a point per task, the mean over tasks as a line, and the diagonal of perfect
        calibration. Equal input gives equal JSON.
    """
    drawn = calibration.dropna(subset=["coverage"]).sort_values(["task_type", "nominal", "task_id"])
    task_types = sorted(drawn["task_type"].unique())
    figure = make_subplots(rows=1, cols=max(len(task_types), 1), subplot_titles=task_types, shared_yaxes=True)
    for column, task_type in enumerate(task_types, start=1):
        panel = drawn[drawn["task_type"] == task_type]
        diagonal = Scatter(
            x=[0, 1],
            y=[0, 1],
            mode="lines",
            line={"color": GREY, "dash": "dash", "width": 1.5},
            name="perfect",
            legendgroup="perfect",
            showlegend=column == 1,
            hoverinfo="skip",
        )
        for trace in (diagonal, _tasks(panel, column == 1), _overall(panel, column == 1)):
            figure.add_trace(trace, row=1, col=column)
    lowest = float(drawn["nominal"].min()) if len(drawn) else 0.0
    figure.update_xaxes(
        title="nominal coverage", tickformat=".0%", range=[max(lowest - 0.15, 0), 1.02], dtick=0.1
    )
    figure.update_yaxes(tickformat=".0%", range=[0, 1.03])
    figure.update_yaxes(title="true scores inside the interval", col=1)
    return lay_out(figure, "Calibration of prediction intervals on unseen tasks")


def _tasks(panel: pd.DataFrame, show_legend: bool) -> Any:
    within = panel.groupby("nominal").cumcount() / panel.groupby("nominal")["nominal"].transform("size")
    return Scatter(
        x=(panel["nominal"] + _SPREAD * (within - 0.5)).round(5).tolist(),
        y=panel["coverage"].astype(float).tolist(),
        customdata=panel[["task_id", "nominal", "mean_width"]].to_numpy().tolist(),
        mode="markers",
        marker={"color": _TASKS, "size": 6, "opacity": 0.7},
        name="a task",
        legendgroup="task",
        showlegend=show_legend,
        hovertemplate=(
            "%{customdata[0]}: %{y:.1%} of %{customdata[1]:.0%}, mean width %{customdata[2]:.3f}"
            "<extra></extra>"
        ),
    )


def _overall(panel: pd.DataFrame, show_legend: bool) -> Any:
    mean = panel.groupby("nominal")["coverage"].mean()
    return Scatter(
        x=[float(nominal) for nominal in mean.index],
        y=mean.tolist(),
        mode="lines+markers",
        line={"color": _OVERALL, "width": 3},
        marker={"size": 10},
        name="mean over tasks",
        legendgroup="overall",
        showlegend=show_legend,
        hovertemplate="mean over tasks: %{y:.1%} of %{x:.0%}<extra></extra>",
    )
