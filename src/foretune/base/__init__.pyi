from .arguments import ArgumentError, PATH, check_choice, check_kind, check_seed, check_task_type
from .cache_folder import user_cache_folder
from .errors import RecommendationWarning, UserError
from .extras import (
    MissingExtraError, attach_names, is_of_extra, list_missing, missing_extra, require_package
)
from .formulas import quote_formulas
from .messages import (
    LONGEST_MESSAGE, close_matches, counted, describe_error, first_line, how_to_install, is_number,
    one_line, quoted, shortened, without_middle
)
from .pandas_releases import TEXT, exact_numbers, parse_numbers
from .parameters import ANY_TYPE, FrozenParameters, TASK_TYPES, TaskType, split_at_plus
from .plugins import load_plugins
from .processes import in_processes
from .progress import show_progress
from .replacing import WritingError, replaced_file, replaced_folder
from .seeds import derive_seed
from .size_classes import SIZE_BOUNDS, UNKNOWN_SIZE, name_size_classes, size_class
from .threads import one_thread, openmp_threads

__all__ = [
    "ANY_TYPE", "ArgumentError", "FrozenParameters", "LONGEST_MESSAGE", "MissingExtraError", "PATH",
    "RecommendationWarning", "SIZE_BOUNDS", "TASK_TYPES", "TEXT", "TaskType", "UNKNOWN_SIZE", "UserError",
    "WritingError", "attach_names", "check_choice", "check_kind", "check_seed", "check_task_type",
    "close_matches", "counted", "derive_seed", "describe_error", "exact_numbers", "first_line",
    "how_to_install", "in_processes", "is_number", "is_of_extra", "list_missing", "load_plugins",
    "missing_extra", "name_size_classes", "one_line", "one_thread", "openmp_threads", "parse_numbers",
    "quote_formulas", "quoted", "replaced_file", "replaced_folder", "require_package", "shortened",
    "show_progress", "size_class", "split_at_plus", "user_cache_folder", "without_middle"
]
