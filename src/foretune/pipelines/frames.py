"""pandas and Plotly for the annotations of nodes, imported lazily so that ``kedro`` starts fast.

Kedro evaluates the annotations of the nodes that it runs, so the names must exist at run time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure
else:
    import lazy_loader

    pd = lazy_loader.load("pandas")
    Figure = Any

__all__ = ["Figure", "pd"]
