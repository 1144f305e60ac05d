"""Learning tasks: where they come from, how they are cleaned, and how they are checked.

The names below are imported on first use, so that a table can be read without all sources of tasks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from foretune.base.lazy_names import imported_on_use

if TYPE_CHECKING:
    from foretune.tasks.generation import generate_tasks, select_task_sources
    from foretune.tasks.task import Task, content_hash

__all__ = ["Task", "content_hash", "generate_tasks", "select_task_sources"]

__getattr__ = imported_on_use(
    __name__,
    {
        "Task": "task",
        "content_hash": "task",
        "generate_tasks": "generation",
        "select_task_sources": "generation",
    },
)
