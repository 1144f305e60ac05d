"""Name of the target column, and suffixes of readable files."""

from __future__ import annotations

from typing import Literal, get_args

TARGET_COLUMN = "target"
USER_FILE_SUFFIXES = (".csv", ".parquet")

ColumnType = Literal["number", "time", "nominal", "ignored"]
COLUMN_TYPES: tuple[ColumnType, ...] = get_args(ColumnType)
