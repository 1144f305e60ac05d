from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from pathlib import Path

import optuna
import pytest

from foretune.ledger.imported_trial import TrialImportError
from foretune.logs.from_optuna import load_study, trials_from_study


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)


@pytest.fixture
def storage(tmp_path: Path) -> str:
    """Give a storage with a study of four trials: two complete, one pruned, one failed."""
    url = f"sqlite:///{tmp_path}/optuna.sqlite"
    study = optuna.create_study(storage=url, study_name="loss", direction="minimize")

    def objective(trial: optuna.Trial) -> float:
        c = trial.suggest_float("C", 0.1, 10, log=True)
        trial.suggest_categorical("class_weight", [None, "balanced"])
        if trial.number == 1:
            raise optuna.TrialPruned
        if trial.number == 2:
            raise ArithmeticError
        return c

    study.optimize(objective, n_trials=4, catch=ArithmeticError)
    return url


def test_completed_trials_come_with_the_direction_of_scores(storage: str) -> None:
    trials = trials_from_study(load_study(storage, "loss"), "iris", "svm")
    study = optuna.load_study(study_name="loss", storage=storage)
    assert [trial.configuration.params for trial in trials] == [study.trials[i].params for i in (0, 3)]
    assert [trial.score for trial in trials] == [-study.trials[i].value for i in (0, 3)]
    assert {trial.source for trial in trials} == {"optuna:loss"}
    assert {trial.configuration.strategy for trial in trials} == {"optuna"}
    assert all(trial.fit_seconds is not None and trial.fit_seconds > 0 for trial in trials)


def test_a_maximised_value_is_the_score_and_repeats_are_averaged() -> None:
    study = optuna.create_study(direction="maximize")
    space = {"C": optuna.distributions.FloatDistribution(0, 10)}
    for c, value in [(1.0, 0.5), (1.0, 0.7), (2.0, math.inf)]:
        study.add_trial(optuna.trial.create_trial(params={"C": c}, distributions=space, value=value))
    trials = trials_from_study(study, "iris", "svm")
    assert trials[0].score == pytest.approx(0.6)
    assert [trial.status for trial in trials] == ["ok", "failed"]
    assert trials[1].error == "the study stored the value inf"


def test_one_of_several_objectives_is_chosen() -> None:
    study = optuna.create_study(directions=["maximize", "minimize"])
    study.add_trial(optuna.trial.create_trial(values=[0.9, 3.0]))
    with pytest.raises(TrialImportError, match="has 2 objectives; choose one: 0 to 1"):
        trials_from_study(study, "iris", "svm")
    with pytest.raises(TrialImportError, match="there is no objective 2; choose 0 to 1"):
        trials_from_study(study, "iris", "svm", objective=2)
    assert [trials_from_study(study, "iris", "svm", objective=i)[0].score for i in (0, 1)] == [0.9, -3.0]


def test_what_is_missing_is_named(storage: str, tmp_path: Path) -> None:
    with pytest.raises(TrialImportError, match="no study 'accuracy'; found: loss"):
        load_study(storage, "accuracy")
    with pytest.raises(TrialImportError, match="there is no file"):
        load_study(f"sqlite:///{tmp_path}/none.sqlite", "loss")
    (tmp_path / "empty.sqlite").touch()
    with pytest.raises(TrialImportError, match="cannot be read: no such table"):
        load_study(f"sqlite:///{tmp_path}/empty.sqlite", "loss")
    assert (tmp_path / "empty.sqlite").stat().st_size == 0
    with pytest.raises(TrialImportError, match="cannot be read: Could not parse"):
        load_study("optuna.sqlite", "loss")


def test_optuna_itself_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(TrialImportError, match=r"pip install 'foretune\[optuna\]'"):
        load_study("sqlite:///optuna.sqlite", "loss")
