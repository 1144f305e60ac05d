"""The register of metafeature groups: what can be computed, by which function, with what meaning."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from foretune.base.parameters import TASK_TYPES, TaskType
from foretune.base.plugins import load_plugins
from foretune.metafeatures.parameters import Budget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import ArrayLike

    from foretune.metafeatures.description import TaskDescription

Summary = Literal["mean", "sd", "min", "max"]

_SUMMARISERS: dict[Summary, Callable[[np.ndarray], float]] = {
    "mean": lambda values: float(values.mean()),
    "sd": lambda values: float(values.std(ddof=1)) if values.size > 1 else math.nan,
    "min": lambda values: float(values.min()),
    "max": lambda values: float(values.max()),
}


@dataclass(frozen=True)
class Metafeature:
    """The catalogue entry of one metafeature.

    Attributes
    ----------
    name
        Name within its group, without summary.
    formula
        The definition, in words.
    low, high
        Bounds of the value (and of its mean, min and max over columns); infinite where there is none.
    source
        Where the definition comes from.
    summaries
        How a value per column becomes a few values per task; empty for a single value.
    task_types
        Where it is defined.
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
        """The names of its values: ``name`` or ``name.<summary>`` each."""
        return tuple(f"{self.name}.{summary}" for summary in self.summaries) or (self.name,)

    def bounds(self, key: str) -> tuple[float, float]:
        """Return the bounds of one of its values; those of a standard deviation follow from the range."""
        if not key.endswith(".sd"):
            return self.low, self.high
        # Two columns at the ends of the range have the largest deviation there is, with n - 1 below
        return 0.0, (self.high - self.low) / math.sqrt(2)


@dataclass(frozen=True)
class MetafeatureGroup:
    """Metafeatures that are computed together by one function.

    Attributes
    ----------
    name
        Prefix of the column names.
    compute
        Function from a description of the task to exactly the values that ``keys`` lists for the type of
        the task, NaN where undefined. It must not change the description.
    entries
        The catalogue of its metafeatures, in column order.
    cost
        How its time grows with n rows, p columns and c classes, for the reader.
    budget
        What it reads of a table and how long it may take, unless the user says otherwise.
    version
        Changes whenever its values do; results of a group without a version are never kept for the next run.
    """

    name: str
    compute: Callable[[TaskDescription], Mapping[str, float]]
    entries: tuple[Metafeature, ...]
    cost: str = "not stated"
    budget: Budget = field(default_factory=Budget)
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
        """Return the names of the values for any of the task types, as they appear in a table."""
        return [f"{self.name}.{key}" for key in self.keys(task_types)]


_CUSTOM_GROUPS: dict[str, MetafeatureGroup] = {}


def register(group: MetafeatureGroup) -> MetafeatureGroup:
    """Make a group of your own known to every extractor created from now on.

    A package may do this in a module that it names as an entry point in the group ``foretune.metafeatures``.

    Raises
    ------
    ValueError
        If another group has that name.
    """
    if any(known.name == group.name and known is not group for known in registered_groups()):
        raise ValueError(f"a metafeature group called {group.name!r} is already registered")
    _CUSTOM_GROUPS[group.name] = group
    return group


def unregister(name: str) -> None:
    """Forget a group of your own; unknown names are ignored."""
    _CUSTOM_GROUPS.pop(name, None)


def registered_groups(names: Iterable[str] | None = None) -> tuple[MetafeatureGroup, ...]:
    """Return the groups of the given names (default: all): the package's own, then those registered.

    Raises
    ------
    ValueError
        If a name is unknown; the message lists the known ones.
    """
    # Built-in groups import this module
    from foretune.metafeatures.builtin import BUILTIN_GROUPS

    load_plugins("foretune.metafeatures")
    known = {group.name: group for group in (*BUILTIN_GROUPS, *_CUSTOM_GROUPS.values())}
    wanted = list(known) if names is None else list(names)
    for name in wanted:
        if name not in known:
            raise ValueError(f"unknown metafeature group {name!r}; known are {', '.join(known)}")
    return tuple(group for group in known.values() if group.name in wanted)


def with_budgets(
    groups: Iterable[MetafeatureGroup], budgets: Mapping[str, Budget | Mapping[str, float | None]]
) -> tuple[MetafeatureGroup, ...]:
    """Return the groups with other budgets; what a budget was not given stays the group's default.

    Raises
    ------
    ValueError
        If a budget is out of its range, or belongs to a group that is not registered.
    """
    registered_groups(budgets)
    given = {
        name: budget if isinstance(budget, Budget) else Budget.model_validate(dict(budget))
        for name, budget in budgets.items()
    }
    return tuple(
        replace(group, budget=group.budget.overridden_by(given[group.name])) if group.name in given else group
        for group in groups
    )


def summarise(name: str, values: ArrayLike, *summaries: Summary) -> dict[str, float]:
    """Condense one value per column into a few per task.

    Parameters
    ----------
    name
        Name of the metafeature.
    values
        Shape (n_columns,); NaN where a column has none, which is left out.
    summaries
        ``"sd"`` is the sample standard deviation, undefined for a single column.

    Returns
    -------
    dict
        ``name.<summary>`` to value; NaN where no column has a value.
    """
    array = np.asarray(values, dtype=np.float64)
    defined = array[~np.isnan(array)]
    return {
        f"{name}.{summary}": _SUMMARISERS[summary](defined) if defined.size else math.nan
        for summary in summaries
    }


def share(part: float, whole: float) -> float:
    """Return part / whole; NaN where there is nothing to share."""
    return float(part / whole) if whole else math.nan


def catalogue(
    groups: Iterable[MetafeatureGroup], task_types: Iterable[TaskType] = TASK_TYPES
) -> pd.DataFrame:
    """List what the groups would compute, and what that costs.

    Returns
    -------
    DataFrame
        One row per column of an extraction, in the same order: ``name``, ``group``, ``task_types``,
        ``formula``, ``range``, ``source``, ``cost`` (growth with n rows, p columns and c classes) and
        ``reads`` (how much of a table, by the group's budget).
    """
    wanted = tuple(task_types)
    rows: list[dict[str, str]] = []
    for group in groups:
        for key in group.keys(wanted):
            entries = [entry for entry in group.entries if key in entry.keys]
            types = [t for t in wanted if any(t in entry.task_types for entry in entries)]
            row = {
                "name": f"{group.name}.{key}",
                "group": group.name,
                "task_types": ", ".join(types),
                "formula": _formula(entries[0], key),
                "range": _range(*entries[0].bounds(key)),
                "source": entries[0].source,
                "cost": group.cost,
                "reads": _reads(group.budget),
            }
            rows.append(row)
    columns = ["name", "group", "task_types", "formula", "range", "source", "cost", "reads"]
    return pd.DataFrame(rows, columns=columns)


def _reads(budget: Budget) -> str:
    rows = "all rows" if budget.max_rows is None else f"{budget.max_rows:,} rows"
    columns = "all columns" if budget.max_columns is None else f"{budget.max_columns:,} columns"
    return f"{rows}, {columns}"


def _formula(entry: Metafeature, key: str) -> str:
    return f"{key.rsplit('.', 1)[1]} of: {entry.formula}" if entry.summaries else entry.formula


def _range(low: float, high: float) -> str:
    left = "(-inf" if low == -math.inf else f"[{low:.4g}"
    right = "inf)" if high == math.inf else f"{high:.4g}]"
    return f"{left}, {right}"
