"""Folder of the outputs of a recommendation, one for each table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from pathlib import Path
from typing import Any

RECOMMENDATIONS = "data/08_reporting/recommendation"
WRITTEN = "recommendation.json"
NO_TABLE = "table"
# Resolvers are registered once in a process, by whichever project comes first
_FOLDER = ContextVar("folder", default=RECOMMENDATIONS)


@contextmanager
def recommendations_in(folder: str) -> Iterator[None]:
    """Let the resolver look into the folder of another project."""
    token = _FOLDER.set(folder)
    try:
        yield
    finally:
        _FOLDER.reset(token)


def name_table_folder(table: Any = None, folder: str | None = None) -> str:
    """Name the folder of a table's outputs, a resolver for the catalog: ``${table_folder:...}``.

    Parameters
    ----------
    table
        File of the table; without one the table that was last recommended to, which Kedro-Viz then shows.
    folder
        Folder that has those of all tables; None for that of the project.

    Returns
    -------
    str
        The name of the file without its ending; with a number behind it where another file of that name has
        been recommended to.
    """
    folder = _FOLDER.get() if folder is None else folder
    if table is None:
        written = sorted(
            Path(folder).glob(f"*/{WRITTEN}"), key=lambda file: (file.stat().st_mtime, str(file))
        )
        return written[-1].parent.name if written else NO_TABLE
    file = Path(str(table)).expanduser().absolute()
    names = (file.stem if number == 1 else f"{file.stem}-{number}" for number in count(1))
    return next(name for name in names if _is_free(Path(folder) / name / WRITTEN, file))


def _is_free(written: Path, file: Path) -> bool:
    """Return whether a recommendation is absent, or of the same table."""
    try:
        said = json.loads(written.read_text(encoding="utf-8"))["table"]["file"]
    except (OSError, ValueError, KeyError, TypeError):
        # Absent, or not ours to keep
        return True
    return Path(said).expanduser().absolute() == file
