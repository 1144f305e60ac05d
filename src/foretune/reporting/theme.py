"""Layout that all figures share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def set_height(figure: Figure, height: int) -> Figure:
    """Set a figure's height; its legend stays right below, which a share of the height would not do."""
    return figure.update_layout(height=height, legend_y=-80 / (height - 160))


def lay_out(figure: Figure, title: str) -> Figure:
    """Give a figure the layout that all of figures share."""
    return figure.update_layout(
        title=title,
        template="plotly_white",
        hovermode="closest",
        height=520,
        legend={"groupclick": "togglegroup", "orientation": "h", "yanchor": "top", "y": -0.16},
        margin={"t": 100, "b": 60},
    )
