"""Kedro dataset of a Plotly figure, with a preview for Kedro-Viz."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NewType

from kedro_datasets.plotly import JSONDataset

from foretune.reporting import preview_figure

if TYPE_CHECKING:
    PlotlyPreview = dict[str, Any]
else:
    # Kedro-Viz tells by this name how a preview is drawn
    PlotlyPreview = NewType("PlotlyPreview", dict)


class FigureDataset(JSONDataset):
    """``plotly.JSONDataset`` with a preview that fits into the small frame of Kedro-Viz."""

    def preview(self) -> PlotlyPreview:
        """Return the figure without buttons, in small text and with at most four panels."""
        return preview_figure(super().preview())
