"""Log frames: tables of other tools' trials for ``import_logs``, and their concatenation."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from foretune.base import check_kind
from foretune.logs.checks import require_column
from foretune.logs.errors import LogError
from foretune.spaces import LEARNER, PARAM_PREFIX
from foretune.tables import one_type


class EvaluatedTrial(NamedTuple):
    """Active hyperparameters, their score (higher is better), and the seconds that they took, if known.

    A trial with a status, the reason, counts as failed.
    """

    params: Mapping[str, Any]
    score: float
    fit_seconds: float | None
    status: str | None = None


def make_log(trials: Iterable[EvaluatedTrial], task_id: str, learner: str | None) -> pd.DataFrame:
    """Tabulate the trials of one task as a log.

    Parameters
    ----------
    trials
        In the order of the rows.
    task_id, learner
        Names of task and learner; learner None leaves the column out.

    Returns
    -------
    pandas.DataFrame
        One row per trial: ``task_id, learner, score, fit_seconds, param_*``. ``score`` is missing where it is
        not finite, ``param_*`` where inactive. Integers and booleans keep their types; None is the text
        ``None``, and a column with any text is a text column. ``status`` only
        where a trial has one.

    Raises
    ------
    LogError
        If there is no trial.
    """
    trials = list(trials)
    has_status = any(trial.status for trial in trials)
    rows = [
        {
            "score": trial.score if math.isfinite(trial.score) else None,
            "fit_seconds": trial.fit_seconds,
            **({"status": trial.status} if has_status else {}),
            **{f"{PARAM_PREFIX}{name}": cell_of(value) for name, value in trial.params.items()},
        }
        for trial in trials
    ]
    if not rows:
        raise LogError(f"there is no complete trial of the task {task_id!r}: nothing can be learned from it")
    # As objects, because pandas converts integers beside a missing value to floats
    log = pd.DataFrame(rows, dtype=object)
    params = sorted(name for name in log.columns if name.startswith(PARAM_PREFIX))
    status = ["status"] if has_status else []
    log = log[["score", "fit_seconds", *status, *params]].apply(one_type)
    if learner is not None:
        log.insert(0, LEARNER, learner)
    log.insert(0, "task_id", task_id)
    return log


def check_names(task_id: Any, learner: Any) -> None:
    """Check the names of a task and of a learner.

    Raises
    ------
    ArgumentError
        If the first is neither text nor a number, or the second is no text.
    """
    check_kind("task_id", task_id, (str, int, np.integer), "the name of a task")
    check_kind("learner", learner, str, "the name of a learner", optional=True)


def combine_logs(logs: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Concatenate logs, with one type in each column; a column that a log lacks is empty there.

    Raises
    ------
    LogError
        If one of them has no ``task_id`` or no ``score``.
    """
    for log in logs:
        require_column(log, "task_id")
        require_column(log, "score")
    # As objects, because pandas would convert two types to a third
    return pd.concat([log.astype(object) for log in logs]).apply(one_type)


def cell_of(value: object) -> bool | int | float | str:
    """Convert the value of a hyperparameter to a table cell.

    NumPy scalars become Python's; None, non-finite numbers and everything else (tuples, estimators,
    functions) become a text that is the same in every process.
    """
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        value = value.item()
    if isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if callable(value) and hasattr(value, "__qualname__"):  # its repr would hold an address
        return f"{value.__module__}.{value.__qualname__}"
    return " ".join(str(_plain(value)).split())


def _plain(value: object) -> object:
    """Convert the scalars of NumPy in tuples, lists and dictionaries, whose text depends on its version."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple) and type(value) is tuple:
        return tuple(_plain(item) for item in value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {_plain(name): _plain(item) for name, item in value.items()}
    return value
