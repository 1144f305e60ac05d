"""Base of the entries of the catalog that nodes open and add to themselves."""

from __future__ import annotations

from typing import Any, Generic, NoReturn, TypeVar

from kedro.io import AbstractDataset, DatasetError

Opened = TypeVar("Opened")


class OpenedDataset(AbstractDataset[NoReturn, Opened], Generic[Opened]):
    """A store that is made when it is first opened, and never saved as a whole.

    Parameters
    ----------
    filepath
        SQLite file, made if it is absent.
    metadata
        For other tools, such as the layer in Kedro-Viz.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = filepath
        self.metadata = metadata

    def save(self, data: NoReturn) -> NoReturn:
        """Raise: it is only added to."""
        raise DatasetError(f"{type(self).__name__} is added to by the nodes that load it, not saved")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
