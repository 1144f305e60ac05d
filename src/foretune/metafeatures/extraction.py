"""Results of a metafeature extraction: of one group on one task, and tables of many."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd

from foretune.base import TEXT, describe_error
from foretune.metafeatures.caps import Caps
from foretune.metafeatures.description import TaskDescription
from foretune.metafeatures.group import MetafeatureGroup
from foretune.metafeatures.time_limit import TimeLimitExceeded, time_limit

SETTINGS_ATTRIBUTE = "metafeature_settings"
COST_COLUMNS = ["task_id", "group", "seconds", "n_rows", "n_columns"]
FAILURE_COLUMNS = ["task_id", "group", "error"]


# Tasks named in a message
SHOWN_TASKS = 5


@dataclass(frozen=True, eq=False)
class Extraction:
    """Tables of a metafeature extraction: values, costs and failures.

    Attributes
    ----------
    values
        One row per task: ``task_id`` and all metafeatures of the task types, in catalogue order. The
        extractor's arguments are in ``values.attrs["metafeature_settings"]``, which Parquet keeps.
    costs
        One row per task and group: ``task_id, group, seconds, n_rows, n_columns``; the last two are the part
        of the table read. Shared computations count for the first group that needs them. Cached results keep
        their original costs.
    failures
        One row per task and group that failed or timed out: ``task_id, group, error``.
    n_known
        Number of results (of a group on a task) from the cache.
    """

    values: pd.DataFrame
    costs: pd.DataFrame
    failures: pd.DataFrame
    n_known: int = 0

    def describe_failures(self) -> str:
        """Describe in one line how many groups failed, on which tasks, and the first error."""
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
    """Result of a group on a task.

    Attributes
    ----------
    values
        Values by name within the group; empty if it failed.
    seconds
        Time taken; NaN if not run because the task could not be described.
    n_rows, n_columns
        Rows and columns read.
    error
        Error in one line; empty if none.
    """

    values: dict[str, float]
    seconds: float = math.nan
    n_rows: int = 0
    n_columns: int = 0
    error: str = ""


@dataclass(frozen=True, eq=False)
class TaskResult:
    """Results of a task by group; all are errors if the task could not be described."""

    task_id: str
    results: dict[str, GroupResult]


def run_group(group: MetafeatureGroup, task: TaskDescription, caps: Caps) -> GroupResult:
    """Compute a group within its caps; errors and timeouts are part of the result."""
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
    except Exception as caught:  # noqa: BLE001 (any error of a group becomes a row)
        error = describe_error(caught)
    return GroupResult(values, perf_counter() - start, part.n_rows, part.n_features, error)


def _checked(group: MetafeatureGroup, task: TaskDescription) -> dict[str, float]:
    """Compute a group and check that it returns exactly the catalogued values, none of them infinite."""
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
    """Convert results, sorted by task, to tables.

    Parameters
    ----------
    results
        Results of each task.
    columns
        Columns of the values except ``task_id``.
    settings
        Result of ``MetafeatureExtractor.settings``.
    n_known
        Number of results from the cache.
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
    """Return the values of all groups by column name."""
    return {
        f"{group}.{key}": value
        for group, part in result.results.items()
        for key, value in part.values.items()
    }
