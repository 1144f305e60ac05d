"""Loading of memories: the shipped reference memory, or one from a folder."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from foretune.base import PATH, TaskType, UserError, check_kind, check_task_type
from foretune.logs import ANY_TYPE
from foretune.meta_model import (
    COSTS,
    MANIFEST,
    METRICS_FOLDER,
    Memory,
    metric_memory_name,
    read_costs,
    read_memory,
)
from foretune.recommendation.core.library_defaults import with_library_defaults


class MemoryNotFoundError(UserError, ValueError):
    """There is no memory to recommend from; the message gives the remedy."""


def reference_folder() -> Path:
    """Return the folder of the shipped memories, with one folder per task type."""
    return Path(__file__).parents[1] / "reference"


def load_memory(
    task_type: TaskType, folder: str | Path | None = None, *, metric: str | None = None
) -> Memory:
    """Load the memory of one task type, cached until its files change.

    A memory of logs without a task type (``any``) serves both. Missing library defaults of registered
    learners are added.

    Parameters
    ----------
    task_type
        ``"classification"`` or ``"regression"``.
    folder
        Folder of memories, as written by the pipeline ``meta_training`` (``data/06_models/surrogates``); None
        for the reference memory. Costs of learners are those of ``learner_costs.json`` beside the folder, if
        the memory has none.
    metric
        Metric to predict, such as ``"log_loss"``, if the folder has a memory of it; otherwise, and if None,
        the memory of the folder's own score (``provenance.score``).

    Raises
    ------
    MemoryNotFoundError
        If the folder has no memory of this task type, or it has no provenance.
    ArtifactError
        If a file is damaged or has another version.
    """
    check_task_type(task_type)
    check_kind("folder", folder, PATH, "the path of a folder", optional=True)
    root = reference_folder() if folder is None else Path(folder).expanduser()
    places = [root / task_type, root / ANY_TYPE]
    if metric is not None:
        places.insert(0, root / METRICS_FOLDER / metric_memory_name(task_type, metric))
    manifests = [place / MANIFEST for place in places]
    manifest = next((one for one in manifests if one.is_file()), None)
    if manifest is None:
        raise MemoryNotFoundError(f"{root} has no memory of {task_type} tasks: {_remedy(root, folder)}")
    beside = root.parent / COSTS
    changed = tuple(path.stat().st_mtime_ns for path in (manifest, beside) if path.is_file())
    memory = _load(manifest.parent.resolve(), root.resolve(), task_type, changed)
    if memory.provenance is None:
        raise MemoryNotFoundError(
            f"the surrogate in {manifest.parent} does not know its search: train it by the pipeline "
            f"meta_training"
        )
    return memory


def _remedy(root: Path, folder: str | Path | None) -> str:
    if not root.is_dir():
        return "there is no such folder"
    others = sorted(path.parent.name for path in root.glob(f"*/{MANIFEST}"))
    if others:
        return f"it has one of {', '.join(others)} tasks"
    return "reinstall foretune" if folder is None else "run the pipeline meta_training first"


@lru_cache(maxsize=8)
def _load(folder: Path, root: Path, task_type: TaskType, _changed: tuple[int, ...]) -> Memory:
    return with_library_defaults(with_costs_beside(read_memory(folder), root), task_type)


def with_costs_beside(memory: Memory, root: Path) -> Memory:
    """Return a memory with the costs of ``learner_costs.json`` beside its root folder, if it has none."""
    path, known = root.parent / COSTS, memory.provenance
    if known is None or known.costs is not None or not path.is_file():
        return memory
    costs = read_costs(path).get(memory.task_type)
    return replace(memory, provenance=replace(known, costs=costs))
