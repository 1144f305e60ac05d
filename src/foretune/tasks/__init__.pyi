from .generation import generate_tasks, select_task_sources
from .parameters import TaskGenerationParameters
from .partitions import read_partitions
from .task import Task, content_hash
from .task_source import TASK_SOURCE_COLUMNS, TaskSource

__all__ = [
    "TASK_SOURCE_COLUMNS", "Task", "TaskGenerationParameters", "TaskSource", "content_hash",
    "generate_tasks", "read_partitions", "select_task_sources"
]
