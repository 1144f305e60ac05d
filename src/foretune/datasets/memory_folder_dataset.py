"""The memory that recommends, as an entry of the catalog."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError

from foretune.base import TaskType
from foretune.meta_model import Memory


class MemoryFolderDataset(AbstractDataset[NoReturn, "Callable[[TaskType], Memory]"]):
    """Loads a function from a task type to its surrogate: only the one that is asked for is read.

    Parameters
    ----------
    folder
        Folder of surrogates, relative to where the command runs; None for those of the package.
    metadata
        For other tools, such as the layer in Kedro-Viz.
    """

    def __init__(self, *, folder: str | None, metadata: dict[str, Any] | None = None) -> None:
        self._folder = folder
        self.metadata = metadata

    def load(self) -> Callable[[TaskType], Memory]:
        """Return :func:`foretune.recommendation.core.memory.load_memory` for this folder."""
        from functools import partial

        from foretune.recommendation.core import load_memory

        return partial(load_memory, folder=self._folder)

    def save(self, data: NoReturn) -> NoReturn:
        """Raise: ``meta_training`` makes surrogates."""
        raise DatasetError(f"{type(self).__name__} is read-only")

    def _exists(self) -> bool:
        # What is missing is said when it is read
        return True

    def _describe(self) -> dict[str, Any]:
        return {"folder": self._folder}
