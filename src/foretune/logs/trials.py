"""Validation of a log's trials, and conversion to the table of trials of the meta-dataset."""

from __future__ import annotations

import logging
from collections.abc import Iterable

import numpy as np
import pandas as pd

from foretune.base import TEXT, close_matches, counted, quoted
from foretune.learners import STOPPED
from foretune.logs import hyperparameters
from foretune.logs.cells import as_numbers, as_texts
from foretune.logs.checks import (
    CellCheck,
    Schema,
    check_schema,
    fail_at,
    is_boolean,
    is_given,
    is_given_if_any,
    is_not_infinite,
    is_number_or_missing,
    require_column,
)
from foretune.logs.constructor_values import write_params
from foretune.logs.errors import LogError
from foretune.logs.files import name_of
from foretune.logs.parameters import TASK_TYPE_PATTERN, LogParameters
from foretune.logs.result_columns import find_result_columns
from foretune.logs.score_slips import find_score_slips, is_named_as_metric
from foretune.spaces import LEARNER, PARAM_PREFIX

logger = logging.getLogger(__name__)

DEFAULT_STRATEGY = "default"
LOGGED = "logged"
ONLY_LEARNER = "learner"
SMALLEST_NUMBER_OF_CONFIGURATIONS = 2
# Columns that must be equal in all rows of a task
OF_TASK = ("family", "task_type")
# Of a log, which may have further columns
SCHEMA: Schema = {
    "task_id": [CellCheck(is_given, "is empty: every row needs its task")],
    "score": [
        CellCheck(is_number_or_missing, "is no number: leave it empty where a trial failed"),
        CellCheck(is_not_infinite, "is infinite, or as good as: leave it empty where a trial failed"),
    ],
    "fit_seconds": [CellCheck(is_number_or_missing, "is no number: leave it empty where it is not known")],
    LEARNER: [CellCheck(is_given_if_any, "is empty: every row needs its learner, or none of them")],
    "config_id": [CellCheck(is_given_if_any, "is empty: every row needs one, or none of them")],
    "is_default": [CellCheck(is_boolean, "is neither true nor false")],
}
USED_COLUMNS = (
    *("task_id", "score", LEARNER, "config_id", "status", "strategy", "is_default", "fit_seconds"),
    *OF_TASK,
)


def tidy_trials(log: pd.DataFrame, parameters: LogParameters) -> pd.DataFrame:
    """Check a log of trials and convert it to Foretune's own form.

    Parameters
    ----------
    log
        At least ``task_id``, ``score`` and one ``param_*`` column; see ``docs/your-own-logs.md``. The index
        is the row that messages name.
    parameters
        Direction of the score, statuses, limits.

    Returns
    -------
    pandas.DataFrame
        One row per task and configuration, sorted by them: ``task_id, task_type, family, learner, config_id,
        strategy, status, score, fit_seconds, params, param_*``. ``params`` are the arguments of the
        estimator's constructor as JSON, ``param_*`` those that distinguish configurations. ``family`` is
        missing where the log has none, ``score`` where the trial failed; higher is better.

    Raises
    ------
    LogError
        If the log breaks the contract, or no task has two configurations with a score.
    """
    require_column(log, "task_id")
    require_column(log, "score")
    log = _without_stopped(log, parameters)
    names = hyperparameters.hyperparameters_of(log)
    _check_kept(names, parameters.keep_columns, name_of(log))
    if log.empty:
        raise LogError(f"{name_of(log)} has a header but no rows")
    check_schema(log, SCHEMA)
    _say_unused(log, names)
    tidy = pd.DataFrame({"task_id": as_texts(log["task_id"])}, index=log.index)
    for column in OF_TASK:
        tidy[column] = _same_within_task(log, tidy["task_id"], column)
    tidy["task_type"] = _known_task_types(log, tidy["task_type"], parameters.task_type)
    learners = _text_column(log, LEARNER)
    tidy[LEARNER] = ONLY_LEARNER if learners is None else learners
    values = pd.DataFrame({name: hyperparameters.tidy_hyperparameter(log[name]) for name in names})
    tidy["score"] = _scores(log, parameters)
    results = _leave_out_results(tidy, values, parameters.keep_columns, name_of(log))
    names = [name for name in names if name not in results]
    values = values[names]
    derived = hyperparameters.derive_config_ids(tidy[LEARNER], values)
    tidy["config_id"] = hyperparameters.choose_config_ids(
        name_of(log), tidy["task_id"], _text_column(log, "config_id"), derived
    )
    if "fit_seconds" in log:
        tidy["fit_seconds"] = as_numbers(log["fit_seconds"]).values
    tidy["strategy"] = _strategies(log, tidy["config_id"])
    _say_slips(log, tidy, results, parameters)
    tidy = _average_repetitions(pd.concat([tidy, values], axis=1), name_of(log))
    tidy = _leave_out_tasks(tidy, name_of(log))
    tidy["params"] = write_params(tidy[LEARNER], tidy["config_id"], tidy[names])
    useful = hyperparameters.useful_hyperparameters(name_of(log), tidy[names], parameters.max_categories)
    tidy["status"] = np.where(tidy["score"].notna(), "ok", "failed")
    times = [column for column in ("fit_seconds",) if column in tidy]
    head = [
        "task_id",
        "task_type",
        "family",
        LEARNER,
        "config_id",
        "strategy",
        "status",
        "score",
        *times,
        "params",
    ]
    return tidy[[*head, *useful]].reset_index(drop=True)


