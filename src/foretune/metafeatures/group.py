"""Definitions of metafeature groups and their catalogue entries."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from foretune.base import TASK_TYPES, TaskType
from foretune.metafeatures.caps import Caps
from foretune.metafeatures.description import TaskDescription

Summary = Literal["mean", "sd", "min", "max"]


_SUMMARISERS: dict[Summary, Callable[[np.ndarray], float]] = {
    "mean": lambda values: float(values.mean()),
    "sd": lambda values: float(values.std(ddof=1)) if values.size > 1 else math.nan,
    "min": lambda values: float(values.min()),
    "max": lambda values: float(values.max()),
}
SUMMARIES = tuple(_SUMMARISERS)


@dataclass(frozen=True)
class Metafeature:
    """Catalogue entry of a metafeature.

    Attributes
    ----------
    name
        Name within its group, without the summary.
    formula
        Definition in words.
    low, high
        Bounds of the value (and of its mean, min and max over columns); infinite if unbounded.
    source
        Reference of the definition.
    summaries
        Summaries over columns of a value per column; empty for a value per task.
    task_types
        Task types for which it is defined.
    """

    name: str
    formula: str
    low: float = -math.inf
    high: float = math.inf
    source: str = "Foretune"
    summaries: tuple[Summary, ...] = ()
    task_types: tuple[TaskType, ...] = TASK_TYPES

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of its values: ``name``, or ``name.<summary>`` for each summary."""
        return tuple(f"{self.name}.{summary}" for summary in self.summaries) or (self.name,)

    def bounds(self, key: str) -> tuple[float, float]:
        """Return the bounds of one of its values; for a standard deviation they follow from the range."""
        if not key.endswith(".sd"):
            return self.low, self.high
        # Two columns at the ends of the range have the largest standard deviation (with n - 1)
        return 0.0, (self.high - self.low) / math.sqrt(2)


@dataclass(frozen=True)
class MetafeatureGroup:
    """Group of metafeatures that one function computes.

    Attributes
    ----------
    name
        Prefix of the column names.
    compute
        Function of the task description that returns exactly the values in ``keys`` for the task type, NaN
        where undefined. It must not modify the description.
    entries
        Catalogue entries of its metafeatures, in column order.
    cost
        Growth of its time with n rows, p columns and c classes, for documentation.
    caps
        Default caps.
    version
        Version of its values, changed whenever they change; groups without a version are not cached.
    """

    name: str
    compute: Callable[[TaskDescription], Mapping[str, float]]
    entries: tuple[Metafeature, ...]
    cost: str = "not stated"
    caps: Caps = field(default_factory=Caps)
    version: str | None = None

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise ValueError(f"the name of a metafeature group must be an identifier, got {self.name!r}")
        # Entries of the two task types may share a name, those of one task type may not
        for task_type in TASK_TYPES:
            entries = [entry for entry in self.entries if task_type in entry.task_types]
            if len(self.keys([task_type])) < sum(len(entry.keys) for entry in entries):
                raise ValueError(f"group {self.name!r} lists a {task_type} metafeature twice")

    def keys(self, task_types: Iterable[TaskType]) -> list[str]:
        """Return the names of the values for any of the task types, without the group's prefix."""
        wanted = set(task_types)
        entries = (entry for entry in self.entries if wanted.intersection(entry.task_types))
        return list(dict.fromkeys(key for entry in entries for key in entry.keys))

    def columns(self, task_types: Iterable[TaskType]) -> list[str]:
        """Return the column names of the values for any of the task types."""
        return [f"{self.name}.{key}" for key in self.keys(task_types)]


def summarise(name: str, values: ArrayLike, *summaries: Summary) -> dict[str, float]:
    """Summarise one value per column over the columns.

    Parameters
    ----------
    name
        Name of the metafeature.
    values
        Shape (n_columns,); NaN values are left out.
    summaries
        Summaries; ``"sd"`` is the sample standard deviation, undefined for a single column.

    Returns
    -------
    dict
        Values by ``name.<summary>``; NaN if no column has a value.
    """
    array = np.asarray(values, dtype=np.float64)
    defined = array[~np.isnan(array)]
    return {
        f"{name}.{summary}": _SUMMARISERS[summary](defined) if defined.size else math.nan
        for summary in summaries
    }


def share(part: float, whole: float) -> float:
    """Return part / whole; NaN if whole is zero."""
    return float(part / whole) if whole else math.nan
