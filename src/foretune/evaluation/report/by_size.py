"""Section on regret by size class, and what follows from it in sentences."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from foretune.evaluation.figures.by_size import plot_regret_by_size
from foretune.evaluation.figures.regret import label_of
from foretune.evaluation.leaderboard import OURS, TIE
from foretune.evaluation.main_methods import CONTROLS, find_folded
from foretune.evaluation.report.tables import EvaluationTables
from foretune.evaluation.words import after_trials, count, join_words, write_interval, write_regret
from foretune.meta_model import FEWEST_FAMILIES, ROWS_HIDDEN
from foretune.reporting import ReportSection, ReportTable


def show_regret_by_size(tables: EvaluationTables, confidence_level: float) -> Iterator[ReportSection]:
    """Show the regret by size class, if there are tasks of two classes."""
    board = tables.leaderboard_by_size
    if board is None or board.empty:
        return
    n_classes = board.groupby("task_type")["size_class"].nunique()
    task_types = [str(task_type) for task_type in n_classes.index[n_classes > 1]]
    if not task_types:
        return
    paragraphs = [
        "The mean regret on tasks of similar numbers of rows. Lines are few; the table has every method.",
        *(describe_sizes(board, task_type, confidence_level) for task_type in task_types),
    ]
    yield ReportSection(
        "Regret by size",
        "\n\n".join(paragraphs),
        figures=tuple(plot_regret_by_size(board, task_type) for task_type in task_types),
        tables=(
            ReportTable(
                "Leaderboard by size",
                board.drop(columns="rows_above").assign(method=board["method"].map(label_of)),
                "The difference is Foretune's regret minus that of the method on the same tasks, negative "
                "where Foretune is better. Intervals are bootstraps over families, if there are several.",
                choose=("task_type", "size_class", "n_trials"),
                folded=frozenset(map(label_of, find_folded(board))),
            ),
        ),
        folded=True,
    )


def describe_sizes(leaderboard_by_size: pd.DataFrame, task_type: str, confidence_level: float) -> str:
    """Say in which size classes Foretune is best, and what knowing the number of rows is worth.

    Parameters
    ----------
    leaderboard_by_size
        Result of :func:`foretune.evaluation.leaderboard_by_size.build_leaderboard_by_size`.
    task_type
        The task type to describe.
    confidence_level
        That of the intervals.
    """
    board = leaderboard_by_size[leaderboard_by_size["task_type"] == task_type]
    if OURS not in set(board["method"]):
        return f"{task_type}: {label_of(OURS)} was not evaluated."
    is_judged = board["n_families"] >= FEWEST_FAMILIES
    classes = [(str(rows["size_class"].iloc[0]), rows) for _, rows in board[is_judged].groupby("rows_above")]
    best = [text for name, rows in classes if (text := _where_best(name, rows))]
    worth = [text for name, rows in classes if (text := _worth_of_rows(name, rows, confidence_level))]
    parts = [f"{label_of(OURS)} has the least mean regret {'; '.join(best)}."] if best else []
    if worth:
        parts.append(f"Knowing the number of rows {'; '.join(worth)}.")
    elif best:
        parts.append("What knowing the number of rows is worth was not measured.")
    if few := board.loc[~is_judged].sort_values("rows_above")["size_class"].unique().tolist():
        parts.append(
            f"Fewer than {FEWEST_FAMILIES} families are too few to judge tables of "
            f"{join_words(few, 'or')} rows."
        )
    return f"{task_type}: {' '.join(parts)}"


def _where_best(name: str, rows: pd.DataFrame) -> str:
    """Say after which numbers of trials Foretune is best in a class; empty without another method."""
    means = rows[~rows["method"].isin(CONTROLS)].pivot_table(
        index="n_trials", columns="method", values="mean_regret"
    )
    others = means.drop(columns=OURS)
    if others.empty:
        return ""
    behind = means[OURS] - others.min(axis="columns")
    won, lost = behind.index[behind <= TIE].tolist(), behind.index[behind > TIE].tolist()
    about = f"on tables of {name} rows ({count(int(rows['n_tasks'].iloc[0]), 'task')})"
    if not lost:
        return f"{about} {after_trials(*won)}"
    position = int(behind.to_numpy().argmax())
    theirs = others.iloc[position]
    most = (
        f"furthest behind {label_of(str(theirs.idxmin()))} {after_trials(int(means.index[position]))}: "
        f"{write_regret(float(means[OURS].iloc[position]))} against {write_regret(float(theirs.min()))}"
    )
    if not won:
        return f"{about} at no number of trials ({most})"
    return f"{about} {after_trials(*won)}, not {after_trials(*lost)} ({most})"


def _worth_of_rows(name: str, rows: pd.DataFrame, confidence_level: float) -> str:
    """Say by how much the regret is lower than with the rows hidden; empty if that was not evaluated."""
    hidden = rows[rows["method"] == ROWS_HIDDEN].sort_values("n_trials")
    if hidden.empty:
        return ""
    about = f"on tables of {name} rows"
    if hidden[["difference_low", "difference_high"]].abs().le(TIE).all(axis=None):
        return f"makes no difference {about}"
    first = hidden.iloc[0]
    gain, low, high = -first["difference"], -first["difference_high"], -first["difference_low"]
    if gain < 0:
        gain, low, high, verb = -gain, -high, -low, "raises"
    else:
        verb = "lowers"
    interval = write_interval(low, high, confidence_level)
    clear = [
        f"{word} {after_trials(*numbers)}"
        for word, chosen in (
            ("lower", hidden["difference_high"] < -TIE),
            ("higher", hidden["difference_low"] > TIE),
        )
        if (numbers := hidden.loc[chosen, "n_trials"].astype(int).tolist())
    ]
    verdict = f"clearly {' and '.join(clear)}" if clear else "no clear difference at any number of trials"
    return (
        f"{verb} the regret {about} {after_trials(int(first['n_trials']))} by "
        f"{write_regret(gain)} ({interval}; {verdict})"
    )
