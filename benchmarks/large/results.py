"""File of results: one JSON line for every table, metric, method and seed, so that a run can go on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from foretune.base import UserError


class Key(NamedTuple):
    """What one line is about."""

    table: str
    metric: str
    method: str
    seed: int


class Results:
    """The results of a file, to which each new one is appended at once.

    Parameters
    ----------
    path
        The file; it is made if it is not there.
    conditions
        What all lines of a file have in common, such as the number of threads: its first line.

    Raises
    ------
    UserError
        If the file was written under other conditions.
    """

    def __init__(self, path: Path, conditions: Mapping[str, Any]) -> None:
        self.path = path
        self.rows: dict[Key, dict[str, Any]] = {}
        lines = _whole_lines(path) if path.exists() else []
        if not lines:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({"conditions": dict(conditions)}) + "\n", encoding="utf-8")
            return
        first, *rows = map(json.loads, lines)
        _check_conditions(path, first.get("conditions"), conditions)
        for row in rows:
            self._keep(row)

    def __contains__(self, key: Key) -> bool:
        return key in self.rows

    def add(self, row: Mapping[str, Any]) -> None:
        """Keep a result, and append it to the file."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        self._keep(dict(row))

    def forget_failed(self) -> None:
        """Forget the results that are errors; their lines stay in the file, and later ones replace them."""
        self.rows = {key: row for key, row in self.rows.items() if not row["error"]}

    def _keep(self, row: dict[str, Any]) -> None:
        self.rows[Key(*(row[name] for name in Key._fields))] = row


def read_results(path: Path) -> list[dict[str, Any]]:
    """Read all results of a file, under whatever conditions they were made."""
    if not path.is_file() or not path.stat().st_size:
        raise UserError(f"there are no results in '{path}': give their file as --out")
    return list(Results(path, {}).rows.values())


def _whole_lines(path: Path) -> list[str]:
    """Return the lines of a file; the rest of one that was cut off when a run was killed is removed."""
    text = path.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        path.write_text(whole, encoding="utf-8")
    return whole.splitlines()


def _check_conditions(path: Path, found: object, wanted: Mapping[str, Any]) -> None:
    if not isinstance(found, dict):
        raise UserError(f"'{path}' is no file of results: give another --out")
    for name, value in wanted.items():
        if found.get(name) != value:
            raise UserError(
                f"the results in '{path}' are of {name}={found.get(name)}, not {value}: give another --out"
            )
