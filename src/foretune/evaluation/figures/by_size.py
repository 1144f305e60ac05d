"""Figure of regret by size class."""

from __future__ import annotations

import pandas as pd
from plotly.graph_objects import Figure, Scatter
from plotly.subplots import make_subplots

from foretune.evaluation.figures.regret import Style, in_drawing_order, style_of
from foretune.evaluation.leaderboard import OURS
from foretune.evaluation.statistics.claims import PORTFOLIO
from foretune.meta_model import ROWS_HIDDEN
from foretune.reporting import lay_out, set_height

# Few, so that small panels can be read
DRAWN = (OURS, PORTFOLIO, "quantile_transfer", ROWS_HIDDEN)
PANELS_IN_A_ROW = 4
# Offset of the methods from each other, in classes, so that their intervals can be seen
_STEP = 0.1


def plot_regret_by_size(leaderboard_by_size: pd.DataFrame, task_type: str) -> Figure:
    """Plot mean normalised regret by size class, one small panel per number of trials.

    Parameters
    ----------
    leaderboard_by_size
        Result of :func:`foretune.evaluation.leaderboard_by_size.build_leaderboard_by_size`.
    task_type
        The task type to draw.

    Returns
    -------
    plotly.graph_objects.Figure
        Means and bootstrap intervals of Foretune, the portfolio, quantile transfer, and Foretune with the
        rows hidden, as far as they were evaluated. Equal input gives equal JSON.
    """
    drawn = leaderboard_by_size[
        (leaderboard_by_size["task_type"] == task_type) & leaderboard_by_size["method"].isin(DRAWN)
    ]
    classes = drawn.drop_duplicates("rows_above").sort_values("rows_above")["size_class"].tolist()
    numbers = sorted(drawn["n_trials"].unique())
    n_columns = max(1, min(len(numbers), PANELS_IN_A_ROW))
    n_rows = max(1, -(-len(numbers) // n_columns))
    figure = make_subplots(
        rows=n_rows,
        cols=n_columns,
        subplot_titles=[f"{number} trial{'s' if number > 1 else ''}" for number in numbers],
        shared_yaxes=True,
        horizontal_spacing=0.03,
        vertical_spacing=0.3 / n_rows,
    )
    methods = in_drawing_order(drawn["method"].unique())
    for at, number in enumerate(numbers):
        for place, method in enumerate(methods):
            rows = drawn[(drawn["n_trials"] == number) & (drawn["method"] == method)]
            offset = _STEP * (place - (len(methods) - 1) / 2)
            trace = _trace(rows, classes, style_of(method, methods), offset)
            trace.update(legendgroup=method, showlegend=at == 0)
            figure.add_trace(trace, row=at // n_columns + 1, col=at % n_columns + 1)
    figure.update_xaxes(tickmode="array", tickvals=list(range(len(classes))), ticktext=classes, tickangle=30)
    figure.update_yaxes(rangemode="tozero")
    figure.update_yaxes(title="mean normalised regret", col=1)
    return set_height(lay_out(figure, f"Regret by number of rows, {task_type}"), 220 + 240 * n_rows)


def _trace(rows: pd.DataFrame, classes: list[str], style: Style, offset: float) -> Scatter:
    """Return the means of one method with their intervals."""
    label, colour, dash = style
    rows = rows.sort_values("rows_above")
    means = rows["mean_regret"]
    # An interval that is not known has no bar
    above, below = ((rows["ci_high"] - means).fillna(0.0), (means - rows["ci_low"]).fillna(0.0))
    return Scatter(
        x=[classes.index(name) + offset for name in rows["size_class"]],
        y=means.tolist(),
        error_y={
            "type": "data",
            "symmetric": False,
            "array": above.tolist(),
            "arrayminus": below.tolist(),
            "thickness": 1,
            "width": 3,
        },
        customdata=rows[["size_class", "n_tasks", "n_families"]].to_numpy().tolist(),
        mode="lines+markers",
        name=label,
        line={"color": colour, "dash": dash, "width": 1.8},
        hovertemplate="%{customdata[0]} rows: %{y:.4f} (%{customdata[1]} tasks, %{customdata[2]} families)",
    )
