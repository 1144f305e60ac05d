"""Terminal output of recommendations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foretune.recommendation.table.choice import describe_choice
from foretune.recommendation.table.result import RecommendationResult

if TYPE_CHECKING:
    from rich.console import RenderableType


NARROWEST = 100


def tabulate_result(result: RecommendationResult) -> list[RenderableType]:
    """Return what to print: a table at most 100 characters wide, the choice, and notes."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=escape(f"{result.table.name}: {result.task_type} of {result.table.target}"))
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("learner", overflow="fold")
    table.add_column("parameters", overflow="fold")
    table.add_column(escape(result.score or "score"), justify="right")
    table.add_column("gain", justify="right", no_wrap=True)
    if result.measured is not None:
        table.add_column("measured", justify="right", no_wrap=True)
    for row in result.recommendations.to_dict(orient="records"):
        params = ", ".join(f"{name}={_short(value)}" for name, value in row["params"].items())
        cells = [
            str(row["rank"]),
            escape(row["learner"]) + (" (default)" if row["is_default"] else ""),
            escape(params),
            f"{row['predicted_score']:.3f}\n{row['score_low']:.3f} to {row['score_high']:.3f}",
            "" if row["gain"] != row["gain"] else f"{row['gain']:+.3f}",
        ]
        if result.measured is not None:
            cells.append(_measured(result, row["config_id"]))
        table.add_row(*cells)
    notes: list[RenderableType] = [f"note: {escape(note)}" for note in result.notes]
    return [table, escape(describe_choice(result)), *notes]


def _measured(result: RecommendationResult, config_id: str) -> str:
    assert result.measured is not None
    rows = result.measured[result.measured["config_id"] == config_id]
    if rows.empty:
        return ""
    row = rows.iloc[0]
    return f"{row['score']:.3f}" if row["status"] == "ok" else str(row["status"])


def _short(value: Any) -> str:
    # A float stays a float: a share of 1.0 differs from the count 1
    return repr(float(f"{value:.4g}")) if isinstance(value, float) else repr(value)
