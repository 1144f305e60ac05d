"""Sections of the evaluation report."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import pandas as pd

from foretune.evaluation.advice.learning_curve import average_learning_curve
from foretune.evaluation.figures.calibration import plot_calibration
from foretune.evaluation.figures.cost import plot_costs
from foretune.evaluation.figures.learning_curve import plot_learning_curve
from foretune.evaluation.figures.ranks import plot_critical_differences, plot_rank_curves
from foretune.evaluation.figures.regret import (
    label_of,
    plot_regret_curves,
    plot_regret_in_time,
    plot_surrogate_quality,
)
from foretune.evaluation.leaderboard import OURS, OURS_IN_TIME
from foretune.evaluation.main_methods import find_folded
from foretune.evaluation.report.summary import describe_evaluation
from foretune.evaluation.report.tables import EvaluationTables, find_families, find_worst_tasks, list_tasks
from foretune.evaluation.surrogate_quality import WEIGHT
from foretune.reporting import (
    Listing,
    ReportSection,
    ReportTable,
    list_versions,
    reuse_figure,
    write_settings,
)

_BY_KIND = ("task_type", "n_trials")


def show_regret(tables: EvaluationTables, claims_on: Collection[str]) -> ReportSection:
    """Show mean regret over the number of trials, and the leaderboard."""
    return ReportSection(
        "Regret",
        f"{describe_evaluation(tables.regret, tables.surrogate_quality, claims_on)}\n\n"
        "Normalised regret is the distance to the task's best configuration, as a share of the distance "
        "between its best and its worst: 0 means that the best was found. The lines are means over tasks, "
        "the bands bootstrap intervals over families. Foretune, the best other method and three of reference "
        "are shown first; the box above a figure or table adds all others.",
        figures=(reuse_figure(tables.figures, "regret_curves", plot_regret_curves, tables.leaderboard),),
        tables=(
            ReportTable(
                "Leaderboard",
                _named(tables.leaderboard[_with_last("n_tasks", tables.leaderboard)]),
                "The interval bounds the mean regret; the mean rank is over tasks; wins, ties and losses "
                "count tasks against random search; worse than the default, or than random search, is the "
                "share of tasks on which these did better after as many trials; the worst regret is that of "
                "the worst task.",
                choose=_BY_KIND,
                folded=_folded(tables.leaderboard),
            ),
        ),
    )


def show_regret_in_time(tables: EvaluationTables) -> Iterator[ReportSection]:
    """Show mean regret over time, where trials have seconds."""
    board = tables.leaderboard_in_time
    if board is None or board.empty:
        return
    paragraphs = [
        "Each method pays the seconds that its trials took in the log, one after the other, and a trial "
        "counts when it has ended. Tasks differ in speed, so time is counted in mean trials of the task: in "
        "the time of 5, a method makes fewer than 5 trials if it tries what is slow, and many if it tries "
        f"what is fast. {label_of(OURS_IN_TIME)} chooses by expected gain for expected time, "
        f"{label_of(OURS)} by expected gain alone, and no other method knows what a trial costs.",
        *_describe_best_in_time(board),
    ]
    yield ReportSection(
        "Regret in time",
        "\n\n".join(paragraphs),
        figures=(plot_regret_in_time(board),),
        tables=(
            ReportTable(
                "Leaderboard in time",
                _named(board[_with_last("n_tasks", board)]),
                "Time is in mean trials of a task; the other columns are those of the leaderboard.",
                choose=("task_type", "time"),
                folded=_folded(board, OURS_IN_TIME),
            ),
            *_list_tasks_in_time(tables, _folded(board, OURS_IN_TIME)),
        ),
        folded=True,
    )


def _list_tasks_in_time(tables: EvaluationTables, folded: frozenset[str]) -> Iterator[ReportTable]:
    if tables.regret_in_time is not None:
        by_task = list_tasks(tables.regret_in_time, "time", OURS_IN_TIME)
        yield ReportTable("Regret in time by task", by_task, choose=("time",), search=True, folded=folded)


def _describe_best_in_time(board: pd.DataFrame) -> Iterator[str]:
    """Compare the timed search with the best other method, a sentence for each task type."""
    for task_type, rows in board.groupby("task_type"):
        found = []
        for time, at in rows.groupby("time"):
            regrets = at.set_index("method")["mean_regret"]
            others = regrets.drop(OURS_IN_TIME, errors="ignore")
            if OURS_IN_TIME not in regrets or others.empty:
                continue
            found.append(
                f"{regrets[OURS_IN_TIME]:.3g} against {others.min():.3g} ({label_of(str(others.idxmin()))}) "
                f"after {time:g}"
            )
        if found:
            yield (
                f"{task_type}: mean regret of {label_of(OURS_IN_TIME)} against that of the best other method "
                f"after the time of so many mean trials: {'; '.join(found)}."
            )


def show_learning_curve(tables: EvaluationTables) -> Iterator[ReportSection]:
    """Show the starting list's regret over the number of known tasks, if it was measured."""
    curve = tables.learning_curve
    if curve is not None and len(curve):
        yield ReportSection(
            "More tasks",
            "The regret of the starting list on held-out tasks, learnt from all tasks of other families, and "
            "from random halves, quarters, ... of these families, which are drawn several times for each "
            "held-out task.",
            figures=(reuse_figure(tables.figures, "learning_curve_figure", plot_learning_curve, curve),),
            tables=(
                ReportTable(
                    "Regret by number of known tasks", average_learning_curve(curve), choose=_BY_KIND
                ),
            ),
            folded=True,
        )


