"""What Foretune remembers: the reference memory that ships with it, or one of your own."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from foretune.errors import UserError

if TYPE_CHECKING:
    from foretune.meta_model.surrogate import Surrogate
    from foretune.parameters import TaskType


class MemoryNotFoundError(UserError, ValueError):
    """There is no memory that could recommend; the message says what to do."""


def reference_folder() -> Path:
    """Folder of the surrogates that ship with the package, one folder per task type."""
    return Path(__file__).parent / "reference"


def load_memory(task_type: TaskType, folder: str | Path | None = None) -> Surrogate:
    """Load the surrogate of one task type; it is kept for the next call until its files change.

    Parameters
    ----------
    task_type
        ``"classification"`` or ``"regression"``.
    folder
        Folder of surrogates, as the pipeline ``meta_training`` writes it (``data/06_models/surrogates``);
        None for the reference memory.

    Raises
    ------
    MemoryNotFoundError
        If the folder has none for this task type, or it was not told which search it learnt from.
    ArtifactError
        If a file is damaged or of another version.
    """
    from foretune.meta_model.artifact import MANIFEST

    root = reference_folder() if folder is None else Path(folder).expanduser()
    manifest = root / task_type / MANIFEST
    if not manifest.is_file():
        remedy = "reinstall foretune" if folder is None else "run the pipeline meta_training first"
        raise MemoryNotFoundError(f"{root} has no memory of {task_type} tasks: {remedy}")
    surrogate = _load(manifest.parent.resolve(), manifest.stat().st_mtime_ns)
    if surrogate.setting is None:
        raise MemoryNotFoundError(
            f"the surrogate in {manifest.parent} does not know its search: train it by the pipeline "
            f"meta_training"
        )
    return surrogate


@lru_cache(maxsize=8)
def _load(folder: Path, _changed: int) -> Surrogate:
    from foretune.meta_model.artifact import load_surrogate

    return load_surrogate(folder)
