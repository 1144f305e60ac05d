"""Reading of studies."""

from __future__ import annotations

import optuna
import pytest

from foretune.base import UserError
from foretune.plots.study import read_study


def _objective(trial: optuna.Trial) -> float:
    x = trial.suggest_float("learning_rate", 1e-4, 1.0, log=True)
    if trial.suggest_categorical("kernel", ["rbf", None]) == "rbf":
        trial.suggest_int("degree", 2, 3)
    if trial.number == 1:
        raise ValueError("one is bad")
    if trial.number == 2:
        raise optuna.TrialPruned
    return float("nan") if trial.number == 3 else x


@pytest.fixture(scope="module")
def study() -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(_objective, n_trials=12, catch=(ValueError,))
    return study


def test_trials_have_their_status_and_their_scale(study: optuna.Study) -> None:
    shown = read_study(study)
    assert not shown.higher_is_better
    assert [trial.status for trial in shown.trials[:4]] == ["ok", "failed", "pruned", "failed"]
    best = shown.best_of(shown.scored)
    assert best is not None
    assert best.score == study.best_value
    assert shown.scales[""]["learning_rate"].is_log
    assert shown.scales[""]["kernel"].choices == ("rbf", None)
    assert shown.score_name == "Objective value"


def test_of_several_objectives_one_is_chosen() -> None:
    study = optuna.create_study(directions=["minimize", "maximize"])
    study.add_trial(optuna.trial.create_trial(values=[1.0, 2.0]))
    assert read_study(study, 1).trials[0].score == 2.0
    assert read_study(study, 1).higher_is_better
    with pytest.raises(UserError, match="2 objectives; choose one"):
        read_study(study)


def test_a_trial_that_violates_a_constraint_has_no_score() -> None:
    study = optuna.create_study()
    trial = optuna.trial.create_trial(value=1.0, system_attrs={"constraints": (0.5,)})
    study.add_trial(trial)
    (shown,) = read_study(study).trials
    assert shown.status == "infeasible"
    assert not shown.has_score


def test_what_is_no_study_is_one_line() -> None:
    with pytest.raises(UserError, match="study = 3 must be a study of Optuna"):
        read_study(3)
