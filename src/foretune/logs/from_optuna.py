"""Logs from Optuna studies."""

from __future__ import annotations

from pathlib import Path

import optuna
import pandas as pd

from foretune.base import check_kind, first_line, how_to_install, quoted
from foretune.logs.errors import LogError
from foretune.logs.log_frame import EvaluatedTrial, check_names, make_log

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
    try:
        import optuna
    except ModuleNotFoundError as error:
        raise LogError(f"this needs Optuna: {how_to_install('optuna')}") from error
    storage = _open_storage(storage_url)
    names = [summary.study_name for summary in optuna.get_all_study_summaries(storage)]
    if name not in names:
        raise LogError(f"there is no study {name!r}; found: {', '.join(names) or 'none'}")
    return optuna.load_study(study_name=name, storage=storage)


def trials_from_study(
    study: optuna.Study, task_id: str, learner: str | None = None, *, objective: int | None = None
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

    Returns
    -------
    pandas.DataFrame
        One row per trial: ``task_id, learner, score, fit_seconds, param_*``, as :func:`foretune.import_logs`
        takes it. Higher scores are better: values that were minimised change their sign. Trials that were
        pruned, failed or still run have no value to compare and are left out. A ``status`` names the
        constraints that a trial violates, which then counts as failed.

    Raises
    ------
    LogError
        If no trial is complete, or the study has several objectives and none was chosen, or has not that
        many.
    """
    check_kind("study", study, optuna.Study, "a study of Optuna")
    check_names(task_id, learner)
    check_kind("objective", objective, int, "a whole number", optional=True)
    index = _choose_objective(study, objective)
    sign = -1.0 if study.directions[index] == optuna.study.StudyDirection.MINIMIZE else 1.0
    complete = study.get_trials(deepcopy=False, states=[optuna.trial.TrialState.COMPLETE])
    trials = (
        EvaluatedTrial(
            trial.params,
            sign * trial.values[index],
            trial.duration.total_seconds() if trial.duration else None,
            _describe_failure(trial),
        )
        for trial in complete
    )
    return make_log(trials, task_id, learner)


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


def _choose_objective(study: optuna.Study, objective: int | None) -> int:
    n_objectives = len(study.directions)
    if objective is None and n_objectives > 1:
        raise LogError(f"the study has {n_objectives} objectives; choose one: 0 to {n_objectives - 1}")
    if objective is not None and not 0 <= objective < n_objectives:
        raise LogError(f"there is no objective {objective}; choose 0 to {n_objectives - 1}")
    return objective or 0


def _open_storage(url: str) -> optuna.storages.RDBStorage:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import SQLAlchemyError

    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
            raise LogError(f"there is no file {parsed.database}")
        # Do not create Optuna's tables in a database that has none
        return optuna.storages.RDBStorage(url, skip_table_creation=True)
    except (SQLAlchemyError, optuna.exceptions.OptunaError, RuntimeError, ImportError) as error:
        cause = error.__cause__ or error
        reason = first_line(getattr(cause, "orig", None) or cause)
        raise LogError(f"the Optuna storage cannot be read: {reason}") from error
