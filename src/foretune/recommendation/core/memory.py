"""What Foretune remembers: the reference memory that ships with it, or one of your own."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from foretune.base import TaskType, UserError
from foretune.meta_model import Memory


class MemoryNotFoundError(UserError, ValueError):
    """There is no memory that could recommend; the message says what to do."""


def reference_folder() -> Path:
    """Folder of the surrogates that ship with the package, one folder per task type."""
    return Path(__file__).parents[1] / "reference"


def load_memory(task_type: TaskType, folder: str | Path | None = None) -> Memory:
    """Load the surrogate of one task type; it is kept for the next call until its files change.

    A memory of logs that do not say their task type (``any``) serves both. Learners that Foretune
    can build get their library default, where the memory does not know which configuration that is.

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
    from foretune.logs import ANY_TYPE
    from foretune.meta_model import MANIFEST

    root = reference_folder() if folder is None else Path(folder).expanduser()
    manifests = [root / name / MANIFEST for name in (task_type, ANY_TYPE)]
    manifest = next((one for one in manifests if one.is_file()), None)
    if manifest is None:
        raise MemoryNotFoundError(f"{root} has no memory of {task_type} tasks: {_remedy(root, folder)}")
    memory = _load(manifest.parent.resolve(), task_type, manifest.stat().st_mtime_ns)
    if memory.provenance is None:
        raise MemoryNotFoundError(
            f"the surrogate in {manifest.parent} does not know its search: train it by the pipeline "
            f"meta_training"
        )
    return memory


def _remedy(root: Path, folder: str | Path | None) -> str:
    from foretune.meta_model import MANIFEST

    others = sorted(path.parent.name for path in root.glob(f"*/{MANIFEST}"))
    if others:
        return f"it has one of {', '.join(others)} tasks"
    return "reinstall foretune" if folder is None else "run the pipeline meta_training first"


@lru_cache(maxsize=8)
def _load(folder: Path, task_type: TaskType, _changed: int) -> Memory:
    from foretune.meta_model import read_memory
    from foretune.recommendation.core.library_defaults import with_library_defaults

    return with_library_defaults(read_memory(folder), task_type)
