"""Columns of a log that look like hyperparameters and are results, seeds or names of runs."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import is_numeric_dtype
from scipy.stats import f as f_distribution

from foretune.base import counted, parse_numbers
from foretune.logs.shared_design import (
    LEAST_SHARE_ELSEWHERE,
    hash_columns,
    recurrence,
    sum_hashes,
)
from foretune.spaces import LEARNER, PARAM_PREFIX

# Larger logs are judged by some of their tasks, but by this many or all
MOST_ROWS = 20_000
TASKS_OF_LARGE_LOGS = 10
# A rank correlation needs this many trials of a task
FEWEST_TRIALS = 5
# One that is exact among this many is no chance
FEWEST_FOR_EXACT = 10
# |rank correlation| with the scores of a task, and share of the tasks that reach it
ALMOST_PERFECT = 0.95
PERFECT = 0.999
# Linear correlation of a score that was scaled in each task
EXACT = 0.9999
MOST_TASKS = 2 / 3
# Distinct values of a result in a task, as a share of its distinct scores or of its trials
NEARLY_ALL = 0.8
# Adjusted share of the variance of ranks that tasks, or tasks and configurations, explain, and its F test; of
# values that are drawn from one range the share is about 0
LEAST_TASK_EFFECT = 0.3
LEAST_SYSTEMATIC = 0.5
LARGEST_P_VALUE = 0.001
# Concordance with the score, or with 1 - score or percent
LEAST_CONCORDANCE = 0.9
CONCORDANCE_ON_ONE = 0.99
# Share of the pairs with equal other hyperparameters that differ; ten equally frequent values reach it
LEAST_SHARE_DIFFERENT = 0.9
# A value of its own in each of so many tasks
FEWEST_TASKS = 5
# A column is one of numbers if so many of its values are
MOSTLY_NUMBERS = 0.8

_METRIC = (
    r"(balanced_)?acc(uracy)?|(roc_|pr_)?auc(_ov[ro])?|f1(_[a-z]+)?|average_precision|precision|recall|r2|mcc"
    r"|n?rmse|n?mse|n?mae|mape|brier(_score)?|(neg_)?log_?loss|cross_entropy|loss|error(_rate)?|err|score"
    r"|metric|objective|(neg_)?(root_)?mean_(squared|absolute)_error"
)
_TIME = (
    r"((fit|train(ing)?|score|predict(ion)?|inference|run|wall(clock)?|cpu|elapsed|total|eval(uation)?)_?)?"
    r"(time|seconds|secs?|duration|runtime)(_s|_sec|_seconds|_ms)?|timestamp|datetime(_start|_complete)?"
)
_PREFIX = (
    r"((mean|std|min|max|median|rank|best|final|avg|split\d+|fold\d+)_)*"
    r"((test|train(ing)?|val(id(ation)?)?|cv|oob|dev|holdout)_)?"
)
_SUFFIX = r"(_(test|train|val(id)?|cv|mean|std))?"
RESULT_NAME = re.compile(rf"{_PREFIX}({_METRIC}|{_TIME}){_SUFFIX}|best_(iteration|epoch|round)")
SEED_NAME = re.compile(r"(random_?)?seed|random_?state|rng")
RUN_NAME = re.compile(
    r"(trial|run|job|task|data_?set|experiment|study|worker|config(uration)?)_(id|uuid|number|index|name)"
    r"|u?u?id|data_?set|trial|hostname"
)


@dataclass(frozen=True)
class _Log:
    """Rows with a score of some tasks, in the order of the log."""

    tasks: npt.NDArray[np.intp]
    values: pd.DataFrame
    scores: npt.NDArray[np.float64]
    hashes: dict[str, npt.NDArray[np.uint64]]
    # Share of the rows of each column whose value is on another task
    recurring: dict[str, float]


class _Order(NamedTuple):
    """Rank correlations of a column with the score, one per task with enough trials."""

    correlations: npt.NDArray[np.float64]
    is_almost_perfect: bool
    is_exact: bool


class _Pairs(NamedTuple):
    """Pairs of trials on different tasks with equal other hyperparameters.

    Attributes
    ----------
    configurations
        Hash of the other hyperparameters of each row.
    number
        How many pairs there are.
    share_different
        Share of them that differ in the column.
    """

    configurations: npt.NDArray[np.uint64]
    number: int
    share_different: float


class _Explained(NamedTuple):
    """Adjusted share of the variance of ranks that groups explain, and the p-value of its F test."""

    share: float
    p_value: float


def find_result_columns(
    task_ids: pd.Series,
    learners: pd.Series,
    hyperparameters: pd.DataFrame,
    scores: npt.NDArray[np.float64],
    kept: tuple[str, ...] = (),
) -> dict[str, str]:
    """Find the columns that are results of trials, seeds or names of runs rather than hyperparameters.

    A hyperparameter may order the scores as well as a result does, so the order alone is no evidence.
    What tells them apart: the values of a hyperparameter are those of the design, which tasks share, or are
    drawn from one range; those of a result differ from task to task where all else is equal. A column
    is one of them if

    - it has nearly as many distinct values as the score, orders the scores of most tasks with a rank
      correlation of 0.95 or more in absolute value, is not part of a shared design, and is the score in
      numbers (also as percent or as an error), or differs between tasks, or is the rank of the score or
      the scaled score of each task while other hyperparameters vary. Of a single task only the numbers
      count;
    - trials of different tasks with equal other hyperparameters have different values in nine of ten
      pairs, and tasks and configurations explain at least half of the variance of its ranks;
    - it is constant within each of five or more tasks, and another value in most of them;
    - it has a name of a result, a seed or a run (``mean_fit_time``, ``random_state``, ``trial_id``), nearly
      as many distinct values as trials, and is not part of a shared design.

    Of a log with more than 20,000 trials some of the tasks are looked at, ten at least.

    Parameters
    ----------
    task_ids, learners
        One per row.
    hyperparameters
        ``param_*`` columns of :func:`foretune.logs.hyperparameters.tidy_hyperparameter`, NaN where inactive.
    scores
        One per row, in any direction; NaN where the trial failed.
    kept
        Columns that are hyperparameters whatever they look like.

    Returns
    -------
    dict
        Evidence by column, in the order of the columns.
    """
    log = _prepare(task_ids, learners, hyperparameters, scores)
    found: dict[str, str] = {}
    varying = [str(name) for name in log.values]
    suspects = [name for name in varying if name not in kept]
    while True:
        columns = [name for name in varying if name not in found]
        orders = {name: _order(log, name) for name in columns}
        new = {
            name: evidence
            for name in columns
            if name in suspects and (evidence := _evidence(log, name, orders))
        }
        if not new:
            break
        found.update(new)
    return {str(name): found[str(name)] for name in hyperparameters if str(name) in found}


def result_kind(column: str) -> str | None:
    """Return what a column is by its name: ``result``, ``seed`` or ``run``; None if it does not say so."""
    name = column.removeprefix(PARAM_PREFIX).lower().replace(" ", "_").replace("-", "_")
    # Steps of a pipeline and learners stand before two underscores
    name = name.rsplit("__", 1)[-1]
    for kind, pattern in (("result", RESULT_NAME), ("seed", SEED_NAME), ("run", RUN_NAME)):
        if pattern.fullmatch(name):
            return kind
    return None


def _prepare(
    task_ids: pd.Series,
    learners: pd.Series,
    hyperparameters: pd.DataFrame,
    scores: npt.NDArray[np.float64],
) -> _Log:
    is_scored = np.isfinite(scores)
    sizes = task_ids[is_scored].value_counts().sort_index()
    wanted = max(TASKS_OF_LARGE_LOGS, int(MOST_ROWS / max(is_scored.sum() / max(len(sizes), 1), 1)))
    chosen = sizes.index[
        np.unique(np.linspace(0, len(sizes) - 1, min(wanted, len(sizes))).round().astype(int))
    ]
    rows = is_scored & task_ids.isin(chosen).to_numpy()
    values = hyperparameters[rows].reset_index(drop=True)
    varying = [name for name in values if values[name].nunique() + values[name].isna().any() > 1]
    values = values[varying].rename(columns=str)
    texts = learners[rows].reset_index(drop=True)
    tasks = pd.factorize(task_ids[rows], sort=True)[0]
    hashes = hash_columns(values.assign(**{LEARNER: texts}))
    recurring: dict[str, float] = {}
    for name in map(str, values):
        active = values[name].notna().to_numpy()
        of_learner = (hashes[name] + hashes[LEARNER])[active]
        recurring[name] = recurrence(of_learner, tasks[active]).share_elsewhere
    return _Log(tasks, values, scores[rows], hashes, recurring)


def _evidence(log: _Log, name: str, orders: dict[str, _Order]) -> str | None:
    """Return why a column is no hyperparameter, None if nothing speaks against it."""
    active = log.values[name].notna().to_numpy()
    if constant := _constant_in_tasks(log, name, active):
        return constant
    pairs = _equal_pairs(log, name, active, orders)
    if pairs is None:
        everything = sum_hashes((log.hashes[other] for other in (*orders, LEARNER)), len(active))[active]
        recurring = recurrence(everything, log.tasks[active]).share_elsewhere
    else:
        recurring = 1 - pairs.share_different
    # What recurs with the rest of its configuration on other tasks was set, not measured
    if recurring >= LEAST_SHARE_ELSEWHERE:
        return None
    return (
        _orders_scores(log, name, active, orders)
        or _differs_between_tasks(log, name, active, pairs)
        or _named_as_result(log, name, active)
    )


def _orders_scores(
    log: _Log, name: str, active: npt.NDArray[np.bool_], orders: dict[str, _Order]
) -> str | None:
    order = orders[name]
    if not order.is_almost_perfect:
        return None
    values, scores, tasks = _numbers(log.values[name])[active], log.scores[active], log.tasks[active]
    is_number = np.isfinite(values)
    values, scores, tasks = values[is_number], scores[is_number], tasks[is_number]
    n_reached = int((np.abs(order.correlations) >= ALMOST_PERFECT).sum())
    evidence = (
        f"orders the scores almost perfectly on {n_reached} of {counted(len(order.correlations), 'task')} "
        f"(median rank correlation {np.median(order.correlations):.2f})"
    )
    concordance = _concordance(values, scores)
    if len(order.correlations) == 1:
        # Whole numbers may count both the values and the scores of a made-up log
        is_score = concordance >= CONCORDANCE_ON_ONE and not (values == np.round(values)).all()
        return evidence if is_score else None
    if concordance >= LEAST_CONCORDANCE:
        return evidence
    if not any(_varies_within_tasks(log, other) for other in orders if not orders[other].is_almost_perfect):
        return None
    return evidence if order.is_exact or _differs_by_task(values, tasks) else None


def _order(log: _Log, name: str) -> _Order:
    values = _numbers(log.values[name])
    rows = np.isfinite(values)
    frame = pd.DataFrame({"task": log.tasks[rows], "value": values[rows], "score": log.scores[rows]})
    groups = frame.groupby("task", sort=True)
    counts = groups.agg(
        n=("value", "size"),
        n_values=("value", "nunique"),
        n_scores=("score", "nunique"),
        least=("value", "min"),
        largest=("value", "max"),
    )
    counts = counts[(counts["n"] >= FEWEST_TRIALS) & (counts["n_scores"] >= FEWEST_TRIALS - 1)]
    # As a result has, unlike a grid that is crossed with others
    if counts.empty or counts["n_values"].sum() < NEARLY_ALL * counts["n_scores"].sum():
        return _Order(np.array([]), is_almost_perfect=False, is_exact=False)
    ranks = groups[["value", "score"]].rank()
    by_rank = _correlations(ranks["value"], ranks["score"], frame["task"]).loc[counts.index].to_numpy()
    linear = _correlations(frame["value"], frame["score"], frame["task"]).loc[counts.index].to_numpy()
    is_large = counts["n"].to_numpy() >= FEWEST_FOR_EXACT
    is_rank = ((counts["least"] == 1) & (counts["largest"] <= counts["n"])).to_numpy()
    return _Order(
        by_rank,
        is_almost_perfect=_on_most(by_rank, ALMOST_PERFECT),
        is_exact=_on_most(linear[is_large], EXACT) or _on_most((by_rank * is_rank)[is_large], PERFECT),
    )


def _correlations(first: pd.Series, second: pd.Series, groups: pd.Series) -> pd.Series:
    """Correlate two columns within each group; 0 where one of them is constant."""
    first = first - first.groupby(groups).transform("mean")
    second = second - second.groupby(groups).transform("mean")
    products = pd.DataFrame({"both": first * second, "first": first**2, "second": second**2})
    sums = products.groupby(groups).sum()
    spread = (sums["first"] * sums["second"]) ** 0.5
    return sums["both"].div(spread.where(spread > 0)).fillna(0.0)


def _on_most(correlations: npt.NDArray[np.float64], least: float) -> bool:
    """Whether most correlations have one sign and at least this size."""
    if not len(correlations):
        return False
    return bool(max((correlations >= least).mean(), (-correlations >= least).mean()) >= MOST_TASKS)


def _equal_pairs(
    log: _Log, name: str, active: npt.NDArray[np.bool_], orders: dict[str, _Order]
) -> _Pairs | None:
    """Find the pairs that are equal but for one column, if the tasks share a design."""
    tasks = log.tasks[active]
    hashes = {other: log.hashes[other][active] for other in (*orders, LEARNER)}
    design = _find_design(log, {other: hashes[other] for other in hashes if other != name}, tasks, orders)
    if design is None:
        return None
    n_pairs = recurrence(design, tasks).n_equal
    return _Pairs(design, n_pairs, 1 - recurrence(design + hashes[name], tasks).n_equal / n_pairs)


def _differs_between_tasks(
    log: _Log, name: str, active: npt.NDArray[np.bool_], pairs: _Pairs | None
) -> str | None:
    if pairs is None or pairs.share_different < LEAST_SHARE_DIFFERENT:
        return None
    is_named = result_kind(name) is not None
    if not is_named and not _is_systematic(log.values[name][active], pairs.configurations, log.tasks[active]):
        return None
    share = _percent(pairs.share_different)
    return (
        f"differs between tasks in {share} of {pairs.number:,} pairs of trials with equal other "
        "hyperparameters"
    )


def _find_design(
    log: _Log,
    hashes: dict[str, npt.NDArray[np.uint64]],
    tasks: npt.NDArray[np.intp],
    orders: dict[str, _Order],
) -> npt.NDArray[np.uint64] | None:
    """Find columns in which the tasks share a design; other results among them are left out.

    Returns the hash of each row's configuration, None if the tasks share no design.
    """
    others = [other for other in hashes if other != LEARNER]
    # Those that recur least are left out first, until the rest recurs
    path = sorted(others, key=lambda other: (log.recurring[other], other))
    n_unlike = sum(log.recurring[other] < LEAST_SHARE_ELSEWHERE for other in path)

    def without(number: int) -> npt.NDArray[np.uint64]:
        return sum_hashes((hashes[other] for other in (*path[number:], LEARNER)), len(tasks))

    # The fewer columns, the more rows recur, and the more of them on their own task
    number = bisect_left(
        range(n_unlike),
        LEAST_SHARE_ELSEWHERE,
        key=lambda number: recurrence(without(number), tasks).share_elsewhere,
    )
    total = without(number)
    if recurrence(total, tasks).is_design:
        return total
    # One more result, such as a rank, may have values that recur
    for other in path[number:]:
        if orders[other].is_almost_perfect and recurrence(total - hashes[other], tasks).is_design:
            return total - hashes[other]
    return None


def _is_systematic(
    values: pd.Series, configurations: npt.NDArray[np.uint64], tasks: npt.NDArray[np.intp]
) -> bool:
    """Whether tasks and configurations explain the ranks of values, as they do not for random draws."""
    if not is_numeric_dtype(values.dtype) and not _is_mostly_numbers(values):
        return values.is_unique
    numbers = _numbers(values)
    frame = pd.DataFrame({"key": configurations, "task": tasks, "value": numbers})[np.isfinite(numbers)]
    frame = frame[frame.groupby("key")["task"].transform("nunique") > 1]
    ranks = frame["value"].rank()
    residuals = ranks - ranks.mean()
    # Alternating projections: the least-squares fit of both effects, whatever is missing
    for _ in range(10):
        residuals = residuals - residuals.groupby(frame["key"]).transform("mean")
        residuals = residuals - residuals.groupby(frame["task"]).transform("mean")
    explained = _explained(ranks, residuals, frame["key"].nunique() + frame["task"].nunique() - 2)
    return explained.share >= LEAST_SYSTEMATIC and explained.p_value < LARGEST_P_VALUE


def _constant_in_tasks(log: _Log, name: str, active: npt.NDArray[np.bool_]) -> str | None:
    frame = pd.DataFrame({"task": log.tasks[active], "value": log.hashes[name][active]})
    counts = frame.groupby("task")["value"].agg(["size", "nunique", "first"])
    counts = counts[counts["size"] >= 3]
    if len(counts) < FEWEST_TASKS or (counts["nunique"] > 1).any():
        return None
    n_values = counts["first"].nunique()
    if n_values < NEARLY_ALL * len(counts):
        return None
    return f"is constant within each task, with {n_values} different values on {len(counts)} tasks"


def _named_as_result(log: _Log, name: str, active: npt.NDArray[np.bool_]) -> str | None:
    kind = result_kind(name)
    values = log.values[name][active]
    if kind is None or (kind != "run" and not _is_mostly_numbers(values)):
        return None
    frame = pd.DataFrame({"task": log.tasks[active], "value": log.hashes[name][active]})
    n_distinct = int(frame.groupby("task")["value"].nunique().sum())
    if len(frame) < FEWEST_TRIALS or n_distinct < NEARLY_ALL * len(frame):
        return None
    what = {"result": "a result", "seed": "a seed", "run": "a run"}[kind]
    return (
        f"has the name of {what}, and {n_distinct:,} different values in {len(frame):,} trials of its tasks"
    )


def _varies_within_tasks(log: _Log, name: str) -> bool:
    n_values = pd.Series(log.hashes[name]).groupby(log.tasks).nunique()
    return bool((n_values > 1).mean() >= MOST_TASKS)


def _differs_by_task(values: npt.NDArray[np.float64], tasks: npt.NDArray[np.intp]) -> bool:
    """Whether values come from other ranges on other tasks."""
    ranks = pd.Series(values).rank()
    within = ranks - ranks.groupby(tasks).transform("mean")
    explained = _explained(ranks, within, len(np.unique(tasks)) - 1)
    return explained.share >= LEAST_TASK_EFFECT and explained.p_value < LARGEST_P_VALUE


def _explained(ranks: pd.Series, residuals: pd.Series, n_explained: int) -> _Explained:
    n_left = len(ranks) - 1 - n_explained
    total, left = float(((ranks - ranks.mean()) ** 2).sum()), float((residuals**2).sum())
    if n_left < 1 or n_explained < 1 or not total:
        return _Explained(0.0, 1.0)
    if left <= 1e-12 * total:
        return _Explained(1.0, 0.0)
    statistic = ((total - left) / n_explained) / (left / n_left)
    return _Explained(
        1 - (left / n_left) / (total / (len(ranks) - 1)),
        float(f_distribution.sf(statistic, n_explained, n_left)),
    )


def _concordance(values: npt.NDArray[np.float64], scores: npt.NDArray[np.float64]) -> float:
    """Largest concordance of values with the score, the error, the loss or percents of them (Lin 1989)."""
    forms = [sign * scores + shift for sign, shift in ((1, 0), (-1, 0), (-1, 1), (1, 1))]
    forms += [100 * form for form in forms]
    spread = float(np.var(values))
    return max(
        float(
            2
            * np.cov(values, form, ddof=0)[0, 1]
            / (spread + np.var(form) + (values.mean() - form.mean()) ** 2 or 1.0)
        )
        for form in forms
    )


def _numbers(values: pd.Series) -> npt.NDArray[np.float64]:
    """Return a column as numbers; of texts, which a few cells may be, NaN."""
    if is_numeric_dtype(values.dtype):
        return values.to_numpy(dtype=np.float64)
    if not _is_mostly_numbers(values):
        return np.full(len(values), np.nan)
    return parse_numbers(values)


def _is_mostly_numbers(values: pd.Series) -> bool:
    if is_numeric_dtype(values.dtype):
        return True
    given = values.dropna()
    return bool(len(given)) and bool(np.isfinite(parse_numbers(given)).mean() >= MOSTLY_NUMBERS)


def _percent(share: float) -> str:
    return f"{int(100 * share)}%"
