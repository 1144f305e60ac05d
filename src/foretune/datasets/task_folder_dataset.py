"""Kedro dataset of a folder of user tables."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from foretune.datasets.load_only_dataset import LoadOnlyDataset


class TaskFolderDataset(LoadOnlyDataset):
    """Loads a folder as functions that read its tables, one per file.

    Unlike with a ``PartitionedDataset``, the folder may be empty, absent or mix CSV and Parquet, and an
    unreadable file raises only when it is read.

    Parameters
    ----------
    filepath
        Path of the folder.
    metadata
        Metadata for other tools, such as the layer in Kedro-Viz.
    """

    refusal = "is read-only: put your tables into its folder yourself"

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        super().__init__(metadata, filepath=filepath)
        self._filepath = PurePosixPath(filepath)

    def load(self) -> dict[str, Callable[..., Any]]:
        """Return a reading function by file name; it takes the options of the pandas reader."""
        from foretune.tables import file_type, read_user_file

        folder = Path(self._filepath)
        files = sorted(folder.iterdir()) if folder.is_dir() else []
        return {
            path.name: partial(read_user_file, path, file_type(path.name))
            for path in files
            if path.is_file() and not path.name.startswith(".")
        }
