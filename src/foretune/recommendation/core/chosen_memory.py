"""The memory of one call: that of its score, without some families."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from foretune.base import TaskType
from foretune.meta_model import Memory
from foretune.recommendation.core.excluded_families import check_families, without_families
from foretune.recommendation.core.library_defaults import with_library_defaults
from foretune.recommendation.core.memory import MemorySource, load_memory
from foretune.recommendation.core.scorers import metric_to_predict


def choose_memory(
    memory: MemorySource,
    task_type: TaskType,
    scoring: Any = None,
    exclude_families: str | Collection[str] | None = None,
) -> Memory:
    """Return the memory that a call starts from, with the library defaults.

    Parameters
    ----------
    memory
        A memory, or what :func:`.load_memory` takes as its folder.
    task_type
        Task type of the table.
    scoring
        Scorer whose metric, or the nearest one, is predicted where a folder has a memory of it.
    exclude_families
        Families of tasks to leave out.

    Raises
    ------
    UserError
        If the memory cannot be used, or lacks one of the families.
    """
    excluded = check_families(exclude_families)
    if isinstance(memory, Memory):
        known = with_library_defaults(memory, task_type)
    else:
        known = load_memory(task_type, memory, metric_to_predict(scoring, task_type))
    return without_families(known, excluded)
