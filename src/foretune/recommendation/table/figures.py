"""Plotly figures of a recommendation."""

from __future__ import annotations

import html
import math

import pandas as pd
from plotly.graph_objects import Bar, Figure, Scatter

from foretune.recommendation.table.result import RecommendationResult
from foretune.reporting import lay_out

# Colour-blind safe palette of Okabe and Ito
OURS, DEFAULT, OTHER, BAD = "#D55E00", "#777777", "#0072B2", "#CC79A7"


def label_rows(table: pd.DataFrame) -> list[str]:
    """Return labels of configurations for figures: rank and learner."""
    return [
        f"{'default' if math.isnan(rank) else f'{int(rank)}.'} {_as_text(learner)}"
        for rank, learner in zip(table["rank"].astype("float64"), table["learner"], strict=True)
    ]


def plot_predictions(result: RecommendationResult) -> Figure:
    """Plot the predicted score of every recommendation with its interval, and the measured ones."""
    rows = result.recommendations
    labels = label_rows(rows)
    predicted = rows["predicted_score"]
    figure = Figure(
        Scatter(
            x=predicted.tolist(),
            y=labels,
            mode="markers",
            name="predicted, 80 % interval",
            marker={"size": 10, "color": [DEFAULT if one else OURS for one in rows["is_default"]]},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": (rows["score_high"] - predicted).tolist(),
                "arrayminus": (predicted - rows["score_low"]).tolist(),
                "color": DEFAULT,
                "thickness": 1.5,
            },
            hovertemplate="%{y}: %{x:.4f}",
        )
    )
    if result.measured is not None:
        measured = result.measured[result.measured["score"].notna()]
        figure.add_trace(
            Scatter(
                x=measured["score"].tolist(),
                y=label_rows(measured),
                mode="markers",
                name="measured",
                marker={"size": 12, "symbol": "diamond-open", "color": OTHER, "line": {"width": 2.5}},
                hovertemplate="%{y}: measured %{x:.4f}",
            )
        )
    _list_downwards(figure)
    figure.update_xaxes(title=f"{result.score_in_words} (higher is better)")
    return _sized(lay_out(figure, "Predicted scores; grey points are library defaults"), len(rows) + 1)


def plot_gains(result: RecommendationResult) -> Figure:
    """Plot the expected gain over the library default, with its interval."""
    rows = result.recommendations
    gain = rows["gain"]
    figure = Figure(
        Scatter(
            x=gain.tolist(),
            y=label_rows(rows),
            mode="markers",
            name="expected gain, 80 % interval",
            marker={"size": 10, "color": [DEFAULT if one else OURS for one in rows["is_default"]]},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": (rows["gain_high"] - gain).tolist(),
                "arrayminus": (gain - rows["gain_low"]).tolist(),
                "color": DEFAULT,
                "thickness": 1.5,
            },
            hovertemplate="%{y}: %{x:+.4f}",
        )
    )
    figure.add_vline(x=0, line={"color": DEFAULT, "dash": "dot"})
    _list_downwards(figure)
    figure.update_xaxes(title="score minus that of the library default")
    return _sized(lay_out(figure, "Expected gain over the library default"), len(rows))


def plot_neighbours(result: RecommendationResult) -> Figure:
    """Plot the distances to the nearest known tasks, with the usual distances between known ones."""
    rows = result.neighbours
    figure = Figure(
        Bar(
            x=rows["distance"].tolist(),
            y=[_as_text(task) for task in rows["task_id"]],
            orientation="h",
            marker={"color": OTHER},
            customdata=[
                [_as_text(family), _as_text(learner)]
                for family, learner in zip(rows["family"], rows["best_learner"], strict=True)
            ],
            hovertemplate="%{y} (family %{customdata[0]}): distance %{x:.3f}, best was %{customdata[1]}",
            showlegend=False,
        )
    )
    for line, (name, dash) in enumerate((("typical", "dash"), ("largest", "dot"))):
        # With fewer than two families there is no such distance
        if not math.isfinite(result.distances[name]):
            continue
        figure.add_vline(
            x=result.distances[name],
            line={"color": DEFAULT, "dash": dash},
            annotation={
                "text": f"{name} between known tasks",
                "yref": "paper",
                "y": 1.0,
                "yanchor": "bottom",
                # The lines may be close together, so the texts are at different heights
                "yshift": 16 * line,
            },
        )
    _list_downwards(figure)
    figure.update_xaxes(title="distance of the metafeatures", rangemode="tozero")
    return _sized(lay_out(figure, "Nearest known tasks"), len(rows))


