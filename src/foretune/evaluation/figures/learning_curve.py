"""Figure of the starting list's regret over the number of known tasks."""

from __future__ import annotations

import pandas as pd
from plotly.graph_objects import Figure, Scatter
from plotly.subplots import make_subplots

from foretune.evaluation.advice.learning_curve import average_learning_curve
from foretune.reporting import lay_out

# Lists of so many trials, with a colour each: from the palette of Okabe and Ito
_COLOURS = {1: "#D55E00", 2: "#E69F00", 3: "#0072B2", 5: "#009E73", 10: "#CC79A7"}


def plot_learning_curve(learning_curve: pd.DataFrame) -> Figure:
    """Plot mean regret over the number of known tasks, one panel per task type.

    Parameters
    ----------
    learning_curve
        Result of :func:`foretune.evaluation.advice.learning_curve.measure_learning_curve`.

    Returns
    -------
    plotly.graph_objects.Figure
        A line for 1, 2, 3, 5 and 10 trials. Equal input gives equal JSON.
    """
    means = average_learning_curve(learning_curve)
    task_types = sorted(means["task_type"].unique())
    figure = make_subplots(
        rows=1,
        cols=max(len(task_types), 1),
        subplot_titles=task_types,
        shared_yaxes=True,
        horizontal_spacing=0.04,
    )
    for column, task_type in enumerate(task_types, start=1):
        panel = means[means["task_type"] == task_type]
        for n_trials, colour in _COLOURS.items():
            rows = panel[panel["n_trials"] == n_trials].sort_values("n_known_tasks")
            if len(rows):
                line = _line(rows, n_trials, colour, show_legend=column == 1)
                figure.add_trace(line, row=1, col=column)
        numbers = sorted({round(float(number)) for number in panel["n_known_tasks"]})
        figure.update_xaxes(tickmode="array", tickvals=numbers, ticktext=numbers, row=1, col=column)
    figure.update_xaxes(type="log", title="known tasks")
    figure.update_yaxes(rangemode="tozero")
    figure.update_yaxes(title="mean normalised regret (lower is better)", col=1)
    return lay_out(figure, "Regret of the starting list by the number of known tasks")


def _line(rows: pd.DataFrame, n_trials: int, colour: str, *, show_legend: bool) -> Scatter:
    return Scatter(
        x=rows["n_known_tasks"].astype(float).round(1).tolist(),
        y=rows["mean_regret"].astype(float).tolist(),
        mode="lines+markers",
        name="1 trial" if n_trials == 1 else f"{n_trials} trials",
        line={"color": colour, "width": 2.5},
        marker={"size": 7},
        legendgroup=str(n_trials),
        showlegend=show_legend,
        hovertemplate="%{x} known tasks: mean %{y:.4f}",
    )
