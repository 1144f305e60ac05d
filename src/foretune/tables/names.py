"""Names of columns and their types, and types of readable files, without an import of pandas."""

from __future__ import annotations

from typing import Literal, get_args

TARGET_COLUMN = "target"
TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
USER_FILE_SUFFIXES = (*TEXT_SUFFIXES, ".parquet")
SUFFIXES_IN_WORDS = f"{', '.join(TEXT_SUFFIXES)} or .parquet"

# What a column can be
FormatType = Literal["number", "time", "nominal", "ignored"]
# What users may say that it is: also how the texts of numbers and dates are read
ColumnType = Literal[
    "number", "time", "nominal", "ignored", "decimal_point", "decimal_comma", "day_first", "month_first"
]
# By what rows are split, if not at random
SplitKind = Literal["groups", "time"]
COLUMN_TYPES: tuple[ColumnType, ...] = get_args(ColumnType)


def file_type(name: str) -> str:
    """Return the suffix of a file in small letters, without that of gzip: ``.csv`` for ``a.CSV.gz``."""
    stem = name.lower().removesuffix(".gz")
    return stem[stem.rfind(".") :] if "." in stem else ""


def find_split_problem(groups: str | None, time: str | None, *, is_feature: bool = False) -> str:
    """Return why groups and time cannot be given so; empty if they can."""
    if groups and time:
        return (
            f"groups '{groups}' and time '{time}' are both given, but rows can be split by one of them: "
            "leave the other out"
        )
    if is_feature and not (groups or time):
        return "keep_split_column needs groups or time, the column that is a feature too"
    return ""
