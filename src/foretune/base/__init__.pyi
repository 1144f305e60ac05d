from .errors import RecommendationWarning, UserError
from .formulas import quote_formulas
from .messages import (
    LONGEST_MESSAGE, close_matches, counted, describe_error, first_line, how_to_install, is_number, one_line,
    quoted, shortened, without_middle
)
from .pandas_releases import TEXT, exact_numbers, parse_numbers
from .parameters import FrozenParameters, TASK_TYPES, TaskType
from .plugins import load_plugins
from .progress import show_progress
from .replacing import WritingError, replaced_file, replaced_folder
from .seeds import derive_seed
from .threads import one_thread

__all__ = [
    "FrozenParameters", "LONGEST_MESSAGE", "RecommendationWarning", "TASK_TYPES", "TEXT", "TaskType",
    "UserError", "WritingError", "close_matches", "counted", "derive_seed", "describe_error", "exact_numbers", "first_line",
    "how_to_install", "is_number", "load_plugins", "one_line", "one_thread", "parse_numbers",
    "quote_formulas", "quoted", "replaced_file", "replaced_folder", "shortened", "show_progress",
    "without_middle"
]