def _check_kept(names: list[str], kept: tuple[str, ...], name: str) -> None:
    """Raise if a column that is to be kept is no hyperparameter of the log."""
    for column in kept:
        if column not in names:
            raise LogError(
                f"logs.keep_columns: {name} has no hyperparameter '{column}'"
                f"{close_matches(column, names)}; its hyperparameters are {quoted(names)}"
            )


def _leave_out_results(
    trials: pd.DataFrame, values: pd.DataFrame, kept: tuple[str, ...], name: str
) -> dict[str, str]:
    """Return columns that are results rather than hyperparameters, which are said with their evidence."""
    results = find_result_columns(
        trials["task_id"], trials[LEARNER], values, trials["score"].to_numpy(dtype=np.float64), kept
    )
    if results:
        logger.warning(
            "%s: %s out: %s. If one is a hyperparameter, keep it by logs.keep_columns",
            name,
            counted(
                len(results),
                "column is a result of the trials, not a hyperparameter, and left",
                "columns are results of the trials, not hyperparameters, and left",
            ),
            "; ".join(f"{column} {evidence}" for column, evidence in results.items()),
        )
    if len(results) == values.shape[1] and len(trials[LEARNER].unique()) == 1:
        raise LogError(
            f"{name} has no hyperparameter column: {quoted(results)} hold results of the trials; name in "
            "logs.keep_columns what is a hyperparameter"
        )
    return results


def _say_slips(
    log: pd.DataFrame, trials: pd.DataFrame, results: Iterable[str], parameters: LogParameters
) -> None:
    """Warn of scores that are probably not what they seem to be."""
    others = [str(name) for name in log.columns.difference([*USED_COLUMNS], sort=False)]
    others = [name for name in others if name in results or not name.startswith(PARAM_PREFIX)]
    slips = find_score_slips(
        trials["task_id"],
        trials[LEARNER],
        trials["score"].to_numpy(dtype=np.float64),
        (trials["strategy"] == DEFAULT_STRATEGY).to_numpy(dtype=bool),
        {name: as_numbers(log[name]).values for name in others if is_named_as_metric(name)},
        is_minimised=parameters.score_direction == "minimise",
    )
    for slip in slips:
        logger.warning("%s: %s", name_of(log), slip)


def _say_unused(log: pd.DataFrame, names: list[str]) -> None:
    unused = log.columns.difference([*USED_COLUMNS, *names], sort=False)
    if len(unused):
        logger.info("%s: columns that are not read: %s", name_of(log), quoted(unused))


def _text_column(log: pd.DataFrame, column: str) -> pd.Series | None:
    """Return a column as text, None if it is absent or empty."""
    if column not in log:
        return None
    texts = as_texts(log[column])
    return texts if texts.notna().any() else None


def _same_within_task(log: pd.DataFrame, task_ids: pd.Series, column: str) -> pd.Series:
    """Return a column that must be constant within each task, with empty cells filled."""
    texts = _text_column(log, column)
    if texts is None:
        return pd.Series(np.nan, index=log.index, dtype=TEXT)
    first = texts.groupby(task_ids).transform("first")
    differs = (texts.notna() & (texts != first)).to_numpy(dtype=bool)
    if differs.any():
        at = int(np.argmax(differs))
        fail_at(
            log,
            column,
            differs,
            f"differs from '{first.iloc[at]}' in another row of the task '{task_ids.iloc[at]}': it has one",
        )
    return first


