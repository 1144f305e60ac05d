"""Tables of the evaluation report."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import pandas as pd
from plotly.graph_objects import Figure

from foretune.evaluation.figures.regret import in_drawing_order, label_of
from foretune.evaluation.leaderboard import OURS
from foretune.evaluation.statistics.by_task import DECIMALS


@dataclass(frozen=True)
class EvaluationTables:
    """All tables of an evaluation.

    Parameters
    ----------
    regret, surrogate_quality
        Results of :func:`foretune.evaluation.evaluate.evaluate_methods`.
    leaderboard
        Result of :func:`foretune.evaluation.leaderboard.build_leaderboard`.
    comparisons, friedman, ranks, speed_up, claims
        Results of :mod:`foretune.evaluation.statistics`.
    calibration
        ``task_type, task_id, nominal, coverage, mean_width``; optional, for the calibration figure.
    evaluation_costs
        ``task_type, stage, name, seconds``; optional, for the section on costs.
    regret_in_time, leaderboard_in_time
        Results of :func:`foretune.evaluation.evaluate.evaluate_methods` and
        :func:`foretune.evaluation.leaderboard.build_leaderboard_in_time`; optional, for the section on regret
        in time.
    leaderboard_by_size
        Result of :func:`foretune.evaluation.leaderboard_by_size.build_leaderboard_by_size`; optional, for the
        section on regret by size.
    known_tasks, starting_list, learning_curve, best_methods, advice
        Results of :mod:`foretune.evaluation.advice`; optional, for what comes first.
    near_duplicates
        Groups of near-duplicate tasks; by default the families with more than one task.
    figures
        Figures that are plotted already, by the names of their datasets; the others are plotted.
    """

    regret: pd.DataFrame
    leaderboard: pd.DataFrame
    comparisons: pd.DataFrame
    friedman: pd.DataFrame
    ranks: pd.DataFrame
    speed_up: pd.DataFrame
    claims: pd.DataFrame
    surrogate_quality: pd.DataFrame
    calibration: pd.DataFrame | None = None
    evaluation_costs: pd.DataFrame | None = None
    known_tasks: pd.DataFrame | None = None
    starting_list: pd.DataFrame | None = None
    learning_curve: pd.DataFrame | None = None
    best_methods: pd.DataFrame | None = None
    advice: pd.DataFrame | None = None
    near_duplicates: pd.DataFrame | None = None
    regret_in_time: pd.DataFrame | None = None
    leaderboard_in_time: pd.DataFrame | None = None
    leaderboard_by_size: pd.DataFrame | None = None
    figures: Mapping[str, Figure] = field(default_factory=dict)


def list_tasks(regret: pd.DataFrame, read_at: str = "n_trials", ours: str = OURS) -> dict[str, pd.DataFrame]:
    """List the regret of every method on every task, by number of trials or by time.

    Parameters
    ----------
    regret
        Result of :func:`foretune.evaluation.evaluate.evaluate_methods`.
    read_at
        Column of where regret was read: ``n_trials`` or ``time``.
    ours
        The method whose place is named.

    Returns
    -------
    dict
        Tables by number of trials or time with one row per task, in the same order: ``task_id, task_type,
        family, provenance``, the best methods, Foretune's place, and a column per method.
    """
    keys = ["task_type", "task_id"]
    methods = in_drawing_order(regret["method"].unique())
    tasks = regret[["task_id", "task_type", "family", "provenance"]].drop_duplicates()
    tasks = tasks.sort_values(keys, ignore_index=True)
    tables: dict[str, pd.DataFrame] = {}
    for number in sorted(set(regret[read_at])):
        rows = regret[regret[read_at] == number]
        wide = rows.pivot_table(index=keys, columns="method", values="regret").round(DECIMALS)
        wide = wide.reindex(index=pd.MultiIndex.from_frame(tasks[keys]), columns=methods)
        wide = wide.reset_index(drop=True)
        shown = tasks.assign(best=_name_best(wide))
        if ours in wide:
            place = wide.rank(axis="columns", method="min")[ours]
            shown = shown.assign(**{f"{label_of(ours)}'s place": place.astype("Int64")})
        tables[f"{number:g}"] = shown.join(wide.rename(columns=label_of))
    return tables


def find_worst_tasks(regret: pd.DataFrame, claims_on: Collection[str]) -> pd.DataFrame:
    """Find the task with Foretune's largest regret for every task type and number of trials.

    Returns
    -------
    pandas.DataFrame
        ``task_type, n_trials, task_id, family``, Foretune's regret and place, the best methods and their
        regret. Of equal tasks the first by name.
    """
    ours = label_of(OURS)
    counted = regret[regret["provenance"].isin(claims_on)]
    columns = ["task_type", "n_trials", "task_id", "family", ours, f"{ours}'s place", "best", "best_regret"]
    if OURS not in set(counted["method"]):
        return pd.DataFrame(columns=columns)
    labels = [label_of(str(method)) for method in counted["method"].unique()]
    tasks = pd.concat(
        frame.assign(n_trials=int(number), best_regret=frame[labels].min(axis=1))
        for number, frame in list_tasks(counted).items()
    )
    # A stable sort, so that tasks of equal regret stay in the order of names
    keys = ["task_type", "n_trials"]
    worst = tasks.dropna(subset=[ours]).sort_values(ours, ascending=False, kind="stable")
    return worst.drop_duplicates(keys)[columns].sort_values(keys, ignore_index=True)


def find_families(regret: pd.DataFrame) -> pd.DataFrame:
    """List the families with more than one task and their tasks, one row per family."""
    tasks = regret[["task_type", "family", "task_id"]].drop_duplicates().sort_values("task_id")
    rows = [
        {"task_type": part["task_type"].iloc[0], "family": part["family"].iloc[0], "n_tasks": len(part)}
        | {"tasks": ", ".join(part["task_id"].astype(str))}
        for _, part in tasks.groupby(["task_type", "family"])
        if len(part) > 1
    ]
    return pd.DataFrame(rows, columns=["task_type", "family", "n_tasks", "tasks"])


def _name_best(wide: pd.DataFrame) -> list[str]:
    """Return the names of the methods with the smallest regret in each row."""
    is_best = wide.eq(wide.min(axis=1), axis="index").to_numpy()
    labels = [label_of(str(method)) for method in wide.columns]
    return [
        ", ".join(label for label, best in zip(labels, row, strict=True) if best) for row in is_best.tolist()
    ]
