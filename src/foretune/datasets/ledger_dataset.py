"""The ledger as an entry of the catalog."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from kedro.io import AbstractDataset, DatasetError

if TYPE_CHECKING:
    from foretune.hpo.ledger.ledger import Ledger


class LedgerDataset(AbstractDataset[NoReturn, "Ledger"]):
    """Opens a ledger of trials; nodes add to it themselves, batch by batch.

    Parameters
    ----------
    filepath
        SQLite file, made if it is absent.
    credentials
        ``url`` of a database that takes its place, for example PostgreSQL's.
    timeout
        How long to wait for locks of other processes and for a server that went away, in seconds.
    metadata
        For other tools, such as the layer in Kedro-Viz.
    """

    def __init__(
        self,
        *,
        filepath: str,
        credentials: dict[str, str] | None = None,
        timeout: float = 30.0,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self._filepath = filepath
        self._url = (credentials or {}).get("url") or f"sqlite:///{Path(filepath)}"
        self._timeout = timeout
        self.metadata = metadata

    def load(self) -> Ledger:
        """Open the ledger."""
        from foretune.hpo.ledger.ledger import Ledger

        return Ledger.open(self._url, timeout=self._timeout)

    def save(self, data: NoReturn) -> NoReturn:
        """Raise: a ledger is only added to."""
        raise DatasetError(f"{type(self).__name__} is added to by the nodes that load it, not saved")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
