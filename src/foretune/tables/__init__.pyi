from .checks import TaskRejected, check_raw_frame
from .cleaning import CleanTable, as_category, clean_column, clean_table
from .files import read_user_file
from .names import TARGET_COLUMN, USER_FILE_SUFFIXES
from .subsample import stable_seed, subsample_rows
from .writing import one_type, write_table

__all__ = [
    "TARGET_COLUMN",
    "USER_FILE_SUFFIXES",
    "CleanTable",
    "TaskRejected",
    "as_category",
    "check_raw_frame",
    "clean_column",
    "clean_table",
    "one_type",
    "read_user_file",
    "stable_seed",
    "subsample_rows",
    "write_table",
]
