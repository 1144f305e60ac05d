from .cells import DecimalMark, label_value
from .checks import TableError, check_column_names, check_finite, check_raw_frame
from .cleaning import (
    ColumnKind, as_category, column_kind, decoded_columns, is_empty, is_time, to_days, unmasked, with_days
)
from .column_formats import (
    ColumnFormat, DECIMAL_MARK, MarkFinder, TableFormat, TargetFormat, find_mark, infer_formats,
    infer_target_format, read_column
)
from .files import found_options, read_bytes, read_user_file
from .names import (
    ColumnType, SUFFIXES_IN_WORDS, SplitKind, TARGET_COLUMN, USER_FILE_SUFFIXES, file_type, find_split_problem
)
from .overrides import for_command_line
from .row_split import RowSplit, SplitColumn, find_block_starts
from .subsample import find_strata, nested_rows, stable_seed, subsample_rows
from .table import MIN_CLASS_ROWS, SAMPLE, Table, as_frame, as_pandas, sample_rows
from .target import Target, holds_numbers, infer_task_type, without_rare_classes
from .writing import one_type, write_table

__all__ = [
    "ColumnFormat", "ColumnKind", "ColumnType", "DECIMAL_MARK", "DecimalMark", "MIN_CLASS_ROWS",
    "MarkFinder", "RowSplit", "SAMPLE", "SUFFIXES_IN_WORDS", "SplitColumn", "SplitKind", "TARGET_COLUMN", "Table", "TableError", "TableFormat",
    "Target", "TargetFormat", "USER_FILE_SUFFIXES", "as_category", "as_frame", "as_pandas",
    "check_column_names", "check_finite", "check_raw_frame", "column_kind", "decoded_columns",
    "file_type", "find_block_starts", "find_mark", "find_split_problem", "find_strata", "for_command_line", "found_options", "holds_numbers", "infer_formats",
    "infer_target_format", "infer_task_type", "is_empty", "is_time", "label_value", "nested_rows", "one_type",
    "read_bytes", "read_column", "read_user_file", "sample_rows", "stable_seed", "subsample_rows",
    "to_days", "unmasked", "with_days", "without_rare_classes", "write_table"
]
