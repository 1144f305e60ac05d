"""Kedro dataset of the cache of metafeatures."""

from __future__ import annotations

from typing import Any

from foretune.datasets.load_only_dataset import LoadOnlyDataset


class MetafeatureCacheDataset(LoadOnlyDataset):
    """Opens the cache of metafeatures; the node that loads it adds values itself, task by task.

    Parameters
    ----------
    filepath
        SQLite file, created if absent.
    metadata
        Metadata for other tools, such as the layer in Kedro-Viz.
    """

    refusal = "is added to by the nodes that load it, not saved"

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        super().__init__(metadata, filepath=filepath)
        self._filepath = filepath

    def load(self) -> Any:
        """Open the cache, a :class:`foretune.metafeatures.MetafeatureCache`."""
        from foretune.metafeatures import MetafeatureCache

        return MetafeatureCache(self._filepath)
