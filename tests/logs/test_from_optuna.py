from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from pathlib import Path

import optuna
import pytest

from foretune.logs import LogError, ScoreChoice, from_optuna, import_logs
from foretune.logs.from_optuna import load_study, read_study, trials_from_study


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
    log = trials_from_study(load_study(storage, "loss"), "iris", "svm")
    study = optuna.load_study(study_name="loss", storage=storage)
    complete = [study.trials[i] for i in (0, 3)]
    assert log.columns.tolist() == [
        *("task_id", "learner", "score", "fit_seconds"),
        *("param_C", "param_class_weight"),
    ]
    assert set(log["task_id"]) == {"iris"}
    assert set(log["learner"]) == {"svm"}
    assert log["param_C"].tolist() == [trial.params["C"] for trial in complete]
    assert log["param_class_weight"].tolist() == [str(trial.params["class_weight"]) for trial in complete]
    assert log["score"].tolist() == [-trial.value for trial in complete if trial.value is not None]
    assert (log["fit_seconds"] > 0).all()
    as_uri = f"{storage.replace('sqlite:///', 'sqlite:///file:')}?mode=ro&uri=true"
    assert trials_from_study(load_study(as_uri, "loss"), "iris", "svm").equals(log)


def test_a_maximised_value_is_the_score_and_one_that_is_not_finite_a_failure() -> None:
    study = optuna.create_study(direction="maximize")
    space = {"C": optuna.distributions.FloatDistribution(0, 10)}
    for c, value in [(1.0, 0.5), (1.0, 0.7), (2.0, math.inf)]:
        study.add_trial(optuna.trial.create_trial(params={"C": c}, distributions=space, value=value))
    log = trials_from_study(study, "iris")
    assert log["score"].tolist()[:2] == [0.5, 0.7]
    assert math.isnan(log["score"][2])
    assert "learner" not in log


def test_a_study_without_a_completed_trial_is_an_error() -> None:
    with pytest.raises(LogError, match="there is no complete trial of the task 'iris'"):
        trials_from_study(optuna.create_study(), "iris")


def test_one_of_several_objectives_is_chosen() -> None:
    study = optuna.create_study(directions=["maximize", "minimize"])
    study.add_trial(optuna.trial.create_trial(values=[0.9, 3.0]))
    with pytest.raises(LogError, match="has 2 objectives; choose one: 0 to 1"):
        trials_from_study(study, "iris", "svm")
    with pytest.raises(LogError, match="there is no objective 2; choose 0 to 1"):
        trials_from_study(study, "iris", "svm", objective=2)
    assert [trials_from_study(study, "iris", "svm", objective=i)["score"][0] for i in (0, 1)] == [0.9, -3.0]


def test_what_is_missing_is_named(storage: str, tmp_path: Path) -> None:
    with pytest.raises(LogError, match="no study 'accuracy'; found: loss"):
        load_study(storage, "accuracy")
    with pytest.raises(LogError, match="there is no file"):
        load_study(f"sqlite:///{tmp_path}/none.sqlite", "loss")
    (tmp_path / "empty.sqlite").touch()
    with pytest.raises(LogError, match="cannot be read: no such table"):
        load_study(f"sqlite:///{tmp_path}/empty.sqlite", "loss")
    assert (tmp_path / "empty.sqlite").stat().st_size == 0
    with pytest.raises(LogError, match="cannot be read: Could not parse"):
        load_study("optuna.sqlite", "loss")


def test_optuna_itself_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(LogError, match=r"pip install '\.\[optuna\]'"):
        load_study("sqlite:///optuna.sqlite", "loss")


@pytest.fixture(params=["the property of a trial", "the attributes of older samplers"])
def constrained(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> optuna.Study:
    """Give a study of four trials, the second and third of which violate a constraint."""
    study = optuna.create_study(direction="maximize")
    space = {"C": optuna.distributions.FloatDistribution(0, 10)}
    for c, values in [(1.0, [0.0, -1.0]), (2.0, [-1.0, 0.5]), (3.0, [2.0, 0.5]), (4.0, [0.0, 0.0])]:
        trial = optuna.trial.create_trial(
            params={"C": c}, distributions=space, value=c, system_attrs={"constraints": values}
        )
        study.add_trial(trial)
    if request.param == "the attributes of older samplers":
        monkeypatch.setattr(from_optuna, "PROPERTY", "_no_such_name")
    return study


def test_a_trial_that_violates_a_constraint_has_failed(constrained: optuna.Study) -> None:
    log = trials_from_study(constrained, "iris", "svm")
    assert log["score"].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert log["status"].tolist()[1:3] == [
        "violates the constraint '1'",
        "violates the constraint '0', '1'",
    ]
    more = trials_from_study(constrained, "wine", "svm").assign(status=None)
    trials = import_logs([log, more]).trials
    failed = trials[trials["status"] == "failed"]
    assert set(failed["task_id"]) == {"iris"}
    assert sorted(failed["params"]) == ['{"C": 2}', '{"C": 3}']


def test_constraints_that_all_hold_need_no_status() -> None:
    study = optuna.create_study()
    study.add_trial(optuna.trial.create_trial(value=1.0, system_attrs={"constraints": [0.0]}))
    assert "status" not in trials_from_study(study, "iris")


def _study_of_curves(n_complete: int) -> optuna.Study:
    """Study whose trials gain 0.1 a step; one is pruned early, and one without a value."""
    study = optuna.create_study(direction="maximize")

    def objective(trial: optuna.Trial) -> float:
        start = trial.suggest_float("start", 0, 1)
        if trial.number == n_complete + 1:
            raise optuna.TrialPruned
        for step in range(4):
            trial.report(start + 0.1 * step, step)
            if trial.number == n_complete and step == 1:
                raise optuna.TrialPruned
        return start + 0.3

    for start in [*(0.1 * number for number in range(1, n_complete + 1)), 0.05, 0.9]:
        study.enqueue_trial({"start": start})
    study.optimize(objective, n_trials=n_complete + 2)
    return study


def test_a_pruned_trial_has_an_estimate_if_it_is_asked_for() -> None:
    study = _study_of_curves(5)
    assert len(trials_from_study(study, "t")) == 5
    log = trials_from_study(study, "t", estimate_pruned=True)
    # As much as the others gained after that step, and nothing for the one that reported nothing
    assert log["param_start"].tolist() == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5, 0.05])
    assert log["score"].iloc[-1] == pytest.approx(0.35)
    found = read_study(study, ScoreChoice())
    assert found is not None
    assert (len(found.log), found.n_left_out) == (6, 1)


def test_few_complete_trials_are_no_ground_for_estimates() -> None:
    assert len(trials_from_study(_study_of_curves(4), "t", estimate_pruned=True)) == 4


def test_a_measured_score_comes_before_an_estimate() -> None:
    study = _study_of_curves(5)
    study.enqueue_trial({"start": 0.05})
    study.optimize(lambda trial: trial.suggest_float("start", 0, 1) + 0.3, n_trials=1)
    log = trials_from_study(study, "t", estimate_pruned=True)
    assert log["param_start"].tolist().count(0.05) == 1
