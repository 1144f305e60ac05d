"""Logs from Optuna studies."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foretune.base import check_kind, first_line, how_to_install, quoted, require_package
from foretune.logs.database_files import check_is_there
from foretune.logs.errors import LogError
from foretune.logs.found_log import FoundLog, ScoreChoice
from foretune.logs.log_frame import EvaluatedTrial, check_names, make_log

if TYPE_CHECKING:
    import optuna

# Property of a trial from Optuna 5 on, and the attribute where samplers before kept what their
# ``constraints_func`` returned
PROPERTY, ATTRIBUTES, CONSTRAINTS = "constraints", "system_attrs", "constraints"


def load_study(storage_url: str, name: str) -> optuna.Study:
    """Open an Optuna study for reading, by name and URL of its database, such as ``sqlite:///optuna.db``.

    Raises
    ------
    LogError
        If Optuna is missing, or there is no such database or study.
    """
    storage = _open_storage(storage_url)
    import optuna

    names = _names_in(storage)
    if name not in names:
        raise LogError(f"there is no study {name!r}; found: {', '.join(names) or 'none'}")
    return optuna.load_study(study_name=name, storage=storage)


def load_studies(storage_url: str, pattern: str = "*") -> list[optuna.Study]:
    """Open the studies of a database for reading whose names fit a pattern such as ``churn*``, by name.

    Raises
    ------
    LogError
        If there is no such database, or no such study.
    """
    storage = _open_storage(storage_url)
    import optuna

    names = _names_in(storage)
    fitting = sorted(name for name in names if fnmatchcase(name, pattern))
    if not fitting:
        what = f"no study that fits '{pattern}'; found: {quoted(names)}" if names else "no study"
        raise LogError(f"{storage_url} has {what}")
    return [optuna.load_study(study_name=name, storage=storage) for name in fitting]


def read_study(
    study: optuna.Study,
    choice: ScoreChoice,
    source: str = "the study",
) -> FoundLog | None:
    """Read a study with what it says of its parameters' ranges; its name is that of the task.

    Parameters
    ----------
    study
        The study.
    choice
        Of a study with several objectives, which one is the score: its metric name, or its number from 0.
        The study itself says whether lower is better.
    source
        Where it comes from, for messages.

    Returns
    -------
    FoundLog or None
        None if no trial is complete.

    Raises
    ------
    LogError
        If the study has several objectives and none was chosen.
    """
    from optuna.distributions import FloatDistribution, IntDistribution
    from optuna.trial import TrialState

    complete = study.get_trials(deepcopy=False, states=[TrialState.COMPLETE])
    if not complete:
        return None
    name = study.study_name
    objective = _objective_named(study, choice.name_of(name), source) if len(study.directions) > 1 else None
    log = trials_from_study(study, name, objective=objective, estimate_pruned=True)
    ranges: dict[str, tuple[float, float, bool]] = {}
    for trial in complete:
        for parameter, distribution in trial.distributions.items():
            if isinstance(distribution, (FloatDistribution, IntDistribution)):
                low, high, log_scale = ranges.get(parameter, (np.inf, -np.inf, False))
                ranges[parameter] = (
                    min(low, distribution.low),
                    max(high, distribution.high),
                    log_scale or distribution.log,
                )
    n_all = len(study.get_trials(deepcopy=False))
    return FoundLog(log, source, ranges=ranges, n_left_out=n_all - len(log))


def _objective_named(study: optuna.Study, name: str | None, source: str) -> int:
    names = list(study.metric_names or ())
    if name in names:
        return names.index(name)
    if name is not None and name.isdecimal() and int(name) < len(study.directions):
        return int(name)
    known = quoted(names) if names else f"0 to {len(study.directions) - 1}"
    raise LogError(
        f"{source}: the study '{study.study_name}' has {len(study.directions)} objectives: say which is the "
        f"score (score=, --score): {known}"
    )


def _names_in(storage: optuna.storages.RDBStorage) -> list[str]:
    import optuna

    return [summary.study_name for summary in optuna.get_all_study_summaries(storage)]


def trials_from_study(
    study: optuna.Study,
    task_id: str,
    learner: str | None = None,
    *,
    objective: int | None = None,
    estimate_pruned: bool = False,
) -> pd.DataFrame:
    """Convert the completed trials of an Optuna study to a log.

    Parameters
    ----------
    study
        The study; :func:`load_study` opens one by its storage and name.
    task_id, learner
        Names of the task and the learner that were tuned; learner None if all logs are of the same one.
    objective
        Number of the objective that counts as the score, from 0; needed where there are several.
    estimate_pruned
        Whether pruned trials are rows, too, with an estimate of their final value from what they reported.
        It needs at least five complete trials that reported, and is never better than the best of them.

    Returns
    -------
    pandas.DataFrame
        One row per trial: ``task_id, learner, score, fit_seconds, param_*``, as :func:`foretune.import_logs`
        takes it. Higher scores are better: values that were minimised change their sign. Trials that
        failed or still run have no value to compare and are left out, and so are pruned ones that have no
        estimate. A ``status`` names the
        constraints that a trial violates, which then counts as failed.

    Raises
    ------
    LogError
        If no trial is complete, or the study has several objectives and none was chosen, or has not that
        many.
    """
    optuna = require_package("trials_from_study", "optuna")
    check_kind("study", study, optuna.Study, "a study of Optuna")
    check_names(task_id, learner)
    check_kind("objective", objective, int, "a whole number", optional=True)
    index = choose_objective(study, objective)
    sign = -1.0 if study.directions[index] == optuna.study.StudyDirection.MINIMIZE else 1.0
    complete = study.get_trials(deepcopy=False, states=[optuna.trial.TrialState.COMPLETE])
    scored = [(trial, sign * trial.values[index]) for trial in complete]
    if estimate_pruned:
        scored += _estimates(study, complete, sign)
    trials = (
        EvaluatedTrial(
            trial.params,
            score,
            trial.duration.total_seconds() if trial.duration else None,
            _describe_failure(trial),
        )
        for trial, score in scored
    )
    return make_log(trials, task_id, learner)


def _estimates(
    study: optuna.Study, complete: Sequence[optuna.trial.FrozenTrial], sign: float
) -> list[tuple[optuna.trial.FrozenTrial, float]]:
    """Return the pruned trials that have no other score with an estimate of their final value."""
    from optuna.trial import TrialState

    from foretune.logs.study_curves import LEAST_FOR_SLOPE, CurveEstimator

    if sum(bool(trial.intermediate_values) for trial in complete) < LEAST_FOR_SLOPE:
        return []
    curves = CurveEstimator.fit(complete, sign)
    pruned = study.get_trials(deepcopy=False, states=[TrialState.PRUNED])
    known = [trial.params for trial in complete]
    estimates = ((one, curves.estimate(one, sign)) for one in pruned if one.params not in known)
    return [(one, score) for one, score in estimates if np.isfinite(score)]


def choose_objective(study: optuna.Study, objective: int | None) -> int:
    """Return the number of the objective that is meant, from 0; None if there is only one.

    Raises
    ------
    LogError
        If the study has several and none was chosen, or has not that many.
    """
    n_objectives = len(study.directions)
    if objective is None and n_objectives > 1:
        raise LogError(f"the study has {n_objectives} objectives; choose one: 0 to {n_objectives - 1}")
    if objective is not None and not 0 <= objective < n_objectives:
        raise LogError(f"there is no objective {objective}; choose 0 to {n_objectives - 1}")
    return objective or 0


def violated_constraints(trial: optuna.trial.FrozenTrial) -> list[str]:
    """Return the names of the constraints that a trial violates, whose values are above zero.

    Those of a ``constraints_func`` are numbered.
    """
    constraints: dict[str, float] | None = getattr(trial, PROPERTY, None)
    if constraints is None:
        listed = getattr(trial, ATTRIBUTES, {}).get(CONSTRAINTS) or ()
        constraints = {str(at): value for at, value in enumerate(listed)}
    return [name for name, value in constraints.items() if value > 0]


def _describe_failure(trial: optuna.trial.FrozenTrial) -> str | None:
    violated = violated_constraints(trial)
    return f"violates the constraint {quoted(violated)}" if violated else None


def _open_storage(url: str) -> optuna.storages.RDBStorage:
    try:
        import optuna
    except ModuleNotFoundError as error:
        raise LogError(f"this needs Optuna: {how_to_install('optuna')}") from error
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import SQLAlchemyError

    try:
        parsed = make_url(url)
        check_is_there(parsed)
        # Do not create Optuna's tables in a database that has none
        return optuna.storages.RDBStorage(url, skip_table_creation=True)
    except (SQLAlchemyError, optuna.exceptions.OptunaError, RuntimeError, ImportError) as error:
        cause = error.__cause__ or error
        reason = first_line(getattr(cause, "orig", None) or cause)
        raise LogError(f"the Optuna storage cannot be read: {reason}") from error
