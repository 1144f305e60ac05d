"""Registry and catalogue of metafeature groups."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace

import pandas as pd

from foretune.base import TASK_TYPES, TaskType, check_kind, load_plugins
from foretune.metafeatures.caps import Caps
from foretune.metafeatures.group import Metafeature, MetafeatureGroup
from foretune.metafeatures.groups import BUILTIN_GROUPS

_CUSTOM_GROUPS: dict[str, MetafeatureGroup] = {}


def register_metafeatures(group: MetafeatureGroup) -> MetafeatureGroup:
    """Register a custom group for all extractors created afterwards.

    A package may call this in a module with an entry point in the group ``foretune.metafeatures``.

    Raises
    ------
    ValueError
        If another group has the same name.
    """
    check_kind("group", group, MetafeatureGroup, "a foretune.metafeatures.MetafeatureGroup")
    if any(known.name == group.name and known is not group for known in registered_groups()):
        raise ValueError(f"a metafeature group called {group.name!r} is already registered")
    _CUSTOM_GROUPS[group.name] = group
    return group


def unregister(name: str) -> None:
    """Remove a custom group; unknown names are ignored."""
    _CUSTOM_GROUPS.pop(name, None)


def registered_groups(names: Iterable[str] | None = None) -> tuple[MetafeatureGroup, ...]:
    """Return the groups of the given names (default: all): built-in ones first, then custom ones.

    Raises
    ------
    ValueError
        If a name is unknown; the message lists the known ones.
    """
    load_plugins("foretune.metafeatures")
    known = {group.name: group for group in (*BUILTIN_GROUPS, *_CUSTOM_GROUPS.values())}
    wanted = list(known) if names is None else list(names)
    for name in wanted:
        if name not in known:
            raise ValueError(f"unknown metafeature group {name!r}; known are {', '.join(known)}")
    return tuple(group for group in known.values() if group.name in wanted)


def with_caps(
    groups: Iterable[MetafeatureGroup], caps: Mapping[str, Caps | Mapping[str, float | None]]
) -> tuple[MetafeatureGroup, ...]:
    """Return the groups with other caps; fields not given keep the group's default.

    Raises
    ------
    ValueError
        If a cap is out of range, or its group is unknown.
    """
    registered_groups(caps)
    given = {
        name: one if isinstance(one, Caps) else Caps.model_validate(dict(one)) for name, one in caps.items()
    }
    return tuple(
        replace(group, caps=group.caps.overridden_by(given[group.name])) if group.name in given else group
        for group in groups
    )


def catalogue(
    groups: Iterable[MetafeatureGroup], task_types: Iterable[TaskType] = TASK_TYPES
) -> pd.DataFrame:
    """List the metafeatures of groups with their definitions and costs.

    Returns
    -------
    DataFrame
        One row per column of an extraction, in the same order: ``name``, ``group``, ``task_types``,
        ``formula``, ``range``, ``source``, ``cost`` (growth with n rows, p columns and c classes) and
        ``reads`` (the group's caps on rows and columns).
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
                "reads": _reads(group.caps),
            }
            rows.append(row)
    columns = ["name", "group", "task_types", "formula", "range", "source", "cost", "reads"]
    return pd.DataFrame(rows, columns=columns)


def _reads(caps: Caps) -> str:
    rows = "all rows" if caps.max_rows is None else f"{caps.max_rows:,} rows"
    columns = "all columns" if caps.max_columns is None else f"{caps.max_columns:,} columns"
    return f"{rows}, {columns}"


def _formula(entry: Metafeature, key: str) -> str:
    return f"{key.rsplit('.', 1)[1]} of: {entry.formula}" if entry.summaries else entry.formula


def _range(low: float, high: float) -> str:
    left = "(-inf" if low == -math.inf else f"[{low:.4g}"
    right = "inf)" if high == math.inf else f"{high:.4g}]"
    return f"{left}, {right}"
