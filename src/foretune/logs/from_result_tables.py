"""Logs from tables of results: Ray Tune's frames, and the runs that Weights & Biases exports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from foretune.base import quoted
from foretune.logs.errors import LogError
from foretune.logs.found_log import FoundLog, ScoreChoice
from foretune.logs.log_frame import EvaluatedTrial, make_log
from foretune.logs.written_values import read_params

# Prefixes of the columns of hyperparameters
CONFIG = ("config/", "config.")
# Weights & Biases by its programming interface: dictionaries as text
CONFIGS, SUMMARIES = "config", "summary"
# What Weights & Biases writes beside hyperparameters and results
RUN_COLUMNS = {
    *("name", "id", "state", "notes", "user", "tags", "created", "runtime", "sweep", "group", "job type"),
    *("host", "hostname", "updated", "end time", "project", "entity", "commit", "gpu type", "gpu count"),
}
STATES, FINISHED = ("state", "status"), {"finished", "terminated", "completed", "complete", "ok", "success"}
# What Ray Tune writes beside the metrics
BOOKKEEPING = {
    *("timestamp", "pid", "training_iteration", "iterations_since_restore", "done", "node_ip", "hostname"),
    *("date", "trial_id", "experiment_id", "experiment_tag", "checkpoint_dir_name", "episodes_total"),
    *("timesteps_total", "timesteps_since_restore", "warmup_time", "should_checkpoint", "logdir"),
}
SECONDS = ("time_total_s", "runtime", "_runtime")


def is_result_table(columns: Any) -> bool:
    """Whether a table has columns of hyperparameters as Ray Tune and Weights & Biases write them."""
    names = [str(name) for name in columns]
    return any(name.startswith(CONFIG) for name in names) or {CONFIGS, SUMMARIES} <= set(names)


def read_result_table(
    table: pd.DataFrame,
    task_id: str,
    source: str,
    choice: ScoreChoice,
    names: Mapping[str, str] | None = None,
    recognised: frozenset[str] = frozenset(),
) -> list[FoundLog]:
    """Read a table with a run per row, hyperparameters and results.

    Parameters
    ----------
    table
        Columns ``config/<name>`` or ``config.<name>`` as of Ray Tune, or ``config`` and ``summary`` with
        dictionaries, or hyperparameters and results side by side, as Weights & Biases exports them.
    task_id
        Name of the task; with several values of a column ``Sweep`` each is a task of its own.
    source
        Where the table comes from, for messages.
    choice
        Which result is the score.
    names, recognised
        Which columns are hyperparameters where the table does not tell: those that are named, and those that
        are recognised.

    Returns
    -------
    list of FoundLog
        One for each task; runs that did not finish or have no score are left out.

    Raises
    ------
    LogError
        If it cannot be told which columns are hyperparameters, or which is the score.
    """
    table = _spread(table)
    params = {name: name[len(CONFIG[0]) :] for name in map(str, table) if name.startswith(CONFIG)}
    are_sure = bool(params)
    if not params:
        params = {name: name for name in map(str, table) if name in (names or {}) or name in recognised}
    if not params:
        raise LogError(
            f"{source}: nothing tells hyperparameters from results: name the former, as in "
            f"names={{'lr': 'learning_rate'}} (--name), or say the learner; its columns are "
            f"{quoted(table.columns, 12)}"
        )
    return [
        _read_task(part, name, source, choice, params, are_sure=are_sure)
        for name, part in _tasks(table, task_id)
    ]


def _spread(table: pd.DataFrame) -> pd.DataFrame:
    """Replace columns of dictionaries by a column for each of their keys."""
    table = table.rename(columns=str).reset_index(drop=True)
    for column, prefix in ((CONFIGS, CONFIG[0]), (SUMMARIES, "")):
        if column not in table or not {CONFIGS, SUMMARIES} <= {*table.columns, CONFIGS}:
            continue
        read = [_as_mapping(value) for value in table[column]]
        if not all(isinstance(one, Mapping) for one in read):
            continue
        spread = pd.DataFrame(
            [{f"{prefix}{name}": value for name, value in (one or {}).items()} for one in read], dtype=object
        )
        table = pd.concat([table.drop(columns=column), spread.infer_objects()], axis=1)
    return table.loc[:, ~table.columns.duplicated()]


def _as_mapping(value: Any) -> Mapping[str, Any] | None:
    if isinstance(value, Mapping):
        return value
    return read_params(value) if isinstance(value, str) else None


def _tasks(table: pd.DataFrame, task_id: str) -> list[tuple[str, pd.DataFrame]]:
    sweeps = next((name for name in map(str, table) if name.lower() == "sweep"), None)
    if sweeps is None or table[sweeps].nunique() < 2:
        return [(task_id, table)]
    of_sweep = table[sweeps].astype(str)
    return [(f"{task_id}/{sweep}", table[of_sweep == sweep]) for sweep in sorted(of_sweep.unique())]


def _read_task(
    table: pd.DataFrame,
    task_id: str,
    source: str,
    choice: ScoreChoice,
    params: Mapping[str, str],
    *,
    are_sure: bool,
) -> FoundLog:
    metrics = [
        name for name in map(str, table) if name not in params and _may_be_score(name, table[name], choice)
    ]
    metric, sign = choice.choose(task_id, metrics, source)
    scores = pd.to_numeric(table[metric], errors="coerce").to_numpy(dtype=np.float64)
    has_score = np.isfinite(scores) & _finished(table)
    seconds = next((name for name in map(str, table) if name.lower() in SECONDS), None)
    trials = [
        EvaluatedTrial(
            {
                own: value
                for column, own in params.items()
                if not _is_missing(value := table[column].iloc[row])
            },
            sign * scores[row],
            None if seconds is None else _number(table[seconds].iloc[row]),
        )
        for row in np.flatnonzero(has_score)
    ]
    log = make_log(trials, task_id, None)
    return FoundLog(log, source, parameters_are_sure=are_sure, n_left_out=int((~has_score).sum()))


def _may_be_score(name: str, values: pd.Series, choice: ScoreChoice) -> bool:
    is_number = is_numeric_dtype(values.dtype) and not is_bool_dtype(values.dtype)
    if not is_number or not values.notna().any():
        return False
    plain = name.lower()
    is_other = plain in BOOKKEEPING | RUN_COLUMNS or plain.startswith(("time_", "_", "unnamed", "perf/"))
    # What is asked for by name is one whatever it is called
    return not is_other or name == choice.score


def _finished(table: pd.DataFrame) -> np.ndarray:
    column = next((name for name in map(str, table) if name.lower() in STATES), None)
    if column is None:
        return np.ones(len(table), dtype=bool)
    states = table[column].astype(str).str.lower()
    return (states.isin(FINISHED) | table[column].isna()).to_numpy()


def _is_missing(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value))


def _number(value: Any) -> float | None:
    number = pd.to_numeric(value, errors="coerce")
    return float(number) if np.isfinite(number) else None