def show_comparisons(tables: EvaluationTables) -> ReportSection:
    """Show the comparisons of Foretune with every other method."""
    return ReportSection(
        "Comparisons",
        "Foretune against every other method. A negative difference means that Foretune has less regret. "
        "The test is Wilcoxon's signed-rank test, two-sided, with families as units (near-duplicates of a "
        "dataset are no independent evidence); p is adjusted, after Holm, for all methods that Foretune is "
        "compared with after as many trials.",
        tables=(
            ReportTable(
                "Wilcoxon tests with Holm's adjustment",
                _named(tables.comparisons.drop(columns="method")),
                "The mean difference is over tasks, with a bootstrap interval over families, and in % of the "
                "opponent's regret; the rank-biserial effect is that of the test, -1 where Foretune is "
                "better in every family.",
                choose=_BY_KIND,
                search=True,
                folded=_folded(tables.leaderboard),
            ),
        ),
        folded=True,
    )


def show_ranks(tables: EvaluationTables) -> ReportSection:
    """Show the methods' ranks and critical differences."""
    return ReportSection(
        "Ranks",
        "Methods ranked within every family (1 is best), and the ranks averaged. Friedman's test asks "
        "whether the ranks differ at all; two methods whose mean ranks are closer than the critical "
        "difference (Nemenyi) are not told apart by these tasks: the lines through their points overlap.",
        figures=(
            reuse_figure(tables.figures, "rank_curves", plot_rank_curves, tables.ranks),
            reuse_figure(
                tables.figures,
                "critical_differences",
                plot_critical_differences,
                tables.ranks,
                tables.friedman,
            ),
        ),
        tables=(
            ReportTable("Friedman tests", tables.friedman, "Units are families.", choose=("task_type",)),
            ReportTable(
                "Mean ranks",
                _named(tables.ranks),
                "Two methods that share a letter are closer than the critical difference.",
                choose=_BY_KIND,
                folded=_folded(tables.leaderboard),
            ),
        ),
        folded=True,
    )


def show_speed_up(tables: EvaluationTables) -> ReportSection:
    """Show the number of trials random search needs for each method's regret."""
    return ReportSection(
        "Speed-up",
        "After how many trials random search has the same mean regret, read off its curve (linear in the "
        "logarithm of the number of trials between those at which it is known). Where the relation is > or "
        "<, the number is a bound: the regret is below, or above, all that was read off for random search.",
        tables=(
            ReportTable(
                "Trials of random search to the same regret",
                _named(tables.speed_up),
                choose=_BY_KIND,
                folded=_folded(tables.leaderboard),
            ),
        ),
        folded=True,
    )


def show_tasks(tables: EvaluationTables, claims_on: Collection[str]) -> ReportSection:
    """Show the regret by task, and the worst tasks."""
    return ReportSection(
        "Tasks",
        "The regret of every method on every held-out task, averaged over seeds. Choose the number of "
        "trials, find a task or family by its name, sort by a click on a heading.",
        tables=(
            *(
                [
                    ReportTable(
                        "Regret by task",
                        by_trials,
                        choose=("n_trials",),
                        search=True,
                        folded=_folded(tables.leaderboard),
                    )
                ]
                if (by_trials := list_tasks(tables.regret))
                else []
            ),
            ReportTable(
                "Worst tasks",
                find_worst_tasks(tables.regret, claims_on),
                "The task on which Foretune has most regret, and which methods are best there.",
                choose=("task_type",),
            ),
            *([] if tables.known_tasks is None else [ReportTable("Known tasks", tables.known_tasks)]),
        ),
        folded=True,
    )


