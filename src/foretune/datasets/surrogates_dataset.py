"""Kedro dataset of memories, one folder per task type."""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

from kedro.io import AbstractDataset

logger = logging.getLogger(__name__)


class SurrogatesDataset(AbstractDataset[dict[str, Any], dict[str, Any]]):
    """Saves and loads memories by task type, without pickle.

    Parameters
    ----------
    filepath
        Folder with one sub-folder per task type; saving replaces all of them.
    metadata
        Metadata for other tools, such as the layer in Kedro-Viz.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = PurePosixPath(filepath)
        self.metadata = metadata

    def load(self) -> dict[str, Any]:
        """Load every memory in the folder."""
        from foretune.meta_model import MANIFEST, read_memory

        folders = sorted(path.parent for path in Path(self._filepath).glob(f"*/{MANIFEST}"))
        return {folder.name: read_memory(folder) for folder in folders}

    def save(self, data: dict[str, Any]) -> None:
        """Write the memories in place of those of the last run, and log which tasks changed."""
        from foretune.meta_model import MANIFEST, read_manifest, remove_memory, save_memory

        Path(self._filepath).mkdir(parents=True, exist_ok=True)
        earlier: dict[str, dict[str, str]] = {}
        folders = [manifest.parent for manifest in Path(self._filepath).glob(f"*/{MANIFEST}")]
        for folder in folders:
            with suppress(ValueError):
                earlier[folder.name] = read_manifest(folder).tasks
        for task_type, memory in data.items():
            size = save_memory(memory, Path(self._filepath) / task_type)
            logger.info(
                "%s surrogate: %d members, %.1f MB on disk, %d tasks%s",
                task_type,
                len(memory.surrogate.members),
                size / 1e6,
                len(memory.task_hashes),
                _change(earlier.get(task_type), memory.task_hashes),
            )
        for folder in folders:
            if folder.name not in data:
                remove_memory(folder)

    def _exists(self) -> bool:
        from foretune.meta_model import MANIFEST

        return any(Path(self._filepath).glob(f"*/{MANIFEST}"))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}


def _change(earlier: dict[str, str] | None, now: dict[str, str]) -> str:
    """Describe how many tasks are new, changed or gone since the last training."""
    if earlier is None:
        return ""
    new, gone = len(now.keys() - earlier.keys()), len(earlier.keys() - now.keys())
    changed = sum(now[task] != earlier[task] for task in now.keys() & earlier.keys())
    return f" ({new} new, {changed} changed, {gone} gone since the last training)"
