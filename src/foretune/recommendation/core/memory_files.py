"""Folders of memories: which memories they hold, and reading them."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from foretune.base import ANY_TYPE, PATH, TaskType, UserError, check_kind
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
from foretune.recommendation.core.parameters import REFERENCE


class MemoryNotFoundError(UserError, ValueError):
    """There is no memory to recommend from; the message gives the remedy."""


def reference_folder() -> Path:
    """Return the folder of the shipped memories, with one folder per task type."""
    return Path(__file__).parents[1] / "reference"


def folder_of(source: str | Path | None) -> Path:
    """Return the folder of memories that is meant by ``"reference"``, None or a path."""
    check_kind("folder", source, PATH, "the path of a folder", optional=True)
    return reference_folder() if source is None or source == REFERENCE else Path(source).expanduser()


def task_types_in(folder: Path) -> list[str]:
    """List the task types of which a folder has memories, sorted."""
    return sorted(path.parent.name for path in folder.glob(f"*/{MANIFEST}"))


def find_memory(root: Path, task_type: str, metric: str | None = None) -> Path | None:
    """Return the folder of the memory of a task type: of the metric if there is one, or of the score.

    A memory of logs without a task type serves every type.
    """
    places = [root / task_type, root / ANY_TYPE]
    if metric is not None:
        places.insert(0, root / METRICS_FOLDER / metric_memory_name(task_type, metric))
    return next((place for place in places if (place / MANIFEST).is_file()), None)


def further_metrics(root: Path, task_type: str) -> list[str]:
    """List the metrics of which a folder has a memory beside that of its score, sorted."""
    prefix = metric_memory_name(task_type, "")
    found = sorted((root / METRICS_FOLDER).glob(f"{prefix}*/{MANIFEST}"))
    return [manifest.parent.name.removeprefix(prefix) for manifest in found]


def why_not_found(root: Path, task_type: str) -> MemoryNotFoundError:
    """Return the error of a folder without a memory of a task type, with the remedy."""
    others = task_types_in(root)
    if not root.is_dir():
        remedy = "there is no such folder"
    elif (root / MANIFEST).is_file():
        remedy = f"it is a memory itself, name the folder that it lies in: {root.parent}"
    elif others:
        remedy = f"it has one of {', '.join(others)} tasks"
    else:
        is_ours = root.resolve() == reference_folder().resolve()
        remedy = "reinstall foretune" if is_ours else "run the pipeline meta_training first"
    return MemoryNotFoundError(f"{root} has no memory of {task_type} tasks: {remedy}")


def read_for_use(place: Path, root: Path, task_type: TaskType) -> Memory:
    """Read a memory of a folder of memories with costs and library defaults, cached until it changes."""
    beside = root.parent / COSTS
    changed = tuple(path.stat().st_mtime_ns for path in (place / MANIFEST, beside) if path.is_file())
    return _read(place.resolve(), root.resolve(), task_type, changed)


@lru_cache(maxsize=8)
def _read(place: Path, root: Path, task_type: TaskType, _changed: tuple[int, ...]) -> Memory:
    return with_library_defaults(with_costs_beside(read_memory(place), root), task_type)


def with_costs_beside(memory: Memory, root: Path) -> Memory:
    """Return a memory with the costs of ``learner_costs.json`` beside its root folder, if it has none."""
    path, known = root.parent / COSTS, memory.provenance
    if known is None or known.costs is not None or not path.is_file():
        return memory
    costs = read_costs(path).get(memory.task_type)
    return replace(memory, provenance=replace(known, costs=costs))
