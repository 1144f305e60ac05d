"""Kedro dataset of the cache of metafeatures."""

from __future__ import annotations

from foretune.datasets.opened_dataset import OpenedDataset
from foretune.metafeatures import MetafeatureCache


class MetafeatureCacheDataset(OpenedDataset["MetafeatureCache"]):
    """Opens the cache of metafeatures; the node that loads it adds values itself, task by task."""

    def load(self) -> MetafeatureCache:
        """Open the cache."""
        from foretune.metafeatures import MetafeatureCache

        return MetafeatureCache(self._filepath)
