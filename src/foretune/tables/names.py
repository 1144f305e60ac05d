"""Names of columns that every table has."""

from __future__ import annotations

TARGET_COLUMN = "target"


USER_FILE_SUFFIXES = (".csv", ".parquet")
