from .catalogue import count_real_families, load_catalogue
from .download_parameters import DownloadParameters
from .generation import generate_tasks, select_task_sources
from .names import table_of
from .parameters import TaskGenerationParameters
from .partitions import read_partitions
from .sources.cache_filling import FilledTable, fill_cache
from .task import Task, content_hash
from .task_source import TASK_SOURCE_COLUMNS, TaskSource

__all__ = [
    "DownloadParameters", "FilledTable", "TASK_SOURCE_COLUMNS", "Task", "TaskGenerationParameters",
    "TaskSource", "content_hash", "count_real_families", "fill_cache", "generate_tasks", "load_catalogue",
    "read_partitions", "select_task_sources", "table_of"
]
