"""Common layout of Plotly figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from plotly.graph_objects import Figure

# Mark, as its ``meta``, of a trace that a page draws only on demand
FOLDED = "folded"


def set_height(figure: Figure, height: int) -> Figure:
    """Set the height of a figure, in pixels, and keep its legend right below the plot."""
    return figure.update_layout(height=height, legend_y=-80 / (height - 160))


def reuse_figure(
    figures: Mapping[str, Figure], name: str, plot: Callable[..., Figure], *tables: Any
) -> Figure:
    """Return the figure of a name if it is there already, and plot it otherwise."""
    return figures[name] if name in figures else plot(*tables)


def lay_out(figure: Figure, title: str) -> Figure:
    """Set the title and the common layout of a figure."""
    return figure.update_layout(
        title=title,
        template="plotly_white",
        hovermode="closest",
        height=520,
        legend={"groupclick": "togglegroup", "orientation": "h", "yanchor": "top", "y": -0.16},
        margin={"t": 100, "b": 60},
    )
