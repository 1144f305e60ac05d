from .errors import UserError
from .messages import close_matches, counted, is_number, quoted, shortened, without_middle
from .pandas_releases import TEXT, exact_numbers, parse_numbers
from .parameters import FrozenParameters, TASK_TYPES, TaskType
from .plugins import load_plugins
from .progress import show_progress
from .seeds import derive_seed
from .threads import one_thread

__all__ = [
    "FrozenParameters", "TASK_TYPES", "TEXT", "TaskType", "UserError", "close_matches", "counted",
    "derive_seed", "exact_numbers", "is_number", "load_plugins", "one_thread", "parse_numbers", "quoted",
    "shortened", "show_progress", "without_middle"
]
