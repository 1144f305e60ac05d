"""Loading of memories: the shipped reference memory, one from a folder, or several as one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from foretune.base import PATH, TaskType, check_kind, check_task_type
from foretune.meta_model import Memory
from foretune.recommendation.core.memory_files import (
    MemoryNotFoundError,
    find_memory,
    folder_of,
    read_for_use,
    why_not_found,
)
from foretune.recommendation.core.merged_memory import load_merged

# Folders; "reference" is the shipped memory, as None is
MemorySource: TypeAlias = str | Path | Memory | Sequence[str | Path | Memory] | None


def load_memory(
    task_type: TaskType,
    folder: str | Path | Sequence[str | Path | Memory] | None = None,
    metric: str | None = None,
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
        or ``"reference"`` for the reference memory. Costs of learners are those of ``learner_costs.json``
        beside the folder, if the memory has none. A list of folders, or loaded memories, is merged, once:
        the result is kept in the user's cache, or the folder of the environment variable ``FORETUNE_CACHE``.
    metric
        Metric to predict, such as ``"log_loss"``, if the folder has a memory of it; otherwise, and if None,
        the memory of the folder's own score (``provenance.score``).

    Raises
    ------
    MemoryNotFoundError
        If the folder has no memory of this task type, or it has no provenance.
    ArtifactError
        If a file is damaged or has another version.
    UserError
        If memories cannot be merged, as their metrics or metafeatures differ.
    """
    check_task_type(task_type)
    if isinstance(folder, Sequence) and not isinstance(folder, str):
        return load_merged(task_type, folder, metric=metric)
    check_kind("folder", folder, PATH, "the path of a folder, or a list of paths", optional=True)
    root = folder_of(folder)
    place = find_memory(root, task_type, metric)
    if place is None:
        raise why_not_found(root, task_type)
    memory = read_for_use(place, root, task_type)
    if memory.provenance is None:
        raise MemoryNotFoundError(
            f"the surrogate in {place} does not know its search: train it by the pipeline meta_training"
        )
    return memory
