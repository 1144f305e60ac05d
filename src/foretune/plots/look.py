"""Look of the figures: colours that are told apart on light and on dark pages."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from typing import Any

from plotly.graph_objects import Figure, Scatter

from foretune.base import shortened
from foretune.plots.axis import label_of, title_of
from foretune.plots.shown_search import ShownTrial, name_learner

# Palette of Okabe and Ito, safe for colour-blind readers, without black and yellow
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#A05DC8", "#8C6D31")
# Contrast of 4.5 on white and on black
GREY = "#767676"
GRID = "rgba(128, 128, 128, 0.25)"
CLEAR = "rgba(0, 0, 0, 0)"
# From early to late, from low to high: neither end is lost on a light or a dark page
SCORES = [[0.0, "#4C6FB1"], [0.35, "#3F9E9A"], [0.7, "#C98A2B"], [1.0, "#E4572E"]]
ORDER = [[0.0, "#9AA5B1"], [1.0, "#0072B2"]]
LONGEST_ERROR = 90


def lay_out_neutral(figure: Figure, title: str, subtitle: str = "", *, height: int = 460) -> Figure:
    """Set titles and a layout with a clear background, for pages of any colour.

    Parameters
    ----------
    figure
        The figure.
    title, subtitle
        Texts above it; long subtitles are broken at ``<br>``.
    height
        In pixels.
    """
    n_lines = subtitle.count("<br>") + 1 if subtitle else 0
    total = height + 18 * n_lines
    figure.update_xaxes(_axis_colours())
    figure.update_yaxes(_axis_colours())
    return figure.update_layout(
        title={
            "text": title,
            "subtitle": {"text": subtitle, "font": {"size": 12, "color": GREY}},
            "x": 0.02,
            "xanchor": "left",
            "yref": "container",
            "y": 1 - 16 / total,
            "yanchor": "top",
        },
        template="none",
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        font={"color": GREY, "size": 13, "family": "system-ui, sans-serif"},
        colorway=list(COLOURS),
        hovermode="closest",
        height=total,
        margin={"l": 70, "r": 30, "t": 62 + 18 * n_lines, "b": 90},
        legend={"orientation": "h", "yanchor": "bottom", "yref": "container", "y": 0.01, "x": 0},
    )


def _axis_colours() -> dict[str, Any]:
    return {
        "gridcolor": GRID,
        "zerolinecolor": GRID,
        "linecolor": GRID,
        "showline": True,
        "ticks": "outside",
        "tickcolor": GRID,
        "automargin": True,
        "title": {"standoff": 12},
    }


def key_of(name: str, symbol: str) -> list[Scatter]:
    """Return the entry of a legend for points of many colours, which Plotly would draw black."""
    marker = {"color": GREY, "symbol": symbol, "size": 10}
    return [Scatter(x=[None], y=[None], mode="markers", name=name, marker=marker, hoverinfo="skip")]


def add_note(figure: Figure, text: str) -> Figure:
    """Write a sentence into the middle of a figure that has nothing to show."""
    place = {"xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5}
    return figure.add_annotation(text=escape(text), showarrow=False, font={"size": 14}, **place)


def escape(text: object) -> str:
    """Escape a text, which Plotly would parse as markup."""
    return html.escape(str(text), quote=False)


def describe_trial(trial: ShownTrial) -> str:
    """Return what the pointer over a trial shows."""
    lines = [
        f"<b>Trial {trial.number}</b>" + (f", {escape(name_learner(trial.learner))}" if trial.learner else "")
    ]
    if trial.has_score:
        spread = f" ± {trial.std:.4g}" if math.isfinite(trial.std) else ""
        lines.append(f"score {trial.score:.6g}{spread}")
    else:
        lines.append(f"{escape(trial.status)}: {escape(shortened(trial.error or 'no score', LONGEST_ERROR))}")
    if math.isfinite(trial.predicted):
        lines.append(f"predicted {trial.predicted:.6g}")
    if math.isfinite(trial.seconds):
        lines.append(f"{trial.seconds:.3g} s")
    return "<br>".join([*lines, describe_params(trial.params)])


def describe_params(params: Mapping[str, Any]) -> str:
    """Return hyperparameters in words, one a line."""
    return "<br>".join(
        f"{escape(title_of(name))}: {escape(label_of(value))}" for name, value in params.items()
    )
