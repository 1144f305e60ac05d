"""The pages that a run has written, said at its end."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.framework.hooks import hook_impl

if TYPE_CHECKING:
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline

logger = logging.getLogger(__name__)


class NamePages:
    """Logs which page to open after a run."""

    @hook_impl
    def after_pipeline_run(self, pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> None:
        """Log the address of each HTML page that the pipeline writes as its text, for a browser."""
        from kedro.io import DataCatalog

        # A catalog of another class may not say where its entries are
        if not isinstance(catalog, DataCatalog):
            return
        entries = catalog.to_config()[0]
        for name in sorted(pipeline.outputs() & set(entries)):
            path = str(entries[name].get("filepath", ""))
            # Figures on pages of their own are on these, too
            if entries[name]["type"].endswith(".TextDataset") and path.endswith(".html"):
                logger.info("Open %s", Path(path).resolve().as_uri() if "://" not in path else path)
