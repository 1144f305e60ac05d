"""Bar chart of the computing time of the evaluation."""

from __future__ import annotations

import pandas as pd
from plotly.graph_objects import Bar, Figure
from plotly.subplots import make_subplots

from foretune.evaluation.figures.regret import label_of
from foretune.reporting import lay_out, set_height

_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9")


def plot_costs(evaluation_costs: pd.DataFrame) -> Figure:
    """Plot the seconds of each part of the evaluation, slowest on top, one panel per task type.

    Parameters
    ----------
    evaluation_costs
        ``task_type, stage, name, seconds``; rows of the same name are summed.

    Returns
    -------
    plotly.graph_objects.Figure
        One bar per name, coloured by stage and labelled with its seconds, since they differ by orders of
        magnitude. Equal input gives equal JSON.
    """
    keys = ["task_type", "stage", "name"]
    summed = evaluation_costs.groupby(keys)["seconds"].sum().reset_index()
    summed = summed.sort_values(["seconds", "name"])
    summed["name"] = summed["name"].astype(str).map(label_of)
    task_types = sorted(summed["task_type"].unique())
    stages = sorted(summed["stage"].unique())
    figure = make_subplots(
        rows=1, cols=max(len(task_types), 1), subplot_titles=task_types, horizontal_spacing=0.2
    )
    for column, task_type in enumerate(task_types, start=1):
        panel = summed[summed["task_type"] == task_type]
        for number, stage in enumerate(stages):
            rows = panel[panel["stage"] == stage]
            bar = Bar(
                x=rows["seconds"].astype(float).round(6).tolist(),
                y=rows["name"].tolist(),
                text=[f"{seconds:.3g} s" for seconds in rows["seconds"]],
                textposition="outside",
                cliponaxis=False,
                orientation="h",
                name=stage,
                legendgroup=stage,
                showlegend=column == 1,
                marker={"color": _COLOURS[number % len(_COLOURS)]},
                hovertemplate="%{y}: %{x:.3g} s<extra>" + stage + "</extra>",
            )
            figure.add_trace(bar, row=1, col=column)
        order = panel["name"].drop_duplicates(keep="last").tolist()
        figure.update_yaxes(categoryorder="array", categoryarray=order, row=1, col=column)
        # Room for the text beside the longest bar
        longest = float(panel.groupby("name")["seconds"].sum().max())
        figure.update_xaxes(title="seconds", range=[0, 1.3 * longest], row=1, col=column)
    figure.update_yaxes(automargin=True)
    tallest = summed.groupby("task_type")["name"].nunique().max() if len(summed) else 0
    figure = lay_out(figure, "Computing time of the evaluation").update_layout(barmode="stack")
    return set_height(figure, max(360, 200 + 22 * int(tallest)))
