"""Terminal output of recommendations."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from foretune.recommendation.table.choice import describe_choice
from foretune.recommendation.table.result import RecommendationResult

if TYPE_CHECKING:
    from rich.console import RenderableType

# Scores from here on have no use for three decimals
LARGE = 100


def tabulate_result(result: RecommendationResult) -> list[RenderableType]:
    """Return what to print: a table for 80 columns, the choice, and notes.

    Hyperparameters stand below their learner, so that none is broken: only a single one that is longer than
    half a line would be.
    """
    from rich.box import SIMPLE_HEAD
    from rich.markup import escape
    from rich.table import Table

    title = escape(f"{result.table.name}: {result.task_type} of {result.table.target}")
    table = Table(title=title, box=SIMPLE_HEAD, pad_edge=False, show_lines=False)
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("configuration", overflow="fold", ratio=1)
    table.add_column(escape(_stack(result.score_in_words)), justify="right", no_wrap=True)
    table.add_column("gain over\ndefault", justify="right", no_wrap=True)
    if result.measured is not None:
        table.add_column("measured", justify="right", no_wrap=True)
    rows = result.recommendations.to_dict(orient="records")
    for row in rows:
        params = ", ".join(f"{name}={_short(value)}" for name, value in row["params"].items())
        default = " (default)" if row["is_default"] else ""
        cells = [
            str(row["rank"]),
            f"[bold]{escape(row['learner'])}[/bold]{default}\n{escape(params)}",
            "{}\n{} to\n{}".format(
                *(_number(row[name]) for name in ("predicted_score", "score_low", "score_high"))
            ),
            "" if math.isnan(row["gain"]) else f"{_number(row['gain'], '+')}",
        ]
        if result.measured is not None:
            cells.append(_measured(result.measured, row))
        table.add_row(*cells, end_section=row is not rows[-1])
    notes: list[RenderableType] = [f"note: {escape(note)}" for note in result.notes]
    return [table, escape(describe_choice(result)), *notes]


def _measured(measured: pd.DataFrame, row: Mapping[Any, Any]) -> str:
    rows = measured[measured["config_id"] == row["config_id"]]
    if rows.empty:
        return ""
    one = rows.iloc[0]
    return _number(one["score"]) if one["status"] == "ok" else str(one["status"])


def _stack(words: str) -> str:
    """Write a heading of several words in several lines."""
    return words.replace(" ", "\n")


def _number(value: float, sign: str = "") -> str:
    return f"{value:{sign}.3f}" if abs(value) < LARGE else f"{value:{sign}.4g}"


def _short(value: Any) -> str:
    # A float stays a float: a share of 1.0 differs from the count 1
    return repr(float(f"{value:.4g}")) if isinstance(value, float) else repr(value)
