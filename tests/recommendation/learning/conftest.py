"""Studies of a team, and training that takes no time."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import optuna
import pytest

from foretune.logs import log_tables
from foretune.meta_model.parameters import MetaTrainingParameters

BEST = {"churn": 0.03, "fraud": 0.1, "spam": 0.05, "wine": 0.06}


def objective(trial: optuna.Trial, best: float, sign: float) -> float:
    """Best where the logarithm of the rate is that of ``best``, and better for trees; some trials fail."""
    booster = trial.suggest_categorical("clf__booster", ["gbtree", "dart", "gblinear"])
    rate = trial.suggest_float("lr", 1e-3, 1, log=True)
    loss = abs(np.log10(rate / best)) + 2 * (booster == "gblinear")
    if booster != "gblinear":
        loss += 0.05 * abs(trial.suggest_int("clf__max_depth", 1, 8) - 5)
    if trial.number % 10 == 8:
        raise optuna.TrialPruned
    if trial.number % 10 == 9:
        raise RuntimeError
    return float(sign * loss)


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Database with a study of four tables, of which two minimise and two maximise."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    file = tmp_path_factory.mktemp("team") / "team.db"
    storage = optuna.storages.RDBStorage(f"sqlite:///{file}")
    for number, (name, best) in enumerate(BEST.items()):
        direction, sign = ("maximize", -1.0) if number % 2 else ("minimize", 1.0)
        study = optuna.create_study(direction=direction, sampler=optuna.samplers.RandomSampler(seed=number))
        study.optimize(
            lambda trial, best=best, sign=sign: objective(trial, best, sign),
            n_trials=20,
            catch=RuntimeError,
        )
        # A commit a trial instead of ten
        optuna.create_study(storage=storage, study_name=name, direction=direction).add_trials(study.trials)
    optuna.logging.set_verbosity(before)
    return file


@pytest.fixture
def team(database: Path, tmp_path: Path) -> str:
    """URL of a copy of the database."""
    return f"sqlite:///{shutil.copy(database, tmp_path)}"


@pytest.fixture(autouse=True)
def light(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Train few and small members where nothing is said of the parameters."""
    few = MetaTrainingParameters().level.model_copy(update={"n_rounds": 20})
    parameters = MetaTrainingParameters(n_members=4, surrogate=few, main_effect=few, level=few)
    monkeypatch.setattr(log_tables, "MetaTrainingParameters", lambda: parameters)
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    yield
    optuna.logging.set_verbosity(before)
