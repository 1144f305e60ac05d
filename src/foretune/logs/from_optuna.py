"""Imports the trials of an Optuna study."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from foretune.ledger import ImportedTrial, TrialImportError, average_repeats, plain_value
from foretune.spaces import Configuration

if TYPE_CHECKING:
    import optuna


def load_study(storage_url: str, name: str) -> optuna.Study:
    """Open a study for reading.

    Raises
    ------
    TrialImportError
        If Optuna is missing, or there is no such database or study.
    """
    try:
        import optuna
    except ModuleNotFoundError as error:
        raise TrialImportError("this needs Optuna: pip install 'foretune[optuna]'") from error
    storage = _open_storage(storage_url)
    names = [summary.study_name for summary in optuna.get_all_study_summaries(storage)]
    if name not in names:
        raise TrialImportError(f"there is no study {name!r}; found: {', '.join(names) or 'none'}")
    return optuna.load_study(study_name=name, storage=storage)


def trials_from_study(
    study: optuna.Study, task_id: str, learner: str, *, objective: int | None = None
) -> list[ImportedTrial]:
    """Read the completed trials of a study.

    Parameters
    ----------
    study
        The study.
    task_id
        Name of the task that was tuned.
    learner
        Name of what was tuned.
    objective
        Number of the objective that counts as the score, from 0; needed where there are several.

    Returns
    -------
    list of ImportedTrial
        One per configuration. Values that were minimised change their sign. Trials that were pruned, failed
        or still run have no value to compare and are left out.

    Raises
    ------
    TrialImportError
        If the study has several objectives and none was chosen, or has not that many.
    """
    import optuna

    index = _choose_objective(study, objective)
    minimised = study.directions[index] == optuna.study.StudyDirection.MINIMIZE
    source = f"optuna:{study.study_name}"
    trials = []
    for trial in study.get_trials(deepcopy=False, states=[optuna.trial.TrialState.COMPLETE]):
        params = {name: plain_value(value) for name, value in trial.params.items()}
        value = trial.values[index]
        trials.append(
            ImportedTrial(
                source,
                task_id,
                Configuration(learner, params, "optuna"),
                -value if minimised else value,
                "" if math.isfinite(value) else f"the study stored the value {value}",
                fit_seconds=trial.duration.total_seconds() if trial.duration else None,
            )
        )
    return average_repeats(trials)


def _choose_objective(study: optuna.Study, objective: int | None) -> int:
    n_objectives = len(study.directions)
    if objective is None and n_objectives > 1:
        raise TrialImportError(
            f"the study has {n_objectives} objectives; choose one: 0 to {n_objectives - 1}"
        )
    if objective is not None and not 0 <= objective < n_objectives:
        raise TrialImportError(f"there is no objective {objective}; choose 0 to {n_objectives - 1}")
    return objective or 0


def _open_storage(url: str) -> optuna.storages.RDBStorage:
    import optuna
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import SQLAlchemyError

    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
            raise TrialImportError(f"there is no file {parsed.database}")
        # A database without Optuna's tables is none of its storages, and must not become one
        return optuna.storages.RDBStorage(url, skip_table_creation=True)
    except (SQLAlchemyError, optuna.exceptions.OptunaError, RuntimeError, ImportError) as error:
        cause = error.__cause__ or error
        reason = str(getattr(cause, "orig", None) or cause).splitlines()[0]
        raise TrialImportError(f"the Optuna storage cannot be read: {reason}") from error
