"""Name of the target column, and types of readable files."""

from __future__ import annotations

TARGET_COLUMN = "target"
USER_FILE_SUFFIXES = (".csv", ".parquet")


def file_type(name: str) -> str:
    """Return the suffix of a file in small letters, without that of gzip: ``.csv`` for ``a.CSV.gz``."""
    stem = name.lower().removesuffix(".gz")
    return stem[stem.rfind(".") :] if "." in stem else ""
