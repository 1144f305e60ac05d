"""Name of the target column, and suffixes of readable files."""

from __future__ import annotations

TARGET_COLUMN = "target"
USER_FILE_SUFFIXES = (".csv", ".parquet")
