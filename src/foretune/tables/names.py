"""Name of the target column, and types of readable files."""

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
COLUMN_TYPES: tuple[ColumnType, ...] = get_args(ColumnType)


def file_type(name: str) -> str:
    """Return the suffix of a file in small letters, without that of gzip: ``.csv`` for ``a.CSV.gz``."""
    stem = name.lower().removesuffix(".gz")
    return stem[stem.rfind(".") :] if "." in stem else ""
