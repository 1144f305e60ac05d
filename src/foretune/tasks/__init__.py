"""Learning tasks: where they come from, how they are cleaned, and how they are checked."""

from foretune.tasks.generation import generate_tasks, select_task_sources
from foretune.tasks.task import TARGET_COLUMN, Task, content_hash

__all__ = ["TARGET_COLUMN", "Task", "content_hash", "generate_tasks", "select_task_sources"]
