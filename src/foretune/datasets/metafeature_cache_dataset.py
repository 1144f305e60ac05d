"""The cache of metafeatures as an entry of the catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from kedro.io import AbstractDataset, DatasetError

if TYPE_CHECKING:
    from foretune.metafeatures.cache import MetafeatureCache


class MetafeatureCacheDataset(AbstractDataset[NoReturn, "MetafeatureCache"]):
    """Opens a cache of metafeatures; the node that loads it adds to it itself, task by task.

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

    def load(self) -> MetafeatureCache:
        """Open the cache."""
        from foretune.metafeatures.cache import MetafeatureCache

        return MetafeatureCache(self._filepath)

    def save(self, data: NoReturn) -> NoReturn:
        """Raise: a cache is only added to."""
        raise DatasetError(f"{type(self).__name__} is added to by the nodes that load it, not saved")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
