"""What an extraction gives: the result of a group on a task, and the tables of many of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd

from foretune.base import TEXT
from foretune.metafeatures.caps import Caps
from foretune.metafeatures.description import TaskDescription
from foretune.metafeatures.group import MetafeatureGroup
from foretune.metafeatures.time_limit import TimeLimitExceeded, time_limit

SETTINGS_ATTRIBUTE = "metafeature_settings"
COST_COLUMNS = ["task_id", "group", "seconds", "n_rows", "n_columns"]
FAILURE_COLUMNS = ["task_id", "group", "error"]


# Tasks that a message names
SHOWN_TASKS = 5


@dataclass(frozen=True, eq=False)
class Extraction:
    """What an extraction gives.

    Attributes
    ----------
    values
        One row per task: ``task_id`` and all metafeatures of the task types, in catalogue order. What they
        were computed with is in ``values.attrs["metafeature_settings"]``, which Parquet keeps.
    costs
        One row per task and group: ``task_id, group, seconds, n_rows, n_columns``; the last two are what
        the group read of the table. What groups share is on the account of the first one to need it. Of what
        came from the cache the costs are those of the first time.
    failures
        One row per task and group that failed or ran out of time: ``task_id, group, error``.
    n_known
        Results that came from the cache, one a task and group.
    """

    values: pd.DataFrame
    costs: pd.DataFrame
    failures: pd.DataFrame
    n_known: int = 0

    def describe_failures(self) -> str:
        """Say in a line how many values are missing because something failed, on which tasks, and why."""
        tasks = list(dict.fromkeys(self.failures["task_id"]))
        more = f" and {len(tasks) - SHOWN_TASKS} more" if len(tasks) > SHOWN_TASKS else ""
        first = self.failures.iloc[0]
        names = ", ".join(tasks[:SHOWN_TASKS]) + more
        return (
            f"{len(self.failures)} groups failed on {len(tasks)} tasks ({names}), their values are missing; "
            f"the first, {first['group']}: {first['error']}"
        )


@dataclass(frozen=True)
class GroupResult:
    """What a group gave on a task.

    Attributes
    ----------
    values
        By name within the group; empty if it failed.
    seconds
        What it took; NaN if it was not tried, because the task could not be described.
    n_rows, n_columns
        What it read of the table.
    error
        Why it failed, else empty.
    """

    values: dict[str, float]
    seconds: float = math.nan
    n_rows: int = 0
    n_columns: int = 0
    error: str = ""


@dataclass(frozen=True, eq=False)
class TaskResult:
    """The results of a task, by group; a task that could not be described has none but errors."""

    task_id: str
    results: dict[str, GroupResult]


def run_group(group: MetafeatureGroup, task: TaskDescription, caps: Caps) -> GroupResult:
    """Compute a group within its caps; whatever goes wrong is in the result."""
    start = perf_counter()
    values: dict[str, float] = {}
    error = ""
    part = task
    try:
        with time_limit(caps.max_seconds):
            part = task.part(caps)
            values = _checked(group, part)
    except TimeLimitExceeded:
        values, error = {}, f"TimeLimitExceeded: stopped after {caps.max_seconds:g} seconds"
    except Exception as caught:  # noqa: BLE001 (whatever a group raises becomes a row)
        error = describe_error(caught)
    return GroupResult(values, perf_counter() - start, part.n_rows, part.n_features, error)


def describe_error(error: Exception) -> str:
    """Return the name and the message of an error in one line."""
    return f"{type(error).__name__}: {error}"


def _checked(group: MetafeatureGroup, task: TaskDescription) -> dict[str, float]:
    """Compute a group and insist on what it promised: all its values, no others, none infinite."""
    values = group.compute(task)
    keys = group.keys([task.task_type])
    if set(values) != set(keys):
        differing = sorted(set(values).symmetric_difference(keys))
        raise ValueError(f"the values computed are not those in the catalogue; they differ in {differing}")
    infinite = [key for key in keys if math.isinf(values[key])]
    if infinite:
        raise ValueError(f"infinite values for {infinite}")
    return {key: float(values[key]) for key in keys}


def to_tables(
    results: Sequence[TaskResult], columns: list[str], settings: dict[str, Any], n_known: int = 0
) -> Extraction:
    """Put results, sorted by task, into tables.

    Parameters
    ----------
    results
        One per task.
    columns
        Columns of the values but for ``task_id``.
    settings
        Made by ``MetafeatureExtractor.settings``.
    n_known
        Passed on.
    """
    rows = [named_values(result) for result in results]
    values = pd.DataFrame(rows, columns=columns, dtype=np.float64)
    values.insert(0, "task_id", pd.Series([result.task_id for result in results], dtype=TEXT))
    values.attrs[SETTINGS_ATTRIBUTE] = settings
    each = [(task.task_id, name, result) for task in results for name, result in task.results.items()]
    costs = [
        (task, name, r.seconds, r.n_rows, r.n_columns) for task, name, r in each if not math.isnan(r.seconds)
    ]
    failures = [(task, name, r.error) for task, name, r in each if r.error]
    return Extraction(
        values,
        pd.DataFrame(costs, columns=COST_COLUMNS),
        pd.DataFrame(failures, columns=FAILURE_COLUMNS),
        n_known,
    )


def named_values(result: TaskResult) -> dict[str, float]:
    """Return the values of all groups by the names of their columns."""
    return {
        f"{group}.{key}": value
        for group, part in result.results.items()
        for key, value in part.values.items()
    }
