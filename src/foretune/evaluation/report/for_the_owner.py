"""First sections of the evaluation report: what follows for the owner of the memory."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from foretune.evaluation.figures.regret import label_of
from foretune.evaluation.report.tables import EvaluationTables
from foretune.evaluation.words import count
from foretune.meta_model import FEWEST_FAMILIES
from foretune.reporting import ReportSection, ReportTable, Statement, Tone

MEANING = (
    "Regret is the distance of the best configuration found to the task's best, as a share of the distance "
    "between its best and its worst: 0 is best. More than noise means that a signed-rank test over families "
    "is significant."
)
SHOWN_OF_METHODS = [
    *("n_trials", "method", "mean_regret", "ci_low", "ci_high", "foretune_regret", "next_best"),
    *("difference", "difference_low", "difference_high", "p_holm", "not_told_apart"),
]
_TONES: dict[str, Tone] = {"caution": "caution", "missing": "missing"}


def show_advice(tables: EvaluationTables) -> Iterator[ReportSection]:
    """Show what follows for the owner, a section for each task type."""
    if tables.advice is None or tables.known_tasks is None:
        return
    for known in tables.known_tasks.to_dict("records"):
        advice = tables.advice[tables.advice["task_type"] == known["task_type"]]
        yield ReportSection(
            f"What follows from these {_name_tasks(known)}",
            # Before the figures that it explains
            f"{MEANING} {_say_what_counts(known)}".strip(),
            statements=tuple(
                Statement(
                    row["topic"],
                    row["sentence"],
                    "" if pd.isna(row["evidence"]) else row["evidence"],
                    _TONES.get(row["kind"], "plain"),
                )
                for row in advice.to_dict("records")
            ),
            tables=tuple(_tables_of(tables, known["task_type"])),
        )


def _name_tasks(known: Mapping[Any, Any]) -> str:
    kind = known["task_type"]
    noun = f"{kind} task" if kind in ("classification", "regression") else "task"
    return count(int(known["n_tasks"]), noun)


def _say_what_counts(known: Mapping[Any, Any]) -> str:
    n_tasks, n_families = int(known["n_counted_tasks"]), int(known["n_counted_families"])
    if n_tasks == 0 or known["n_families"] < FEWEST_FAMILIES:
        return ""
    counted = f"{count(n_tasks, 'task')} of {count(n_families, 'family')}"
    others = int(known["n_tasks"]) - n_tasks
    return f"Every figure is of {counted}, held out with their families" + (
        f"; {count(others, 'other')} (synthetic, say) are learnt from, but not judged by." if others else "."
    )


def _tables_of(tables: EvaluationTables, task_type: str) -> Iterator[ReportTable]:
    """Return the starting list, and the best method at each number of trials."""
    if tables.starting_list is not None:
        starters = tables.starting_list[tables.starting_list["task_type"] == task_type]
        if len(starters):
            yield ReportTable(
                "The list to start with",
                starters.assign(hyperparameters=starters["parameters"].map(_write_parameters))[
                    ["position", "learner", "hyperparameters"]
                ],
                "Each configuration is the one that lowers the mean regret on these tasks most, given those "
                "before it. Numbers are rounded here; the file starting_list.csv has them in full.",
            )
    if tables.best_methods is not None:
        best = tables.best_methods[tables.best_methods["task_type"] == task_type]
        if len(best):
            yield ReportTable(
                "Which method, by number of trials",
                best.assign(
                    method=best["method"].map(label_of),
                    next_best=best["next_best"].map(label_of, na_action="ignore"),
                    not_told_apart=best["not_told_apart"].map(_count_methods),
                )[SHOWN_OF_METHODS],
                "The method of least mean regret; difference is to the next best, with its interval and a "
                "p-value adjusted for all methods; then the number of methods that no test tells from it, "
                "which the file best_methods.csv names. Controls are left out.",
            )


def _write_parameters(written: Any) -> str:
    if pd.isna(written) or not written:
        return ""
    parameters = json.loads(written)
    return ", ".join(f"{name}={_write_value(value)}" for name, value in parameters.items()) or "(defaults)"


def _write_value(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _count_methods(names: Any) -> int:
    return 0 if pd.isna(names) or not names else str(names).count(",") + 1
