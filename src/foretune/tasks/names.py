"""Names and sources of the tasks in the catalogue, read without pandas."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Literal

Provenance = Literal["real", "simulated", "rule-derived", "synthetic"]

LONGEST_TASK_ID = 64
TASK_ID_PATTERN = r"^[a-z0-9][a-z0-9_]{0,63}$"
# No task can be called so by its user
SIZE_MARK = "@"
# Windows takes files of these names for devices, and each task is a file
DEVICES = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))]
)


def check_no_device(name: str) -> str:
    """Check that a task's name is no name of a device.

    Raises
    ------
    ValueError
        If it is one.
    """
    if name in DEVICES:
        raise ValueError(f"'{name}' is a device on Windows, where no file can have this name: choose another")
    return name


def sized_task_id(task_id: str, size: int) -> str:
    """Return the name of a nested sample, such as ``diamonds@2000``."""
    return f"{task_id}{SIZE_MARK}{size}"


def table_of(task_id: str) -> str:
    """Return the name of the task that a nested sample is drawn from; of another task its own name."""
    return task_id.split(SIZE_MARK, maxsplit=1)[0]


def catalogue_file() -> Traversable:
    """Return the catalogue file in the package."""
    return resources.files("foretune.tasks").joinpath("catalogue.csv")


@cache
def catalogue_sources() -> Mapping[str, str]:
    """Return the source of every task in the catalogue, without an import of pandas."""
    with catalogue_file().open(encoding="utf-8") as file:
        return {row["task_id"]: row["source"] for row in csv.DictReader(file)}
