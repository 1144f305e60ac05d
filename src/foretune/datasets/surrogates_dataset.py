"""Surrogates, one folder per task type."""

from __future__ import annotations

import logging
import shutil
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from kedro.io import AbstractDataset

if TYPE_CHECKING:
    from foretune.meta_model.surrogate import Surrogate

logger = logging.getLogger(__name__)


class SurrogatesDataset(AbstractDataset["dict[str, Surrogate]", "dict[str, Surrogate]"]):
    """Saves and loads surrogates by task type, without pickle.

    Parameters
    ----------
    filepath
        Folder with one sub-folder per task type. Saving replaces all of them.
    metadata
        For other tools, such as the layer in Kedro-Viz.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = PurePosixPath(filepath)
        self.metadata = metadata

    def load(self) -> dict[str, Surrogate]:
        """Load every surrogate in the folder."""
        from foretune.meta_model.artifact import MANIFEST, load_surrogate

        folders = sorted(path.parent for path in Path(self._filepath).glob(f"*/{MANIFEST}"))
        return {folder.name: load_surrogate(folder) for folder in folders}

    def save(self, data: dict[str, Surrogate]) -> None:
        """Write the surrogates; those of an earlier run are removed first, and what changed is said."""
        from foretune.meta_model.artifact import MANIFEST, read_manifest, save_surrogate

        earlier: dict[str, dict[str, str]] = {}
        for manifest in Path(self._filepath).glob(f"*/{MANIFEST}"):
            with suppress(ValueError):
                earlier[manifest.parent.name] = read_manifest(manifest.parent)["tasks"]
            shutil.rmtree(manifest.parent)
        for task_type, surrogate in data.items():
            size = save_surrogate(surrogate, Path(self._filepath) / task_type)
            logger.info(
                "%s surrogate: %d members, %.1f MB on disk, %d tasks%s",
                task_type,
                len(surrogate.members),
                size / 1e6,
                len(surrogate.task_hashes),
                _change(earlier.get(task_type), surrogate.task_hashes),
            )

    def _exists(self) -> bool:
        from foretune.meta_model.artifact import MANIFEST

        return any(Path(self._filepath).glob(f"*/{MANIFEST}"))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}


def _change(earlier: dict[str, str] | None, now: dict[str, str]) -> str:
    """Say which tasks are new, changed or gone since the last training."""
    if earlier is None:
        return ""
    new, gone = len(now.keys() - earlier.keys()), len(earlier.keys() - now.keys())
    changed = sum(now[task] != earlier[task] for task in now.keys() & earlier.keys())
    return f" ({new} new, {changed} changed, {gone} gone since the last training)"
