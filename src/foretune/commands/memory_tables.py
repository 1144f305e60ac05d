"""Tables of what is in memories, for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDEST = 100


def print_memories(described: Sequence[Mapping[str, Any]]) -> None:
    """Print memories as ``describe_folder`` returns them: one table of all, two of each with other trials."""
    _print(
        "memory of",
        ["score", "folds", "early stopping", "tasks", "families", "trials"],
        [
            [
                one["task_type"],
                one["score"] or "unknown",
                "unknown" if one["n_folds"] is None else str(one["n_folds"]),
                "no" if one["early_stopping"] is None else f"patience {one['early_stopping']['patience']}",
                *(f"{one[f'n_{what}']:,}" for what in ("tasks", "families", "trials")),
            ]
            for one in described
        ],
    )
    shown: list[Any] = []
    for one in described:
        content = one["task_type"], one["learners"], one["sizes"]
        # Memories of further metrics often have the same trials
        if content in shown:
            continue
        shown.append(content)
        title = one["task_type"] if one["name"] == one["task_type"] else f"{one['task_type']}, {one['score']}"
        _print(
            f"{title}: learner",
            ["configurations", "tasks", "trials", "costs"],
            [
                [
                    row["learner"],
                    *(f"{row[f'n_{what}']:,}" for what in ("configurations", "tasks", "trials")),
                    "known" if row["learner"] in one["costs"] else "unknown",
                ]
                for row in one["learners"]
            ],
        )
        _print(
            f"{title}: rows of the table",
            ["tasks", "families", "trials"],
            [
                [row["size"], *(f"{row[f'n_{what}']:,}" for what in ("tasks", "families", "trials"))]
                for row in one["sizes"]
            ],
        )


def print_tasks(tasks: Sequence[Mapping[str, Any]]) -> None:
    """Print tasks as ``list_tasks`` returns them."""
    names = {"task_id": "task", "task_type": "type", "n_rows": "rows", "n_evaluations": "evaluations"}
    table = Table()
    for column in ("task_id", "family", "task_type", "n_rows", "n_evaluations", "folds"):
        is_number = column.startswith("n_")
        table.add_column(names.get(column, column), justify="right" if is_number else "left", overflow="fold")
    for one in tasks:
        rows = "unknown" if one["n_rows"] is None else f"{one['n_rows']:,}"
        # Names may hold brackets, which rich would take for styles
        evaluations = f"{one['n_evaluations']:,}"
        texts = [one["task_id"], one["family"], one["task_type"], rows, evaluations, one["folds"]]
        table.add_row(*map(Text, texts))
    _console().print(table)


def _print(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table()
    table.add_column(title, overflow="fold")
    for name in columns:
        table.add_column(name, justify="right", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    _console().print(table)


def _console() -> Console:
    console = Console()
    # A file or a pipe has no width
    return Console(width=min(console.width, WIDEST) if console.is_terminal else WIDEST)
