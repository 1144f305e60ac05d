"""Leaderboard of methods: summary statistics of regret over tasks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.evaluation.parameters import EvaluationParameters
from foretune.evaluation.statistics.by_task import split_by_trials

OURS = "foretune"
OURS_IN_TIME = "foretune_timed"
# Methods of reference
RANDOM = "random_search"
DEFAULT = "library_default"

# Smaller differences of regret are rounding errors
TIE = 1e-9

LEADERBOARD_COLUMNS = [
    "task_type",
    "n_tasks",
    "method",
    "n_trials",
    "mean_regret",
    "median_regret",
    "ci_low",
    "ci_high",
    "mean_rank",
    "wins",
    "ties",
    "losses",
    "share_harmed",
    "share_harmed_random",
    "worst_regret",
]
IN_TIME_COLUMNS = ["time" if column == "n_trials" else column for column in LEADERBOARD_COLUMNS]


def build_leaderboard(regret: pd.DataFrame, parameters: EvaluationParameters, seed: int) -> pd.DataFrame:
    """Summarise regret over tasks, after averaging over seeds.

    Parameters
    ----------
    regret
        Result of :func:`foretune.evaluation.evaluate.evaluate_methods`.
    parameters
        ``claims_on`` selects the tasks; ``n_bootstrap`` and ``confidence_level`` define the intervals.
    seed
        Seed of the bootstrap.

    Returns
    -------
    pandas.DataFrame
        One row per task type, number of trials and method, sorted by these and mean regret. ``ci_low`` and
        ``ci_high`` bound the mean regret; ``mean_rank`` is over all methods (1 is best, ties are shared);
        ``wins``, ``ties`` and ``losses`` count tasks against random search; ``share_harmed`` is the share of
        tasks on which the library defaults were better after as many trials, ``share_harmed_random`` the same
        for random search. Values without the reference method are missing.
    """
    return _build(regret, parameters, seed, "n_trials", LEADERBOARD_COLUMNS)


def build_leaderboard_in_time(
    regret_in_time: pd.DataFrame, parameters: EvaluationParameters, seed: int
) -> pd.DataFrame:
    """Summarise regret in time over the tasks with times; as :func:`build_leaderboard`.

    Returns
    -------
    pandas.DataFrame
        With ``time``, in mean trials of a task, in place of ``n_trials``; empty where trials have no seconds.
    """
    return _build(regret_in_time, parameters, seed, "time", IN_TIME_COLUMNS)


def _build(
    regret: pd.DataFrame, parameters: EvaluationParameters, seed: int, read_at: str, columns: list[str]
) -> pd.DataFrame:
    boards = [
        _summarise(by_task, parameters, seed).assign(**{"task_type": task_type, read_at: at})
        for task_type, at, by_task in split_by_trials(regret, parameters.claims_on, read_at)
    ]
    if not boards:
        return pd.DataFrame(columns=columns)
    return pd.concat(boards)[columns].sort_values(
        ["task_type", read_at, "mean_regret", "method"], ignore_index=True
    )


def bootstrap_means(
    values: npt.NDArray[np.float64], families: npt.ArrayLike, n_bootstrap: int, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Compute means over tasks in bootstrap samples of families (cluster bootstrap).

    Near-duplicates of one dataset are not independent, so families are drawn with all their tasks (Davison
    and Hinkley, 1997, section 3.8). With one task per family this is the ordinary bootstrap.

    Parameters
    ----------
    values
        Shape (n_tasks, n_methods).
    families
        Family of each task, shape (n_tasks,).
    n_bootstrap
        Number of samples.
    rng
        Random generator.

    Returns
    -------
    numpy.ndarray
        Shape (n_bootstrap, n_methods); all methods share the samples.
    """
    names, family = np.unique(np.asarray(families, dtype=str), return_inverse=True)
    sums = np.zeros((len(names), values.shape[1]))
    np.add.at(sums, family, values)
    sizes = np.bincount(family, minlength=len(names))
    draws = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=n_bootstrap)
    means: npt.NDArray[np.float64] = (draws @ sums) / (draws @ sizes)[:, None]
    return means


def _summarise(regrets: pd.DataFrame, parameters: EvaluationParameters, seed: int) -> pd.DataFrame:
    """Summarise regrets after one number of trials; a row per (family, task), a column per method."""
    means = bootstrap_means(
        regrets.to_numpy(dtype=np.float64),
        regrets.index.get_level_values("family"),
        parameters.n_bootstrap,
        np.random.default_rng(seed),
    )
    tail = (1 - parameters.confidence_level) / 2
    low, high = np.quantile(means, [tail, 1 - tail], axis=0)
    summary = regrets.agg(["mean", "median", "max"]).T.set_axis(
        ["mean_regret", "median_regret", "worst_regret"], axis="columns"
    )
    summary = summary.assign(
        n_tasks=len(regrets),
        ci_low=low,
        ci_high=high,
        mean_rank=regrets.round(9).rank(axis="columns").mean(),
        share_harmed=_share_harmed(regrets, DEFAULT),
        share_harmed_random=_share_harmed(regrets, RANDOM),
    )
    return summary.join(_duels(regrets, RANDOM)).reset_index(names="method")


def _share_harmed(regrets: pd.DataFrame, opponent: str) -> pd.Series | float:
    if opponent not in regrets:
        return np.nan
    return regrets.gt(regrets[opponent] + TIE, axis="index").mean()


def _duels(regrets: pd.DataFrame, opponent: str) -> pd.DataFrame:
    """Count wins, ties and losses of every method against an opponent."""
    lead = -regrets.sub(regrets[opponent], axis="index") if opponent in regrets else regrets * np.nan
    wins, losses = (lead > TIE).sum(), (lead < -TIE).sum()
    duels = pd.DataFrame({"wins": wins, "ties": lead.notna().sum() - wins - losses, "losses": losses})
    return duels.astype("Int64") if opponent in regrets else duels * np.nan
