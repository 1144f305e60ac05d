"""Filling of the cache from a folder of tables, for machines without a network."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from foretune.base import one_line
from foretune.tables import (
    SUFFIXES_IN_WORDS,
    TARGET_COLUMN,
    USER_FILE_SUFFIXES,
    TableError,
    file_type,
    read_user_file,
)
from foretune.tasks.sources.download_cache import keep
from foretune.tasks.sources.pmlb_server import SOURCE

METADATA = "metadata.yaml"


@dataclass(frozen=True)
class FilledTable:
    """What became of a file: the size of its table, or why it is not in the cache."""

    name: str
    n_rows: int = 0
    n_columns: int = 0
    problem: str = ""


def fill_cache(folder: Path, cache: Path, *, overwrite: bool = False) -> list[FilledTable]:
    """Put the tables of a folder into the cache, as tables of PMLB.

    Parameters
    ----------
    folder
        Files ``<name>.parquet``, ``.tsv``, ``.csv`` or ``.txt``, also compressed by gzip, in the folder or
        in one folder each, beside which there may be a ``metadata.yaml``, as in PMLB's repository. The
        column to predict is ``target``: a column of text is one of classes, one of decimal numbers is one
        of regression, and what whole numbers are is told when the table is read.
    cache
        Folder of the cache, `DownloadParameters.folder`.
    overwrite
        Replace the tables that the cache has already.

    Returns
    -------
    list of FilledTable
        One per file, by name.

    Raises
    ------
    TableError
        If the folder has no such file.
    WritingError
        If the cache cannot be written.
    """
    files = {_name(file): file for file in _tables(folder)}
    if not files:
        raise TableError(f"{folder} has no tables: no {SUFFIXES_IN_WORDS}")
    return [_fill(name, files[name], cache / SOURCE / name, overwrite) for name in sorted(files)]


def _tables(folder: Path) -> list[Path]:
    paths = sorted([*folder.glob("*"), *folder.glob("*/*")])
    return [
        path
        for path in paths
        if path.is_file() and file_type(path.name) in USER_FILE_SUFFIXES and _is_table(path)
    ]


def _is_table(path: Path) -> bool:
    return not path.name.startswith((".", "all_summary_stats"))


def _name(path: Path) -> str:
    return path.name[: path.name.lower().rfind(file_type(path.name))]


def _fill(name: str, file: Path, folder: Path, overwrite: bool) -> FilledTable:
    target = folder / f"{name}.tsv.gz"
    if target.exists() and not overwrite:
        return FilledTable(name, problem="the cache has it already (--overwrite replaces it)")
    try:
        frame = read_user_file(file, file_type(file.name))
    except (TableError, OSError, ValueError) as error:
        return FilledTable(name, problem=one_line(error))
    if TARGET_COLUMN not in frame.columns:
        return FilledTable(name, problem=f"there is no column '{TARGET_COLUMN}'")
    given = file.with_name(METADATA)
    metadata = given.read_bytes() if given.is_file() else _write_metadata(name, frame)
    # First: a table without its metadata would be read by its values
    keep(io.BytesIO(metadata), folder / METADATA)
    text = frame.to_csv(sep="\t", index=False, lineterminator="\n")
    keep(io.BytesIO(text.encode()), target, compress=True)
    return FilledTable(name, *frame.shape)


def _write_metadata(name: str, frame: pd.DataFrame) -> bytes:
    """Describe a table as PMLB does, as far as its types tell."""
    kinds = {str(one): _kind(frame[one]) for one in frame.columns}
    target = kinds.pop(TARGET_COLUMN)
    tasks = {"categorical": "classification", "continuous": "regression"}
    metadata: dict[str, Any] = {
        "dataset": name,
        "target": {"type": target},
        "features": [{"name": one, "type": kind} for one, kind in kinds.items()],
    }
    if target in tasks:
        metadata["task"] = tasks[target]
    return yaml.safe_dump(metadata, sort_keys=False, allow_unicode=True).encode()


def _kind(column: pd.Series) -> str:
    if pd.api.types.is_float_dtype(column.dtype):
        return "continuous"
    return "integer" if pd.api.types.is_numeric_dtype(column.dtype) else "categorical"
