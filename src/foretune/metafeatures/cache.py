"""SQLite cache of metafeature groups by the content of the task."""

from __future__ import annotations

import hashlib
import json
import math
import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import sklearn

from foretune.base import TaskType
from foretune.metafeatures.caps import ExtractionSettings
from foretune.metafeatures.extraction import GroupResult
from foretune.metafeatures.group import MetafeatureGroup
from foretune.tables import is_time
from foretune.tasks import Task, content_hash

# SQLite takes a limited number of values in one statement
KEYS_AT_ONCE = 500
SECONDS_TO_WAIT_FOR_A_LOCK = 30


class MetafeatureCache:
    """Cache of group results by key in a SQLite file; an unreadable file raises an OSError that names it.

    Parameters
    ----------
    path
        SQLite file, created if absent.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        statement = "CREATE TABLE IF NOT EXISTS metafeatures (key TEXT PRIMARY KEY, result TEXT NOT NULL)"
        self._run(statement)

    def lookup(self, keys: Collection[str]) -> dict[str, GroupResult]:
        """Return the cached results by key."""
        wanted = list(dict.fromkeys(keys))
        found: dict[str, GroupResult] = {}
        for start in range(0, len(wanted), KEYS_AT_ONCE):
            part = wanted[start : start + KEYS_AT_ONCE]
            marks = ", ".join("?" * len(part))
            rows = self._run(f"SELECT key, result FROM metafeatures WHERE key IN ({marks})", part)  # noqa: S608
            found.update({key: _from_json(text) for key, text in rows})
        return found

    def add(self, results: Mapping[str, GroupResult]) -> None:
        """Add results that have a key and no error; cached ones are not replaced."""
        for key, result in results.items():
            if key and not result.error:
                self._run("INSERT OR IGNORE INTO metafeatures VALUES (?, ?)", [key, _to_json(result)])

    def _run(self, statement: str, values: Collection[str] = ()) -> list[tuple[Any, ...]]:
        # One connection per statement: the lock is short, and nothing stays open
        connection = sqlite3.connect(self.path, timeout=SECONDS_TO_WAIT_FOR_A_LOCK)
        try:
            with connection:
                return connection.execute(statement, tuple(values)).fetchall()
        except sqlite3.DatabaseError as error:
            raise OSError(f"{self.path} is no cache of metafeatures ({error}): delete it") from error
        finally:
            connection.close()


def hash_content(task: Task) -> str | None:
    """Return the content hash of a task and its times, or None if it has columns of Python objects."""
    if any(dtype.kind == "O" and dtype != "category" for dtype in (*task.X.dtypes, task.y.dtype)):
        return None
    return f"{content_hash(task)}{[name for name, dtype in task.X.dtypes.items() if is_time(dtype)]}"


def group_key(
    content: str,
    task_type: TaskType,
    group: MetafeatureGroup,
    settings: ExtractionSettings,
    random_state: int,
) -> str:
    """Hash everything that affects the values of a group: task, caps, settings, seed and versions."""
    parts = [
        content,
        task_type,
        group.name,
        group.version,
        group.caps.max_rows,
        group.caps.max_columns,
        settings.model_dump(),
        random_state,
        sklearn.__version__,
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _to_json(result: GroupResult) -> str:
    fields = asdict(result)
    fields["values"] = {name: None if math.isnan(v) else v for name, v in result.values.items()}
    return json.dumps(fields)


def _from_json(text: str) -> GroupResult:
    fields = json.loads(text)
    fields["values"] = {name: math.nan if v is None else v for name, v in fields["values"].items()}
    return GroupResult(**fields)