def show_surrogate(tables: EvaluationTables) -> ReportSection:
    """Show the surrogate's predictive quality and calibration."""
    figures = [
        reuse_figure(
            tables.figures, "surrogate_quality_figure", plot_surrogate_quality, tables.surrogate_quality
        )
    ]
    shown = [
        ReportTable(
            "Quality by task",
            tables.surrogate_quality,
            "Without metafeatures is a predictor that knows the mean of every configuration only.",
            choose=("task_type",),
            search=True,
        )
    ]
    if tables.calibration is not None:
        figures.append(
            reuse_figure(tables.figures, "calibration_figure", plot_calibration, tables.calibration)
        )
        overall = tables.calibration.groupby(["task_type", "nominal"])[["coverage", "mean_width"]].mean()
        shown += [
            ReportTable("Coverage, mean over tasks", overall.reset_index()),
            ReportTable("Coverage by task", tables.calibration, choose=("task_type", "nominal"), search=True),
        ]
    return ReportSection(
        "Surrogate and calibration",
        f"{describe_weights(tables.surrogate_quality)}Quality of the surrogate's predictions on unseen "
        "tasks. Calibration: an interval of nominal coverage 80 % should contain 80 % of the true scores; "
        "points below the diagonal are intervals that are too narrow.",
        figures=tuple(figures),
        tables=tuple(shown),
        folded=True,
    )


def describe_weights(surrogate_quality: pd.DataFrame) -> str:
    """Say what weight metafeatures have in the predictions of each task type; empty if unknown."""
    if WEIGHT not in surrogate_quality:
        return ""
    return "".join(
        f"{str(task_type).capitalize()}: metafeatures have a weight of {rows.mean():.2f} on average "
        f"({rows.min():.2f} to {rows.max():.2f}), learnt from the known tasks; 0 is their average surface, "
        "1 the surrogate alone. "
        for task_type, rows in surrogate_quality.groupby("task_type")[WEIGHT]
    )


def show_near_duplicates(tables: EvaluationTables) -> Iterator[ReportSection]:
    """Show groups of near-duplicate tasks, if there are any."""
    groups = tables.near_duplicates
    groups = find_families(tables.regret) if groups is None else groups
    if len(groups):
        yield ReportSection(
            "Near-duplicate tasks",
            "Tasks that are variants of one dataset form a family. A family is held out as a whole, drawn as "
            "a whole in the bootstrap, and one unit in every test.",
            tables=(ReportTable("Groups", groups, search=True),),
            folded=True,
        )


def show_costs(tables: EvaluationTables) -> Iterator[ReportSection]:
    """Show the computing time of the evaluation, if known."""
    costs = tables.evaluation_costs
    if costs is not None and len(costs):
        keys = ["task_type", "stage", "name"]
        summed = costs.groupby(keys)["seconds"].sum().reset_index()
        summed = summed.sort_values(["task_type", "seconds"], ascending=[True, False])
        yield ReportSection(
            "Costs",
            "Seconds on the machine that made this report, summed over tasks and seeds. They differ from run "
            "to run; everything else on this page follows from the seed.",
            figures=(reuse_figure(tables.figures, "evaluation_costs_figure", plot_costs, costs),),
            tables=(
                ReportTable(
                    "Seconds", summed.assign(name=summed["name"].map(label_of)), choose=("task_type",)
                ),
            ),
            folded=True,
        )


def show_settings(settings: Mapping[str, Any]) -> ReportSection:
    """Show the parameters and library versions of the run."""
    versions = "\n".join(f"{name} {version}" for name, version in list_versions().items())
    return ReportSection(
        "Settings and versions",
        "What this report was made with.",
        listings=(Listing("Versions", versions), Listing("Parameters", write_settings(settings))),
        folded=True,
    )


def _with_last(last: str, table: pd.DataFrame) -> list[str]:
    """Move a column to the end."""
    return [*(column for column in table.columns if column != last), last]


def _folded(board: pd.DataFrame, ours: str = OURS) -> frozenset[str]:
    """Return the display names of the methods that are shown on demand."""
    return frozenset(map(label_of, find_folded(board, ours)))


def _named(table: pd.DataFrame) -> pd.DataFrame:
    """Replace methods by their display names."""
    columns = [column for column in ("method", "opponent") if column in table]
    return table.assign(**{column: table[column].map(label_of) for column in columns})
