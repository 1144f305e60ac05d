"""Kedro dataset of the ledger of trials."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from foretune.datasets.load_only_dataset import LoadOnlyDataset


class LedgerDataset(LoadOnlyDataset):
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

    refusal = "is added to by the nodes that load it, not saved"

    def __init__(
        self,
        *,
        filepath: str,
        credentials: dict[str, str] | None = None,
        timeout: float = 30.0,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(metadata, filepath=filepath)
        self._url = (credentials or {}).get("url") or f"sqlite:///{Path(filepath)}"
        self._timeout = timeout

    @property
    def address(self) -> str:
        """File of the ledger, or its URL without the password.

        Raises
        ------
        LedgerError
            If the URL is none of a ledger.
        """
        from foretune.ledger import describe_address

        return describe_address(self._url)

    def load(self) -> Any:
        """Open the ledger, a :class:`foretune.ledger.Ledger`."""
        from foretune.ledger import Ledger

        return Ledger.open(self._url, timeout=self._timeout)
