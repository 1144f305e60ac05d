"""Search for the best configuration of a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from foretune.base import TaskType, check_choice, check_kind, check_seed, check_task_type, is_number
from foretune.recommendation.core import MemorySource, SearchError, check_whole
from foretune.recommendation.function_search.function_run import DIRECTIONS, FunctionRun, FunctionTrial
from foretune.recommendation.function_search.function_search import start_search
from foretune.recommendation.function_search.known_learner import DeclaredLearner


@dataclass(frozen=True)
class TuneResult:
    """Result of :func:`tune`.

    Attributes
    ----------
    best_params
        Configuration with the best score.
    best_score
        Its score, as the function returned it.
    trials
        One row per trial, in order: ``number``, ``score`` (NaN if it failed), ``status`` (``ok`` or
        ``failed``), ``error``, ``seconds``, ``is_start``, ``params`` (dictionaries).
    stop_reason
        ``n_trials``, ``max_time``, ``no_candidates`` if the whole space was tried, or ``interrupted``.
    notes
        What has led the search, one sentence each.
    """

    best_params: dict[str, Any]
    best_score: float
    trials: pd.DataFrame
    stop_reason: str
    notes: tuple[str, ...]


def tune(  # noqa: PLR0913
    function: Callable[[dict[str, Any]], float],
    space: Mapping[str, Any],
    n_trials: int = 20,
    *,
    direction: str = "maximize",
    start: Mapping[str, Any] | None = None,
    max_time: float | None = None,
    learner: str | None = None,
    X: Any = None,
    y: Any = None,
    task_type: TaskType | None = None,
    memory: MemorySource = None,
    scoring: str | None = None,
    random_state: int = 0,
    callback: Callable[[FunctionTrial], None] | None = None,
) -> TuneResult:
    """Search for the configuration with the best score of a function.

    The search learns from the scores of its own trials, or begins with what the memory knows if ``learner``
    is given. Nothing is written anywhere; the same arguments give the same result.

    Parameters
    ----------
    function
        Takes a configuration, a dictionary, and returns its score, a finite number. If it raises, the trial
        has failed, and the search goes on.
    space
        Ranges by the name of the parameter: ``"int(2,10)"``, ``"float(0.01,0.3,log)"``, ``"choice(a,b,c)"``,
        ``"bool"``, or any form of ``param_distributions`` of :class:`foretune.MetaSearchCV`. None for the
        range of the memory, if it knows the parameter.
    n_trials
        Number of calls of the function.
    direction
        ``"maximize"`` or ``"minimize"``.
    start
        Configuration to try first.
    max_time
        Seconds after which no further trial begins.
    learner
        Learner that the function trains, such as ``"lightgbm"``. Parameters that have the names of its
        hyperparameters, alone or after a dot as in ``model.max_depth``, are then led by the memory.
    X, y
        Table that the learner is trained on, for its metafeatures; None for the average of the known tables.
    task_type
        ``"classification"`` or ``"regression"``; inferred from ``y`` if None.
    memory
        As for :func:`foretune.suggest`.
    scoring
        Name of a scorer of scikit-learn, by which the memory of the nearest metric is chosen.
    random_state
        Seed.
    callback
        Called with each trial, which has the attributes ``number``, ``params``, ``score``, ``seconds``,
        ``error`` and ``is_start``.

    Returns
    -------
    TuneResult
        Best configuration, its score, and all trials. After Ctrl-C the best so far.

    Raises
    ------
    UserError
        If an argument cannot be used, or every trial failed.
    KeyboardInterrupt
        On Ctrl-C before any trial has succeeded.

    Examples
    --------
    >>> from foretune import tune
    >>> tune(lambda params: -(params["x"] - 3) ** 2, {"x": "int(0, 9)"}, n_trials=10).best_params
    {'x': 3}
    """
    _check(function, space, n_trials, direction, start, max_time)
    _check_learner(learner, X, y, task_type, scoring, memory)
    check_seed("random_state", random_state)
    check_kind("callback", callback, Callable, "a function of a trial", optional=True)  # type: ignore[arg-type]
    declared = None
    if learner is not None:
        declared = DeclaredLearner(learner, task_type, memory, scoring, X, y)
    search = start_search(space, start or {}, random_state, declared)
    run = FunctionRun(search, function, direction, report=callback or (lambda _: None))
    run.run(n_trials, max_time)
    best = run.best
    if best is None:
        raise SearchError(f"every trial failed, the first one with: {run.trials[0].error}")
    return TuneResult(best.params, best.score, tabulate(run.trials), run.stop_reason, search.notes)


def tabulate(trials: list[FunctionTrial]) -> pd.DataFrame:
    """Tabulate trials, one row each; see :class:`TuneResult`."""
    return pd.DataFrame(
        {
            "number": [one.number for one in trials],
            "score": np.array([one.score for one in trials], dtype=np.float64),
            "status": ["ok" if one.is_ok else "failed" for one in trials],
            "error": [one.error for one in trials],
            "seconds": [one.seconds for one in trials],
            "is_start": [one.is_start for one in trials],
            "params": [one.params for one in trials],
        }
    )


def _check(function: Any, space: Any, n_trials: Any, direction: Any, start: Any, max_time: Any) -> None:
    check_kind("function", function, Callable, "a function of a configuration")  # type: ignore[arg-type]
    check_kind("space", space, Mapping, "a dictionary of ranges, such as {'max_depth': 'int(2,10)'}")
    check_whole("n_trials", n_trials, 1)
    check_choice("direction", direction, DIRECTIONS)
    check_kind("start", start, Mapping, "a configuration, a dictionary", optional=True)
    if max_time is not None and not (is_number(max_time) and max_time > 0):
        raise SearchError(f"max_time = {max_time!r} must be a number of seconds above 0, or None")


def _check_learner(learner: Any, X: Any, y: Any, task_type: Any, scoring: Any, memory: Any) -> None:
    check_kind("learner", learner, str, "the name of a learner, such as 'lightgbm'", optional=True)
    check_kind("scoring", scoring, str, "the name of a scorer", optional=True)
    check_task_type(task_type, optional=True)
    if (X is None) != (y is None):
        raise SearchError("X and y belong together: give both, or neither")
    given = {"X": X, "task_type": task_type, "scoring": scoring, "memory": memory}
    if learner is None and (useless := [name for name, value in given.items() if value is not None]):
        raise SearchError(f"{useless[0]} is for the memory of a learner: give learner, too")
    if learner is not None and X is None and task_type is None:
        raise SearchError(
            "learner needs task_type, 'classification' or 'regression', or the table as X and y"
        )
