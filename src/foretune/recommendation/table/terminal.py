"""The recommendations on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foretune.recommendation.table.page import describe_choice
from foretune.recommendation.table.result import Findings

if TYPE_CHECKING:
    from rich.console import RenderableType


NARROWEST = 100


def tabulate_findings(findings: Findings) -> list[RenderableType]:
    """Return what is printed of a recommendation: a table of at most 100 columns, the choice, and notes."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=escape(f"{findings.table.name}: {findings.task_type} of {findings.table.target}"))
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("learner", overflow="fold")
    table.add_column("parameters", overflow="fold")
    table.add_column(escape(findings.score or "score"), justify="right")
    table.add_column("gain", justify="right", no_wrap=True)
    if findings.measured is not None:
        table.add_column("measured", justify="right", no_wrap=True)
    for row in findings.recommendations.to_dict(orient="records"):
        params = ", ".join(f"{name}={_short(value)}" for name, value in row["params"].items())
        cells = [
            str(row["rank"]),
            escape(row["learner"]) + (" (default)" if row["is_default"] else ""),
            escape(params),
            f"{row['predicted_score']:.3f}\n{row['score_low']:.3f} to {row['score_high']:.3f}",
            "" if row["gain"] != row["gain"] else f"{row['gain']:+.3f}",
        ]
        if findings.measured is not None:
            cells.append(_measured(findings, row["config_id"]))
        table.add_row(*cells)
    notes: list[RenderableType] = [f"note: {escape(note)}" for note in findings.notes]
    return [table, escape(describe_choice(findings)), *notes]


def _measured(findings: Findings, config_id: str) -> str:
    assert findings.measured is not None
    rows = findings.measured[findings.measured["config_id"] == config_id]
    if rows.empty:
        return ""
    row = rows.iloc[0]
    return f"{row['score']:.3f}" if row["status"] == "ok" else str(row["status"])


def _short(value: Any) -> str:
    # A share of 1.0 is not the number 1
    return repr(float(f"{value:.4g}")) if isinstance(value, float) else repr(value)
