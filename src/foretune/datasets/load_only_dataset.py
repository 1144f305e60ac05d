"""Base class of datasets that are loaded and never saved as a whole."""

from __future__ import annotations

from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError


class LoadOnlyDataset(AbstractDataset[NoReturn, Any]):
    """Something that nodes load; saving it through the catalog is an error.

    Parameters
    ----------
    metadata
        Metadata for other tools, such as the layer in Kedro-Viz.
    described
        What Kedro shows of the dataset.
    """

    refusal = "is read-only"

    def __init__(self, metadata: dict[str, Any] | None, **described: Any) -> None:
        self.metadata = metadata
        self._described = described

    def save(self, data: NoReturn) -> NoReturn:
        """Raise an error."""
        raise DatasetError(f"{type(self).__name__} {self.refusal}")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return self._described
