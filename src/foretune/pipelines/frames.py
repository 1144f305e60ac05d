"""pandas and plotly for annotations: imported when a run needs them, not when ``kedro`` starts.

Kedro reads the annotations of the nodes that it runs, so the names must exist at run time.
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