def plot_drivers(result: RecommendationResult, n_drawn: int) -> Figure:
    """Plot the contributions of the metafeatures to the prediction of a configuration."""
    rows = result.drivers.metafeatures.head(n_drawn)
    values = rows["contribution"].astype("float64")
    figure = Figure(
        Bar(
            x=values.tolist(),
            y=[_as_text(name) for name in rows["metafeature"]],
            orientation="h",
            marker={"color": [OURS if value >= 0 else BAD for value in values]},
            customdata=rows[["value", "percentile"]].astype("float64").round(4).to_numpy().tolist(),
            hovertemplate="%{y} = %{customdata[0]} (percentile %{customdata[1]:.0f}): %{x:+.4f}",
            showlegend=False,
        )
    )
    _list_downwards(figure)
    figure.update_xaxes(title="contribution to the predicted target, against the average candidate")
    title = f"What of this table spoke for rank {result.driven} (right) and against it (left)"
    return _sized(lay_out(figure, title), len(rows))


def plot_measured(result: RecommendationResult) -> Figure:
    """Plot measured scores beside the predicted intervals; without any, an empty figure with a note."""
    measured = result.measured
    drawn = None if measured is None else measured[measured["score"].notna()]
    if drawn is None or drawn.empty:
        figure = lay_out(Figure(), "Measured against predicted")
        return figure.add_annotation(text="nothing was measured: add evaluate=N", showarrow=False)
    labels = label_rows(drawn)
    predicted = drawn["predicted_score"]
    figure = Figure(
        [
            _row_of_points(
                labels,
                predicted,
                "predicted, 80 % interval",
                {"size": 9, "color": DEFAULT},
                (predicted - drawn["score_low"], drawn["score_high"] - predicted),
            ),
            _row_of_points(
                labels,
                drawn["score"],
                "measured, deviation over the folds",
                {"size": 11, "color": OURS, "symbol": "diamond"},
                (drawn["score_std"], drawn["score_std"]),
            ),
        ]
    )
    _list_downwards(figure)
    figure.update_xaxes(title=f"{result.score_in_words} (higher is better)")
    # Points of a group would have plotly begin at zero
    ends = pd.concat([drawn["score_low"], drawn["score_high"], *_whiskers_of(drawn)]).dropna()
    room = 0.05 * (ends.max() - ends.min()) or 0.01
    figure.update_xaxes(range=[float(ends.min() - room), float(ends.max() + room)])
    figure.update_layout(scattermode="group", scattergap=0.5)
    return _sized(lay_out(figure, "Measured against predicted"), 2 * len(drawn))


def _whiskers_of(drawn: pd.DataFrame) -> tuple[pd.Series, pd.Series, pd.Series]:
    std = drawn["score_std"].fillna(0.0)
    return drawn["score"] - std, drawn["score"], drawn["score"] + std


def _row_of_points(
    labels: list[str],
    values: pd.Series,
    name: str,
    marker: dict[str, object],
    below_above: tuple[pd.Series, pd.Series],
) -> Scatter:
    """Return a point with a line for each label, apart from those of other traces."""
    below, above = ([None if math.isnan(one) else one for one in part.tolist()] for part in below_above)
    return Scatter(
        x=[None if math.isnan(one) else one for one in values.tolist()],
        y=labels,
        orientation="h",
        mode="markers",
        name=name,
        offsetgroup=name,
        marker=marker,
        error_x={
            "type": "data",
            "symmetric": False,
            "array": above,
            "arrayminus": below,
            "color": marker["color"],
            "thickness": 1.5,
        },
        hovertemplate="%{y}: %{x:.4f}",
    )


def _as_text(value: object) -> str:
    """Escape a name, which plotly would parse as markup."""
    return html.escape(str(value), quote=False)


def _list_downwards(figure: Figure) -> None:
    # Category type, because names may be numbers
    figure.update_yaxes(type="category", autorange="reversed", automargin=True)


def _sized(figure: Figure, n_rows: int) -> Figure:
    height = max(300, 210 + 30 * n_rows)
    return figure.update_layout(height=height, legend_y=-85 / (height - 160))
