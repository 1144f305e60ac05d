"""Kedro dataset of the ledger of trials."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from foretune.datasets.opened_dataset import OpenedDataset
from foretune.ledger import Ledger


class LedgerDataset(OpenedDataset["Ledger"]):
    """Opens the ledger of trials; nodes add trials to it themselves, batch by batch.

    Parameters
    ----------
    filepath
        SQLite file, created if absent.
    credentials
        ``url`` of a database to use instead, for example of PostgreSQL.
    timeout
        Time to wait for locks of other processes and for a lost server, in seconds.
    metadata
        Metadata for other tools, such as the layer in Kedro-Viz.
    """

    def __init__(
        self,
        *,
        filepath: str,
        credentials: dict[str, str] | None = None,
        timeout: float = 30.0,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(filepath=filepath, metadata=metadata)
        self._url = (credentials or {}).get("url") or f"sqlite:///{Path(filepath)}"
        self._timeout = timeout

    def load(self) -> Ledger:
        """Open the ledger."""
        from foretune.ledger import Ledger

        return Ledger.open(self._url, timeout=self._timeout)
