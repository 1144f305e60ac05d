"""The cache of metafeatures as an entry of the catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foretune.datasets.opened_dataset import OpenedDataset

if TYPE_CHECKING:
    from foretune.metafeatures.cache import MetafeatureCache


class MetafeatureCacheDataset(OpenedDataset["MetafeatureCache"]):
    """Opens a cache of metafeatures; the node that loads it adds to it itself, task by task."""

    def load(self) -> MetafeatureCache:
        """Open the cache."""
        from foretune.metafeatures.cache import MetafeatureCache

        return MetafeatureCache(self._filepath)
