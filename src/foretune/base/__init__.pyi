from .errors import UserError
from .messages import close_matches, counted, quoted
from .parameters import TASK_TYPES, FrozenParameters, TaskType
from .plugins import load_plugins
from .progress import show_progress
from .seeds import derive_seed
from .threads import one_thread

__all__ = [
    "TASK_TYPES",
    "FrozenParameters",
    "TaskType",
    "UserError",
    "close_matches",
    "counted",
    "derive_seed",
    "load_plugins",
    "one_thread",
    "quoted",
    "show_progress",
]