def _known_task_types(log: pd.DataFrame, task_types: pd.Series, default: str) -> pd.Series:
    known = task_types.fillna(default)
    if "task_type" in log:
        is_wrong = ~known.str.match(TASK_TYPE_PATTERN).to_numpy(dtype=bool)
        fail_at(
            log, "task_type", is_wrong, "cannot name a folder: use letters, digits, '_', '-', '.' and spaces"
        )
    return known


def _without_stopped(log: pd.DataFrame, parameters: LogParameters) -> pd.DataFrame:
    """Leave out trials that a race stopped on their first folds: they neither have a score nor failed."""
    statuses = _text_column(log, "status")
    if statuses is None or STOPPED in parameters.ok_statuses:
        return log
    is_stopped = statuses.eq(STOPPED).fillna(False).astype(bool)
    if not is_stopped.any():
        return log
    n_stopped = counted(int(is_stopped.sum()), "trial")
    logger.info("%s: %s that a race stopped are left out", name_of(log), n_stopped)
    return log[~is_stopped]


def _scores(log: pd.DataFrame, parameters: LogParameters) -> np.ndarray:
    """Return scores, higher is better, NaN where the trial failed."""
    scores = as_numbers(log["score"]).values
    if parameters.score_direction == "minimise":
        # Avoids -0.0
        scores = 0.0 - scores
    statuses = _text_column(log, "status")
    if statuses is None:
        return scores
    ok = {status.lower() for status in parameters.ok_statuses}
    failed = statuses.notna() & ~statuses.str.lower().isin(ok)
    if failed.any():
        logger.warning(
            "%s: %s with another status than ok count as failed: %s",
            name_of(log),
            counted(int(failed.sum()), "trial"),
            quoted(sorted(statuses[failed].unique())),
        )
    return np.where(failed, np.nan, scores)


def _strategies(log: pd.DataFrame, config_ids: pd.Series) -> np.ndarray:
    """Return the strategies: ``default`` if any trial of a configuration is marked as the library default."""
    is_default = np.zeros(len(log), dtype=bool)
    if "is_default" in log:
        is_default |= as_numbers(log["is_default"]).values == 1
    strategies = _text_column(log, "strategy")
    if strategies is not None:
        is_default |= (strategies == DEFAULT_STRATEGY).to_numpy(dtype=bool)
    is_default = config_ids.isin(config_ids[is_default].unique()).to_numpy()
    return np.where(is_default, DEFAULT_STRATEGY, LOGGED)


def _average_repetitions(trials: pd.DataFrame, name: str) -> pd.DataFrame:
    """Average repeated trials, ignoring failed ones beside others; sorted by task and configuration."""
    keys = ["task_id", "config_id"]
    # By score too, because a mean depends on the order of its terms
    trials = trials.sort_values([*keys, "score"], kind="stable")
    is_repeated = trials.duplicated(keys)
    if not is_repeated.any():
        return trials
    logger.warning(
        "%s: %s the same configuration on the same task as another row: their scores are averaged",
        name,
        counted(int(is_repeated.sum()), "row measures", "rows measure"),
    )
    groups = trials.groupby(keys, sort=False)
    averaged = trials[~is_repeated].copy()
    for column in [name for name in ("score", "fit_seconds") if name in trials]:
        averaged[column] = groups[column].mean().to_numpy()
    return averaged


def _leave_out_tasks(trials: pd.DataFrame, name: str) -> pd.DataFrame:
    """Leave out tasks on which fewer than two configurations have a score."""
    n_scores = trials.groupby("task_id")["score"].count()
    left_out = n_scores.index[n_scores < SMALLEST_NUMBER_OF_CONFIGURATIONS]
    if len(left_out) == len(n_scores):
        raise LogError(
            f"{name}: no task has {SMALLEST_NUMBER_OF_CONFIGURATIONS} different configurations with a score: "
            "nothing can be learned from it"
        )
    if len(left_out):
        logger.warning(
            "%s: %s left out, with fewer than two configurations that have a score: %s",
            name,
            counted(len(left_out), "task"),
            quoted(left_out),
        )
    return trials[~trials["task_id"].isin(left_out)]
