"""Surrogates, one folder per task type."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from kedro.io import AbstractDataset

if TYPE_CHECKING:
    from foretune.meta_model.surrogate import Surrogate


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
        """Write the surrogates; those of an earlier run are removed first."""
        from foretune.meta_model.artifact import MANIFEST, save_surrogate

        for manifest in Path(self._filepath).glob(f"*/{MANIFEST}"):
            shutil.rmtree(manifest.parent)
        for task_type, surrogate in data.items():
            save_surrogate(surrogate, Path(self._filepath) / task_type)

    def _exists(self) -> bool:
        from foretune.meta_model.artifact import MANIFEST

        return any(Path(self._filepath).glob(f"*/{MANIFEST}"))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
