"""Base class of datasets that are opened by nodes and never saved as a whole."""

from __future__ import annotations

from typing import Any, Generic, NoReturn, TypeVar

from kedro.io import AbstractDataset, DatasetError

Opened = TypeVar("Opened")


class OpenedDataset(AbstractDataset[NoReturn, Opened], Generic[Opened]):
    """A store that is created when first opened; nodes add to it, the catalog does not save it.

    Parameters
    ----------
    filepath
        SQLite file, created if absent.
    metadata
        Metadata for other tools, such as the layer in Kedro-Viz.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = filepath
        self.metadata = metadata

    def save(self, data: NoReturn) -> NoReturn:
        """Raise an error: nodes add to the store themselves."""
        raise DatasetError(f"{type(self).__name__} is added to by the nodes that load it, not saved")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
