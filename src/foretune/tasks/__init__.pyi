from .download_parameters import DownloadParameters
from .generation import generate_tasks, select_task_sources
from .parameters import TaskGenerationParameters
from .partitions import read_partitions
from .sources.cache_filling import FilledTable, fill_cache
from .task import Task, content_hash
from .task_source import TASK_SOURCE_COLUMNS, TaskSource

__all__ = [
    "DownloadParameters", "FilledTable", "TASK_SOURCE_COLUMNS", "Task", "TaskGenerationParameters",
    "TaskSource", "content_hash", "fill_cache", "generate_tasks", "read_partitions", "select_task_sources"
]
