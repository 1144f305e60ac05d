"""Slips in the scores of a log: constant scores, losses taken for scores, percentages beside shares."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.base import counted, quoted
from foretune.spaces import PARAM_PREFIX

# A task with fewer scores may have equal ones by chance
FEWEST_SCORES = 3
# A default is compared with at least so many other trials of its learner and task
FEWEST_OTHERS = 5
# Place of the default between the worst score (0) and the best (1): in this part it is among the worst
WORST_PART = 0.25
# Share of the tasks on which the defaults are among the worst. That of one learner can be, such as that of
# ridge regression on more than half of the reference tasks; those of several learners hardly ever are
MANY_LEARNERS, SHARE_OF_MANY, FEWEST_TASKS_OF_MANY = 3, 0.5, 5
SHARE_OF_FEW, FEWEST_TASKS_OF_FEW = 0.75, 10
# |rank correlation| of the score with a column that names a loss or a metric
ALMOST_EQUAL = 0.95
# Shares end at 1; no percentage of a task is best at less than 10
LARGEST_SHARE = 1.0
SMALLEST_PERCENT = 10.0
LARGEST_PERCENT = 100.0
# Losses may have any scale, so of them more tasks are needed, and this share of each kind
FEWEST_TASKS_OF_LOSSES = 10
LEAST_SHARE_OF_LOSSES = 0.2
# Of the scores within a task
LEAST_SHARE_WITHIN = 0.2
SMALLEST_MIXED_SHARE = 0.1

_PREFIX = r"(neg_)?((mean|avg|best|final)_)?((test|train|val|valid|validation|cv|holdout)_)?"
LOSS_NAME = re.compile(
    rf"{_PREFIX}(.*_)?(loss|error|error_rate|err|n?rmse|n?mse|n?mae|mape|brier|brier_score|cross_entropy|regret)"
)
METRIC_NAME = re.compile(
    rf"{_PREFIX}((balanced_)?acc(uracy)?|(roc_|pr_)?auc(_ov[ro])?|f1(_[a-z]+)?|average_precision|precision"
    r"|recall|r2|mcc|kappa)"
)


def find_score_slips(
    task_ids: pd.Series,
    learners: pd.Series,
    scores: npt.NDArray[np.float64],
    is_default: npt.NDArray[np.bool_],
    other_columns: Mapping[str, npt.NDArray[np.float64]],
    *,
    is_minimised: bool = False,
) -> list[str]:
    """Find what is probably wrong with the scores of a log.

    Parameters
    ----------
    task_ids, learners
        One per row.
    scores
        One per row, higher is better; NaN where the trial failed.
    is_default
        Whether a row is a trial of the library default.
    other_columns
        Numeric columns that are no hyperparameters, whose names may be those of losses or metrics.
    is_minimised
        Whether ``scores`` have changed their sign, because the log has losses.

    Returns
    -------
    list of str
        One sentence per slip, with its evidence; empty if nothing is conspicuous.
    """
    is_scored = np.isfinite(scores)
    frame = pd.DataFrame(
        {
            "task": task_ids.to_numpy()[is_scored],
            "learner": learners.to_numpy()[is_scored],
            "score": scores[is_scored],
            "is_default": is_default[is_scored],
        }
    )
    columns = {name: values[is_scored] for name, values in other_columns.items()}
    slips = [
        _constant_scores(frame),
        _wrong_direction(frame, columns, is_minimised=is_minimised),
        _percentages(frame, is_minimised=is_minimised),
    ]
    return [slip for slip in slips if slip]


def is_named_as_metric(column: str) -> bool:
    """Whether a column has the name of a loss or of a metric, such as ``rmse`` or ``param_accuracy``."""
    return any(pattern.fullmatch(_short(column)) for pattern in (LOSS_NAME, METRIC_NAME))


def lower_is_better(name: str) -> bool | None:
    """Whether a metric is a loss by its name, such as ``val_loss`` or ``eval/rmse``; None if that is unknown.

    ``neg_log_loss`` is none: its sign is changed already.
    """
    short = _short(name.replace(".", "/").rsplit("/", 1)[-1])
    if short.startswith("neg_") or METRIC_NAME.fullmatch(short):
        return False
    if LOSS_NAME.fullmatch(short):
        return True
    return False if short.endswith("score") else None


def _short(column: str) -> str:
    return column.removeprefix(PARAM_PREFIX).lower().replace(" ", "_").replace("-", "_")


def _constant_scores(frame: pd.DataFrame) -> str | None:
    groups = frame.groupby("task", sort=True)["score"]
    sizes, n_values = groups.size(), groups.nunique()
    constant = sizes.index[(n_values == 1) & (sizes >= FEWEST_SCORES)]
    if len(frame) >= FEWEST_SCORES and (frame["score"] == frame["score"].iloc[0]).all():
        score = abs(frame["score"].iloc[0])
        return f"score is {score:g} in all {len(frame):,} trials: nothing can be learned from it"
    if not len(constant):
        return None
    return (
        f"score is the same in all trials of {len(constant)} of {len(sizes)} tasks, which teach nothing: "
        f"{quoted(constant)}"
    )


def _wrong_direction(
    frame: pd.DataFrame, columns: Mapping[str, npt.NDArray[np.float64]], *, is_minimised: bool
) -> str | None:
    evidence = _evidence_of_names(frame, columns) or _evidence_of_defaults(frame)
    if evidence is None:
        return None
    if is_minimised:
        advice = "if so, set logs.score_direction=maximise"
        return f"score looks like one that is to be maximised: {evidence}; {advice}"
    return f"score looks like a loss: {evidence}; if so, set logs.score_direction=minimise"


def _evidence_of_names(frame: pd.DataFrame, columns: Mapping[str, npt.NDArray[np.float64]]) -> str | None:
    """Compare the score with columns that name a loss or a metric."""
    for name, values in columns.items():
        if not is_named_as_metric(name):
            continue
        # scikit-learn's neg_log_loss is higher where it is better
        is_metric = METRIC_NAME.fullmatch(_short(name)) is not None or _short(name).startswith("neg_")
        correlations = _rank_correlations(frame, -values if is_metric else values)
        if not len(correlations) or (correlations >= ALMOST_EQUAL).mean() < 2 / 3:
            continue
        how = "lowest where" if is_metric else "highest where"
        return (
            f"it is {how} '{name}' is highest, on {int((correlations >= ALMOST_EQUAL).sum())} of "
            f"{len(correlations)} tasks"
        )
    return None


def _rank_correlations(frame: pd.DataFrame, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    pairs = frame.assign(value=values)[np.isfinite(values)]
    groups = pairs.groupby("task")
    enough = (groups["value"].transform("nunique") >= FEWEST_SCORES) & (
        groups["score"].transform("nunique") >= FEWEST_SCORES
    )
    pairs = pairs[enough & (groups["score"].transform("size") >= FEWEST_OTHERS)]
    correlations = [rows["value"].corr(rows["score"], method="spearman") for _, rows in pairs.groupby("task")]
    return np.array(correlations, dtype=np.float64)


def _evidence_of_defaults(frame: pd.DataFrame) -> str | None:
    """See where the library defaults are between the worst and the best score of their learner and task.

    By value, not by rank: a default may well be one of the last in a crowd near the best score, but it is
    rarely as bad as the worst configurations, which the same default appears to be if the sign is wrong.
    """
    groups = frame.groupby(["task", "learner"])
    lowest, highest = groups["score"].transform("min"), groups["score"].transform("max")
    n_others = groups["is_default"].transform("size") - groups["is_default"].transform("sum")
    rows = frame["is_default"] & (n_others >= FEWEST_OTHERS) & (highest > lowest)
    places = ((frame["score"] - lowest) / (highest - lowest))[rows]
    by_task = places.groupby(frame["task"][rows]).mean()
    n_learners = frame["learner"][rows].nunique()
    is_many = n_learners >= MANY_LEARNERS
    if len(by_task) < (FEWEST_TASKS_OF_MANY if is_many else FEWEST_TASKS_OF_FEW):
        return None
    is_bad = by_task <= WORST_PART
    if is_bad.mean() < (SHARE_OF_MANY if is_many else SHARE_OF_FEW):
        return None
    return (
        f"the library default is among the worst on {int(is_bad.sum())} of {len(by_task)} tasks, near the "
        "lowest scores"
    )


def _percentages(frame: pd.DataFrame, *, is_minimised: bool) -> str | None:
    scores = -frame["score"] if is_minimised or (frame["score"] <= 0).all() else frame["score"]
    if frame.empty or scores.min() < 0 or scores.max() > LARGEST_PERCENT:
        return None
    within = _mixed_tasks(frame["task"], scores)
    n_tasks = counted(frame["task"].nunique(), "task")
    if within:
        return (
            f"score has percentages mixed with shares within {len(within)} of {n_tasks} ({quoted(within)}): "
            f"some are from {SMALLEST_PERCENT:g} to {scores.max():g}, others at most 1"
        )
    largest = scores.groupby(frame["task"]).max()
    shares, percents = largest[largest <= LARGEST_SHARE], largest[largest >= SMALLEST_PERCENT]
    if shares.empty or percents.empty or len(shares) + len(percents) < len(largest):
        return None
    least = min(len(shares), len(percents)) / len(largest)
    if is_minimised and (len(largest) < FEWEST_TASKS_OF_LOSSES or least < LEAST_SHARE_OF_LOSSES):
        return None
    return (
        f"score has percentages mixed with shares: up to {percents.max():.4g} on {len(percents)} of "
        f"{n_tasks} ({quoted(percents.index, 3)}), at most {shares.max():.4g} on the others "
        f"({quoted(shares.index, 3)})"
    )


def _mixed_tasks(tasks: pd.Series, scores: pd.Series) -> list[str]:
    """List tasks that have scores of both kinds and none in between."""
    is_share = (scores >= SMALLEST_MIXED_SHARE) & (scores <= LARGEST_SHARE)
    is_percent = scores >= SMALLEST_PERCENT
    kinds = pd.DataFrame({"share": is_share, "percent": is_percent, "other": ~(is_share | is_percent)})
    rates = kinds.groupby(tasks).mean()
    counts = tasks.value_counts().loc[rates.index]
    mixed = (rates["share"] >= LEAST_SHARE_WITHIN) & (rates["percent"] >= LEAST_SHARE_WITHIN)
    return rates.index[mixed & (rates["other"] == 0) & (counts >= FEWEST_OTHERS)].tolist()
