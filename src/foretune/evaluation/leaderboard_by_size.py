"""Leaderboard by size class: regret of methods on tasks of similar numbers of rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.base import UNKNOWN_SIZE, name_size_classes, size_class
from foretune.evaluation.leaderboard import OURS, bootstrap_means
from foretune.evaluation.parameters import EvaluationParameters
from foretune.evaluation.statistics.by_task import split_by_trials
from foretune.meta_model import LOG_ROWS, METAFEATURE_PREFIX

BY_SIZE_COLUMNS = [
    "task_type",
    "size_class",
    "rows_above",
    "n_tasks",
    "n_families",
    "method",
    "n_trials",
    "mean_regret",
    "ci_low",
    "ci_high",
    "difference",
    "difference_low",
    "difference_high",
]


def build_leaderboard_by_size(
    regret: pd.DataFrame, meta_dataset_table: pd.DataFrame, parameters: EvaluationParameters, seed: int
) -> pd.DataFrame:
    """Summarise regret over the tasks of each size class, after averaging over seeds.

    Parameters
    ----------
    regret
        Result of :func:`foretune.evaluation.evaluate.evaluate_methods`.
    meta_dataset_table
        Flat table of the tasks, for their numbers of rows; tasks without one are left out.
    parameters
        ``size_classes`` are the classes, ``claims_on`` selects the tasks; ``n_bootstrap`` and
        ``confidence_level`` define the intervals.
    seed
        Seed of the bootstrap.

    Returns
    -------
    pandas.DataFrame
        One row per task type, size class (``rows_above`` is its lower end), number of trials and method,
        sorted by these and mean regret. ``ci_low`` and ``ci_high`` bound the mean regret; ``difference`` is
        Foretune's mean regret minus the method's on the same tasks, with its interval. Intervals are
        bootstraps over families, missing with a single family. Empty without numbers of rows, or without
        classes.
    """
    classes = classify_tasks(meta_dataset_table, parameters)
    bounds = parameters.size_classes
    lower_ends = dict(zip(name_size_classes(bounds), (0, *bounds), strict=True)) if bounds else {}
    boards = [
        _summarise(part, parameters, seed).assign(
            task_type=task_type, n_trials=n_trials, size_class=name, rows_above=lower_ends[name]
        )
        for task_type, n_trials, by_task in split_by_trials(regret, parameters.claims_on)
        for name, part in by_task.groupby(by_task.index.get_level_values("task_id").map(classes))
    ]
    if not boards:
        return pd.DataFrame(columns=BY_SIZE_COLUMNS)
    return pd.concat(boards)[BY_SIZE_COLUMNS].sort_values(
        ["task_type", "rows_above", "n_trials", "mean_regret", "method"], ignore_index=True
    )


def classify_tasks(meta_dataset_table: pd.DataFrame, parameters: EvaluationParameters) -> dict[str, str]:
    """Return the size class of every task with a known number of rows, by its name; none without classes.

    The number of rows is that of the table, or else the metafeature of it, which a log may have.
    """
    if not parameters.size_classes:
        return {}
    tasks = meta_dataset_table.drop_duplicates("task_id").set_index("task_id")
    n_rows = tasks["n_rows"].astype(np.float64)
    if (column := METAFEATURE_PREFIX + LOG_ROWS) in tasks:
        n_rows = n_rows.fillna(np.exp(tasks[column]).round())
    found = {str(task): size_class(number, parameters.size_classes) for task, number in n_rows.items()}
    return {task: name for task, name in found.items() if name != UNKNOWN_SIZE}


def count_size_classes(meta_dataset_table: pd.DataFrame, parameters: EvaluationParameters) -> int:
    """Count the size classes among the tasks that the leaderboard counts."""
    counted = meta_dataset_table["provenance"].isin(parameters.claims_on)
    return len(set(classify_tasks(meta_dataset_table[counted], parameters).values()))


def _summarise(regrets: pd.DataFrame, parameters: EvaluationParameters, seed: int) -> pd.DataFrame:
    """Summarise regrets on the tasks of one class; a row per (family, task), a column per method."""
    ours = regrets[OURS] if OURS in regrets else pd.Series(np.nan, regrets.index)
    leads = regrets.rsub(ours, axis="index")
    leads.loc[:, leads.columns == OURS] = np.nan
    low, high = _bound_means(regrets, parameters, seed)
    # The same samples of families, so that the difference is paired
    lead_low, lead_high = _bound_means(leads, parameters, seed)
    summary = pd.DataFrame(
        {
            "n_tasks": len(regrets),
            "n_families": regrets.index.get_level_values("family").nunique(),
            "mean_regret": regrets.mean(),
            "ci_low": low,
            "ci_high": high,
            "difference": leads.mean(),
            "difference_low": lead_low,
            "difference_high": lead_high,
        }
    )
    return summary.rename_axis("method").reset_index()


def _bound_means(
    values: pd.DataFrame, parameters: EvaluationParameters, seed: int
) -> npt.NDArray[np.float64]:
    """Return the bounds of the mean of each column, shape (2, n_columns); NaN with a single family."""
    families = values.index.get_level_values("family")
    if families.nunique() < 2:
        return np.full((2, values.shape[1]), np.nan)
    means = bootstrap_means(
        values.to_numpy(dtype=np.float64), families, parameters.n_bootstrap, np.random.default_rng(seed)
    )
    tail = (1 - parameters.confidence_level) / 2
    bounds: npt.NDArray[np.float64] = np.quantile(means, [tail, 1 - tail], axis=0)
    return bounds
