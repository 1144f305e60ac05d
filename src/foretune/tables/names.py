"""Name of the target column, and types of readable files."""

from __future__ import annotations

from typing import Literal, get_args

TARGET_COLUMN = "target"
USER_FILE_SUFFIXES = (".csv", ".parquet")

ColumnType = Literal["number", "time", "nominal", "ignored"]
COLUMN_TYPES: tuple[ColumnType, ...] = get_args(ColumnType)


def file_type(name: str) -> str:
    """Return the suffix of a file in small letters, without that of gzip: ``.csv`` for ``a.CSV.gz``."""
    stem = name.lower().removesuffix(".gz")
    return stem[stem.rfind(".") :] if "." in stem else ""
