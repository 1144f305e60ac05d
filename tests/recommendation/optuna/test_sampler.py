from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sqlite3
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import FrozenTrial
from sklearn.datasets import load_iris
from sklearn.model_selection import cross_val_score

from foretune.meta_model.memory import Memory
from foretune.recommendation.core.memory import load_memory
from foretune.recommendation.core.memory_files import reference_folder
from foretune.recommendation.core.suggestions import RecommendationWarning
from foretune.recommendation.optuna import notes as study_notes
from foretune.recommendation.optuna.history import INTENDED, StudyHistory
from foretune.recommendation.optuna.notes import note_reader
from foretune.recommendation.optuna.sampler import ForetuneSampler, SamplerError

X, Y = load_iris(return_X_y=True, as_frame=True)
X, Y = X.iloc[::3], Y.iloc[::3]
DEFAULT = {"n_estimators": 100, "learning_rate": 0.3, "max_depth": 6}


@pytest.fixture(autouse=True)
def _silent() -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)


@pytest.fixture(params=["with Optuna's private names", "without them"])
def names(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test run twice: notes are on the trials, or on the study."""
    if request.param == "without them":
        monkeypatch.setattr(study_notes, "STORAGE", "_no_such_name")


@pytest.fixture(scope="module")
def shared(memory_folder: Path) -> ForetuneSampler:
    return ForetuneSampler(X, Y, "xgboost", memory=memory_folder, seed=0)


def _sampler(memory_folder: Path, learner: Any = "xgboost", **options: Any) -> ForetuneSampler:
    return ForetuneSampler(X, Y, learner, memory=memory_folder, seed=0, **options)


def _study(sampler: optuna.samplers.BaseSampler, **options: Any) -> optuna.Study:
    return optuna.create_study(**{"direction": "maximize", **options}, sampler=sampler)


def _boosting(trial: optuna.Trial) -> dict[str, Any]:
    return {
        "n_estimators": trial.suggest_int("n_estimators", 10, 200, log=True),
        "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.5, log=True),
        "max_depth": trial.suggest_int("max_depth", 1, 10),
    }


def _cheap(trial: optuna.Trial) -> float:
    params = _boosting(trial)
    return float(-abs(np.log(params["learning_rate"] / 0.1)) - abs(params["max_depth"] - 3) / 10)


def test_a_study_with_a_real_objective(memory_folder: Path) -> None:
    from xgboost import XGBClassifier

    def objective(trial: optuna.Trial) -> float:
        model = XGBClassifier(**_boosting(trial), n_jobs=1)
        return float(cross_val_score(model, X, Y, cv=2).mean())

    study = _study(_sampler(memory_folder))
    study.optimize(objective, n_trials=4)
    first_two = [trial.params for trial in study.trials[:2]]
    assert DEFAULT in first_two
    assert len({tuple(trial.params.items()) for trial in study.trials}) == 4
    again = _study(_sampler(memory_folder))
    again.optimize(objective, n_trials=4)
    assert [trial.params for trial in again.trials] == [trial.params for trial in study.trials]


def test_without_optunas_private_names_the_trials_are_the_same(
    memory_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def proposals() -> tuple[optuna.Study, list[dict[str, Any]]]:
        study = _study(_sampler(memory_folder))
        study.optimize(_cheap, n_trials=6)
        return study, [trial.params for trial in study.trials]

    _, expected = proposals()
    monkeypatch.setattr(study_notes, "TRIAL_ID", "_no_such_name")
    study, found = proposals()
    assert found == expected
    assert INTENDED not in study.trials[0].system_attrs
    assert len(study.user_attrs) == 6


def test_what_is_remembered_is_proposed_as_it_is(memory_folder: Path) -> None:
    study = _study(_sampler(memory_folder))
    study.optimize(_cheap, n_trials=2)
    aims = [trial.system_attrs[INTENDED]["params"] for trial in study.trials]
    for trial, intended in zip(study.trials, aims, strict=True):
        assert {name: intended[name] for name in trial.params} == trial.params


@pytest.mark.usefixtures("names")
def test_scores_change_what_comes_next(memory_folder: Path) -> None:
    def proposals(sign: float, direction: str) -> list[dict[str, Any]]:
        study = _study(_sampler(memory_folder), direction=direction)
        study.optimize(lambda trial: sign * _cheap(trial), n_trials=7)
        return [trial.params for trial in study.trials]

    upwards = proposals(1.0, "maximize")
    assert proposals(-1.0, "minimize") == upwards
    assert proposals(-1.0, "maximize") != upwards


@pytest.mark.slow
@pytest.mark.skipif(
    not (reference_folder() / "classification").is_dir(), reason="the package carries no reference memory"
)
def test_a_longer_search_comes_near_the_optimum_and_repeats_nothing() -> None:
    # Random search comes as near as -0.27 on average
    study = _study(_sampler(reference_folder()))
    study.optimize(_cheap, n_trials=25)
    assert study.best_value > -0.25
    assert len({tuple(trial.params.items()) for trial in study.trials}) == 25


@pytest.mark.skipif(
    not (reference_folder() / "metrics/classification.log_loss").is_dir(),
    reason="the package carries no memory of LightGBM",
)
def test_native_names_of_lightgbm_in_a_study_without_a_number_of_rounds() -> None:
    # The memory leaves the rounds to early stopping; with a frequency above 1 rows are drawn as with 1
    def objective(trial: optuna.Trial) -> float:
        trial.suggest_int("lgbm_num_leaves", 2, 256, log=True)
        trial.suggest_float("lgbm_lambda_l2", 1e-8, 10, log=True)
        trial.suggest_int("lgbm_bagging_freq", 1, 7)
        return trial.suggest_float("lgbm_bagging_fraction", 0.5, 1)

    study = _study(ForetuneSampler(X, Y, "lightgbm", fixed={"feature_fraction": 0.75}, seed=0))
    study.enqueue_trial({"lgbm_bagging_freq": 5, "lgbm_bagging_fraction": 0.625})
    study.optimize(objective, n_trials=5)
    assert len({tuple(trial.params.items()) for trial in study.trials}) == 5
    for trial in study.trials:
        intended = trial.system_attrs[INTENDED]["params"]
        assert intended["subsample"] == trial.params["lgbm_bagging_fraction"]
        assert intended["reg_lambda"] == trial.params["lgbm_lambda_l2"]
        assert (intended["subsample_freq"], intended["colsample_bytree"]) == (1, 0.75)


@pytest.mark.usefixtures("names")
def test_enqueued_values_are_kept_and_completed(shared: ForetuneSampler) -> None:
    study = _study(shared)
    study.enqueue_trial({"max_depth": 7, "learning_rate": 0.0123})
    study.enqueue_trial({"max_depth": 9})
    study.optimize(_cheap, n_trials=3)
    assert study.trials[0].params["max_depth"] == 7
    assert study.trials[0].params["learning_rate"] == 0.0123
    notes = note_reader(study, study.trials[0])(study.trials[0])
    assert notes[INTENDED]["params"]["learning_rate"] == 0.0123
    assert study.trials[1].params["max_depth"] == 9


def test_a_conditional_space(memory_folder: Path) -> None:
    def objective(trial: optuna.Trial) -> float:
        kernel = trial.suggest_categorical("svc__kernel", ["rbf", "poly", "linear"])
        score = {"rbf": 0.0, "poly": 0.5, "linear": 0.2}[kernel]
        score -= abs(np.log10(trial.suggest_float("svc__C", 0.01, 100, log=True)))
        if kernel == "rbf":
            score -= abs(np.log10(trial.suggest_float("svc__gamma", 1e-4, 1, log=True)) + 2)
        if kernel == "poly":
            score -= trial.suggest_int("svc__degree", 2, 3) + trial.suggest_float("svc__coef0", 0, 1)
        return float(score)

    study = _study(_sampler(memory_folder, "svm"))
    study.optimize(objective, n_trials=12)
    for trial in study.trials:
        intended = trial.system_attrs[INTENDED]["params"]
        assert {f"svc__{name}" for name in intended if name != "class_weight"} == set(trial.params)
    assert len({trial.params["svc__kernel"] for trial in study.trials}) > 1


def test_foreign_parameters_are_left_to_the_other_sampler(memory_folder: Path) -> None:
    def objective(trial: optuna.Trial) -> float:
        depth = trial.suggest_int("max_depth", 1, 4)
        return -abs(depth - 2) - abs(trial.suggest_float("dropout", 0, 1) - 0.3)

    study = _study(_sampler(memory_folder))
    study.optimize(objective, n_trials=25)
    assert len({trial.params["dropout"] for trial in study.trials}) == 25
    depths = [trial.params["max_depth"] for trial in study.trials]
    assert set(depths) == {1, 2, 3, 4}
    # Once memory has nothing to add, the best depth stays and the other sampler goes on
    assert depths[-10:].count(2) >= 8


def test_a_study_without_anything_in_common_warns_once(memory_folder: Path) -> None:
    study = _study(_sampler(memory_folder))
    with pytest.warns(
        RecommendationWarning, match=r"no parameter of this study \(units\) is a hyper"
    ) as said:
        study.optimize(lambda trial: float(trial.suggest_int("units", 1, 9)), n_trials=3)
    assert len([one for one in said if one.category is RecommendationWarning]) == 1


def test_narrow_ranges_steps_and_choices(memory_folder: Path) -> None:
    def objective(trial: optuna.Trial) -> float:
        trial.suggest_float("learning_rate", 0.021, 0.023)
        trial.suggest_int("n_estimators", 500, 1000, step=50)
        trial.suggest_categorical("max_depth", [None, 3, "5"])
        return float(trial.suggest_float("subsample", 0.5, 1.0, step=0.25))

    study = _study(_sampler(memory_folder))
    study.optimize(objective, n_trials=8)
    assert all(INTENDED in trial.system_attrs for trial in study.trials)
    assert len({tuple(trial.params.items()) for trial in study.trials}) == 8


def test_what_a_constructor_leaves_open_is_the_library_default(memory_folder: Path) -> None:
    def objective(trial: optuna.Trial) -> float:
        trial.suggest_categorical("max_depth", [None, 2, 4, 8])
        trial.suggest_categorical("class_weight", [None, "balanced"])
        return float(trial.suggest_int("n_estimators", 10, 190, step=10))

    study = _study(_sampler(memory_folder, "random_forest"))
    study.optimize(objective, n_trials=3)
    default = {"max_depth": None, "class_weight": None, "n_estimators": 100}
    assert default in [trial.params for trial in study.trials[:3]]


def test_fixed_arguments_are_part_of_every_configuration(memory_folder: Path) -> None:
    study = _study(_sampler(memory_folder, fixed={"n_estimators": 77}))
    study.optimize(lambda trial: float(trial.suggest_int("max_depth", 1, 10)), n_trials=4)
    assert {trial.system_attrs[INTENDED]["params"]["n_estimators"] for trial in study.trials} == {77}


def test_several_learners(memory_folder: Path) -> None:
    def objective(trial: optuna.Trial) -> float:
        learner = trial.suggest_categorical("model", ["xgb", "forest", "unheard_of"])
        if learner == "xgb":
            return float(trial.suggest_float("xgb_lr", 0.01, 0.5, log=True))
        return float(trial.suggest_int("rf_n_estimators", 10, 190) / 1000)

    names = {"forest": "random_forest", "xgb_lr": "xgboost__learning_rate"}
    sampler = _sampler(memory_folder, ["xgboost", "random_forest"], learner_parameter="model", names=names)
    study = _study(sampler)
    study.enqueue_trial({"model": "unheard_of"})
    study.optimize(objective, n_trials=12)
    assert study.trials[0].params["model"] == "unheard_of"
    assert INTENDED not in study.trials[0].system_attrs
    assert {trial.params["model"] for trial in study.trials[1:]} == {"xgb", "forest"}
    assert study.best_params["model"] == "xgb"


def test_failed_and_pruned_trials_are_not_repeated(memory_folder: Path) -> None:
    def objective(trial: optuna.Trial) -> float:
        _boosting(trial)
        if trial.number % 2:
            raise optuna.TrialPruned
        raise RuntimeError("does not fit")

    study = _study(_sampler(memory_folder))
    study.optimize(objective, n_trials=6, catch=RuntimeError)
    assert len({tuple(trial.params.items()) for trial in study.trials}) == 6


def _search_below(sampler: optuna.samplers.BaseSampler, deepest: int, outcome: Any, n_trials: int) -> Any:
    """Search where deeper trees fail, are pruned or penalised; return the working trials and the best."""
    n_working = 0

    def objective(trial: optuna.Trial) -> float:
        nonlocal n_working
        rate, depth = (
            trial.suggest_float("learning_rate", 0.01, 0.3, log=True),
            trial.suggest_int("max_depth", 1, 8),
        )
        if depth > deepest:
            if isinstance(outcome, float):
                return outcome
            raise outcome
        n_working += 1
        return float(-0.9 + 0.02 * (np.log(rate) + 2) ** 2 + 0.01 * (depth - 4) ** 2)

    study = optuna.create_study(sampler=sampler)
    study.optimize(objective, n_trials, catch=(MemoryError,))
    return n_working, study.best_value


@pytest.mark.parametrize(
    ("deepest", "outcome", "n_trials"),
    [
        (5, MemoryError(), 30),
        pytest.param(4, optuna.TrialPruned(), 30, marks=pytest.mark.slow),
        pytest.param(5, 1e155, 25, marks=pytest.mark.slow),
        *(
            pytest.param(deepest, outcome, 30 if deepest == 3 else 25, marks=pytest.mark.thorough)
            for deepest, outcome in [
                (3, MemoryError()),
                *((5, loss) for loss in (0.0, 1.0, 10.0, 1e6, 1e308)),
            ]
        ),
        pytest.param(5, float("inf"), 25, marks=pytest.mark.thorough),
    ],
)
def test_failures_and_penalties_are_avoided_as_well_as_by_tpe(
    deepest: int, outcome: Any, n_trials: int
) -> None:
    seeds = range(2)
    iris = load_iris(return_X_y=True)
    mine = [
        _search_below(ForetuneSampler(*iris, "xgboost", seed=seed), deepest, outcome, n_trials)
        for seed in seeds
    ]
    theirs = [
        _search_below(optuna.samplers.TPESampler(seed=seed), deepest, outcome, n_trials) for seed in seeds
    ]
    (working, best), (their_working, their_best) = np.mean(mine, axis=0), np.mean(theirs, axis=0)
    assert working >= their_working
    assert working >= 0.8 * n_trials
    assert best <= their_best + 1e-3


def test_a_learner_that_always_fails_is_given_up(memory_folder: Path) -> None:
    chosen = []

    def objective(trial: optuna.Trial) -> float:
        chosen.append(trial.suggest_categorical("model", ["svm", "random_forest", "xgboost"]))
        if chosen[-1] == "svm":
            trial.suggest_float("C", 0.01, 100, log=True)
            raise MemoryError
        if chosen[-1] == "xgboost":
            return trial.suggest_float("learning_rate", 0.01, 0.3, log=True)
        return 0.1 + trial.suggest_float("max_features", 0.1, 1.0)

    learners = ["svm", "random_forest", "xgboost"]
    sampler = _sampler(memory_folder, learners, learner_parameter="model")
    _study(sampler).optimize(objective, 25, catch=(MemoryError,))
    assert chosen.count("svm") <= 5


@pytest.mark.usefixtures("names")
def test_trials_asked_for_together_differ(memory_folder: Path) -> None:
    study = _study(_sampler(memory_folder))
    trials = [study.ask() for _ in range(4)]
    asked = [tuple(_boosting(trial).items()) for trial in reversed(trials)]
    assert len(set(asked)) == 4
    threads = _study(_sampler(memory_folder))
    threads.optimize(_cheap, n_trials=8, n_jobs=2)
    assert len({tuple(trial.params.items()) for trial in threads.trials}) == 8


def _work(url: str, memory_folder: Path, n_trials: int) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = _sampler(memory_folder)
    study = optuna.load_study(study_name="shared", storage=url, sampler=sampler)
    study.optimize(_cheap, n_trials=n_trials)


@pytest.mark.slow
@pytest.mark.usefixtures("names")
def test_processes_share_a_storage(memory_folder: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'study.sqlite'}"
    optuna.create_study(study_name="shared", storage=url, direction="maximize")
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_work, args=(url, memory_folder, 4)) for _ in range(2)]
    with warnings.catch_warnings():
        # Python 3.12 and later warn of any fork beside threads
        warnings.simplefilter("ignore", DeprecationWarning)
        for worker in workers:
            worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0, 0]
    trials = optuna.load_study(study_name="shared", storage=url).trials
    assert [trial.state for trial in trials] == [optuna.trial.TrialState.COMPLETE] * 8
    assert len({tuple(trial.params.items()) for trial in trials}) == 8


def _work_and_die(database: Path, memory_folder: Path) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.load_study(
        study_name="shared", storage=_beating(database), sampler=_sampler(memory_folder)
    )

    def objective(trial: optuna.Trial) -> float:
        score = _cheap(trial)
        if trial.number == 1:
            with sqlite3.connect(database) as connection:
                while connection.execute("SELECT count(*) FROM trial_heartbeats").fetchone() != (2,):
                    time.sleep(0.02)
            os.kill(os.getpid(), signal.SIGKILL)
        return score

    study.optimize(objective, n_trials=2)


def _beating(database: Path) -> optuna.storages.RDBStorage:
    return optuna.storages.RDBStorage(f"sqlite:///{database}", heartbeat_interval=1, grace_period=1)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_a_killed_process_frees_its_configuration_when_its_heartbeat_stops(
    memory_folder: Path, tmp_path: Path
) -> None:
    database = tmp_path / "study.sqlite"
    optuna.create_study(study_name="shared", storage=f"sqlite:///{database}", direction="maximize")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        worker = multiprocessing.get_context("fork").Process(
            target=_work_and_die, args=(database, memory_folder)
        )
        worker.start()
    worker.join(60)
    assert worker.exitcode == -signal.SIGKILL
    study = optuna.load_study(
        study_name="shared", storage=_beating(database), sampler=_sampler(memory_folder)
    )
    lost = study.trials[1]
    assert lost.state == optuna.trial.TrialState.RUNNING
    deadline = time.monotonic() + 20
    while study.trials[1].state == optuna.trial.TrialState.RUNNING and time.monotonic() < deadline:
        time.sleep(0.1)
        optuna.storages.fail_stale_trials(study)
    study.optimize(_cheap, n_trials=2)
    states = [trial.state.name for trial in study.trials]
    assert states == ["COMPLETE", "FAIL", "COMPLETE", "COMPLETE"]
    assert study.trials[2].params == lost.params
    assert study.trials[3].params != lost.params


@pytest.mark.usefixtures("names")
def test_what_is_lost_is_tried_once_more_and_what_fails_is_not(memory_folder: Path) -> None:
    def ask() -> tuple[optuna.Trial, dict[str, Any]]:
        trial = study.ask()
        return trial, _boosting(trial)

    study = _study(_sampler(memory_folder))
    study.optimize(_cheap, n_trials=1)
    # Without a heartbeat somebody has to say that the trial is over
    elsewhere = optuna.load_study(study_name=study.study_name, storage=study._storage)
    _, first = ask()
    assert ask()[1] != first
    for trial in study.trials[1:]:
        elsewhere.tell(trial.number, state=optuna.trial.TrialState.FAIL)
    again, second = ask()
    assert second == first
    elsewhere.tell(again.number, state=optuna.trial.TrialState.FAIL)
    third, params = ask()
    assert params != first
    study.tell(third, state=optuna.trial.TrialState.FAIL)
    assert ask()[1] not in (first, params)


def test_a_study_of_another_sampler_is_gone_on_with(shared: ForetuneSampler) -> None:
    study = _study(optuna.samplers.RandomSampler(seed=0))
    study.optimize(_cheap, n_trials=5)
    best = study.best_value
    study.sampler = pickle.loads(pickle.dumps(shared))
    study.optimize(_cheap, n_trials=10)
    assert DEFAULT in [trial.params for trial in study.trials[5:7]]
    assert study.best_value > best


def test_bad_input_is_said_in_a_line(memory_folder: Path) -> None:
    with pytest.raises(ValueError, match="learner 'forest' is not in this memory"):
        _sampler(memory_folder, "forest")
    with pytest.raises(ValueError, match=r"2 learners need the name .* give learner_parameter"):
        _sampler(memory_folder, ["xgboost", "svm"])
    with pytest.raises(ValueError, match="'lr' stands for 'learning_rte', which xgboost does not have"):
        _sampler(memory_folder, names={"lr": "learning_rte"})
    with pytest.raises(ValueError, match="fixed: 'trees' is no hyperparameter of xgboost"):
        _sampler(memory_folder, fixed={"trees": 1})
    with pytest.raises(ValueError, match="X has 50 rows but y has 3"):
        ForetuneSampler(X, Y[:3], memory=memory_folder)
    study = optuna.create_study(directions=["maximize", "minimize"], sampler=_sampler(memory_folder))
    with pytest.raises(ValueError, match="one objective, this one has 2"):
        study.ask()


def test_a_parameter_whose_choices_memory_cannot_tell_apart_is_tuned_like_a_foreign_one(
    memory_folder: Path,
) -> None:
    def forest(trial: optuna.Trial) -> float:
        trial.suggest_categorical("max_features", [None, "sqrt", "log2"])
        return float(trial.suggest_int("n_estimators", 10, 190))

    study = _study(_sampler(memory_folder, "random_forest"))
    study.optimize(forest, n_trials=12)
    assert {trial.params["max_features"] for trial in study.trials} == {None, "sqrt", "log2"}
    for trial in study.trials:
        # Of a forest's default, which is not None, memory knows nothing but that
        assert trial.system_attrs[INTENDED]["params"]["n_estimators"] == trial.params["n_estimators"]
        assert "max_features" not in trial.system_attrs[INTENDED]["params"]
    assert len({trial.params["n_estimators"] for trial in study.trials[:8]}) == 8
    # A warning that `kernel` is unknown would be wrong, and an error here
    kernels = _study(_sampler(memory_folder, "svm"))
    kernels.optimize(lambda trial: len(trial.suggest_categorical("kernel", ["sigmoid", "own"])), n_trials=2)


def test_a_choice_that_memory_never_saw_teaches_nothing_of_another(memory_folder: Path) -> None:
    def proposals(score: float) -> list[dict[str, Any]]:
        def objective(trial: optuna.Trial) -> float:
            kernel = trial.suggest_categorical("kernel", ["sigmoid", "rbf", "poly"])
            cost = trial.suggest_float("C", 0.01, 100, log=True)
            return score if kernel == "sigmoid" else float(-abs(np.log(cost)))

        study = _study(_sampler(memory_folder, "svm"))
        study.enqueue_trial({"kernel": "sigmoid"})
        study.optimize(objective, n_trials=6)
        assert [INTENDED in trial.system_attrs for trial in study.trials] == [False, *[True] * 5]
        return [trial.params for trial in study.trials]

    assert proposals(-9.0) == proposals(9.0)


@pytest.mark.parametrize(
    "choices", [["1", "3", "5", "8"], [8, 5, 3, 1], [1.0, 3.0, 5.0, 8.0], ["5.0", "8", "1", "3"]]
)
def test_neither_order_nor_type_of_the_choices_matters(shared: ForetuneSampler, choices: list[Any]) -> None:
    def depths(offered: list[Any]) -> list[float]:
        study = _study(shared)
        study.optimize(
            lambda trial: -abs(float(trial.suggest_categorical("max_depth", offered)) - 5), n_trials=4
        )
        return [float(trial.params["max_depth"]) for trial in study.trials]

    assert depths(choices) == depths([1, 3, 5, 8])


def test_ranges_may_change_from_trial_to_trial(memory_folder: Path) -> None:
    def objective(trial: optuna.Trial) -> float:
        rate = trial.suggest_float("learning_rate", 0.001 * 2**trial.number, 0.01 * 2**trial.number)
        depth = trial.suggest_int("max_depth", 1 + trial.number, 31 + trial.number, step=3)
        return rate + depth

    study = _study(_sampler(memory_folder, fixed={"n_estimators": 50}), direction="minimize")
    study.optimize(objective, n_trials=6)
    for trial in study.trials:
        intended = trial.system_attrs[INTENDED]["params"]
        assert {name: intended[name] for name in trial.params} == trial.params
    assert len({tuple(trial.params.items()) for trial in study.trials}) == 6


def test_one_hyperparameter_may_have_a_name_in_each_branch(memory_folder: Path) -> None:
    def objective(trial: optuna.Trial) -> float:
        if trial.suggest_categorical("kernel", ["linear", "rbf"]) == "rbf":
            return trial.suggest_float("rbf_cost", 10, 100)
        return trial.suggest_float("linear_cost", 0.01, 1, log=True)

    names = {"rbf_cost": "C", "linear_cost": "svm__C"}
    study = _study(_sampler(memory_folder, "svm", names=names))
    study.optimize(objective, n_trials=8)
    assert {trial.params["kernel"] for trial in study.trials} == {"linear", "rbf"}
    for trial in study.trials:
        intended = trial.system_attrs[INTENDED]["params"]
        assert intended["kernel"] == trial.params["kernel"]
        assert intended["C"] == trial.params[f"{intended['kernel']}_cost"]


def test_a_loaded_study_goes_on_as_if_it_had_never_ended(memory_folder: Path, tmp_path: Path) -> None:
    def objective(trial: optuna.Trial) -> float:
        kernel = trial.suggest_categorical("kernel", ["poly", "rbf"])
        score = -abs(np.log(trial.suggest_float("C", 0.1, 200, log=True)))
        other = (
            trial.suggest_float("gamma", 1e-3, 1) if kernel == "rbf" else trial.suggest_int("degree", 2, 5)
        )
        return float(score - other)

    whole = _study(_sampler(memory_folder, "svm"))
    whole.optimize(objective, n_trials=6)
    url = f"sqlite:///{tmp_path / 'study.sqlite'}"
    optuna.create_study(study_name="long", storage=url, direction="maximize")
    for _ in range(2):
        part = optuna.load_study(study_name="long", storage=url, sampler=_sampler(memory_folder, "svm"))
        part.optimize(objective, n_trials=3)
    assert [trial.params for trial in part.trials] == [trial.params for trial in whole.trials]


@st.composite
def _distributions(draw: st.DrawFn) -> BaseDistribution:
    kind = draw(st.sampled_from(["float", "log", "step", "int", "int_log", "int_step", "choice"]))
    if kind == "choice":
        values = [None, "None", True, False, 1, 2.5, 7, "rbf", "5", 0.3, 1000]
        return CategoricalDistribution(draw(st.lists(st.sampled_from(values), min_size=1, unique_by=repr)))
    low = draw(st.integers(1, 300))
    high = low + draw(st.integers(0, 500))
    if kind == "int_step":
        step = draw(st.integers(1, 60))
        return IntDistribution(low, low + step * draw(st.integers(0, 9)), step=step)
    if kind.startswith("int"):
        return IntDistribution(low, high, log=kind == "int_log")
    if kind == "step":
        # Optuna warns where the range is no multiple of the step: these are, to the last bit
        step = draw(st.integers(1, 32))
        return FloatDistribution(low / 64, (low + step * draw(st.integers(0, 9))) / 64, step=step / 64)
    return FloatDistribution(low / 100, high / 100, log=kind == "log")


@settings(max_examples=25, deadline=None, database=None, derandomize=True)
@given(
    spaces=st.lists(
        st.dictionaries(
            st.sampled_from(["max_depth", "learning_rate", "xgb__subsample", "n_estimators", "foreign"]),
            _distributions(),
            min_size=1,
        ),
        min_size=1,
        max_size=3,
    )
)
def test_every_value_is_one_of_its_distribution(
    shared: ForetuneSampler, spaces: list[dict[str, BaseDistribution]]
) -> None:
    # A warning of Optuna's about a value outside would be an error as well
    for number, space in enumerate(spaces):
        study = _study(shared, study_name=f"random{number}")
        for _ in range(3):
            trial = study.ask()
            for name, distribution in space.items():
                value = trial._suggest(name, distribution)
                assert distribution._contains(distribution.to_internal_repr(value))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RecommendationWarning)
                study.tell(trial, float(len(trial.params)) + trial.number)


def _table(memory: Memory, task: int, learner: str) -> list[tuple[dict[str, Any], float]]:
    """Remembered configurations of a task that was tuned, with their scores."""
    rows = np.flatnonzero(memory.residuals.task == task)
    ids = [memory.training_set.config_ids[at] for at in memory.residuals.config[rows]]
    known = [memory.provenance.configurations[config_id] for config_id in ids]
    scores = memory.residuals.target[rows].tolist()
    return [(one.params, score) for one, score in zip(known, scores, strict=True) if one.learner == learner]


def _look_up(table: list[tuple[dict[str, Any], float]], params: dict[str, Any]) -> float:
    """Score of the nearest configuration that was evaluated."""

    def distance(row: tuple[dict[str, Any], float]) -> float:
        return float(sum(abs(np.log(params[name]) - np.log(row[0][name])) for name in params))

    return min(table, key=distance)[1]


@pytest.mark.slow
def test_it_beats_random_search_on_tasks_it_has_not_met(memory_folder: Path) -> None:
    ours, random = [], []
    for kind in ("classification", "regression"):
        memory = load_memory(kind, memory_folder)
        described = memory.training_set.metafeatures
        for task, family in enumerate(memory.training_set.families):
            table = _table(memory, task, "xgboost")
            scores = [score for _, score in table]
            try:
                without = memory.without([family])
            except ValueError:
                continue

            def objective(trial: optuna.Trial, table: Any = table) -> float:
                params = _boosting(trial)
                params["reg_lambda"] = trial.suggest_float("reg_lambda", 1e-3, 100, log=True)
                params["min_child_weight"] = trial.suggest_float("min_child_weight", 0.1, 20, log=True)
                return _look_up(table, params)

            def regret(sampler: Any, objective: Any = objective, scores: Any = scores) -> float:
                study = _study(sampler)
                study.optimize(objective, n_trials=3)
                return float((max(scores) - study.best_value) / (max(scores) - min(scores)))

            metafeatures = pd.Series(described[task].astype(float), index=list(memory.metafeatures))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RecommendationWarning)
                sampler = ForetuneSampler(
                    X, Y, task_type=kind, memory=without, metafeatures=metafeatures, seed=0
                )
            ours.append(regret(sampler))
            random += [regret(optuna.samplers.RandomSampler(seed=seed)) for seed in range(6)]
    assert len(ours) >= 4
    assert np.mean(ours) < 0.8 * np.mean(random)


@pytest.mark.usefixtures("names")
def test_a_choice_that_another_process_makes_at_the_same_time_is_made_again(
    memory_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'study.sqlite'}"
    study = optuna.create_study(study_name="shared", storage=url, sampler=_sampler(memory_folder))
    other = optuna.load_study(study_name="shared", storage=url, sampler=_sampler(memory_folder))
    first, second = study.ask(), other.ask()
    read, n_reads = StudyHistory.read, 0

    def read_too_early(trials: Any, number: int, *arguments: Any) -> StudyHistory:
        nonlocal n_reads
        n_reads += 1
        # The second has not heard of the first when it chooses, only when it looks again
        known = [] if number == second.number and n_reads == 1 else trials
        return read(known, number, *arguments)

    _cheap(first)
    monkeypatch.setattr(StudyHistory, "read", read_too_early)
    _cheap(second)
    assert n_reads >= 2
    assert first.params != second.params


def _deep_is_better(trial: optuna.Trial) -> float:
    rate = trial.suggest_float("learning_rate", 0.01, 0.3, log=True)
    return float(trial.suggest_int("max_depth", 1, 8) - (np.log(rate) + 2) ** 2)


def _excess_depth(trial: FrozenTrial) -> tuple[float]:
    return (trial.params["max_depth"] - 3.0,)


def _count_feasible(study: optuna.Study) -> int:
    return sum(trial.params["max_depth"] <= 3 for trial in study.trials)


def _feasible_of_tpe(seed: int) -> int:
    with warnings.catch_warnings(action="ignore"):
        study = _study(optuna.samplers.TPESampler(seed=seed, constraints_func=_excess_depth))
    study.optimize(_deep_is_better, n_trials=20)
    return _count_feasible(study)


@pytest.mark.parametrize("seed", [0, 1])
def test_violated_constraints_teach_what_to_avoid(seed: int) -> None:
    study = _study(ForetuneSampler(X, Y, "xgboost", seed=seed, constraints_func=_excess_depth))
    study.optimize(_deep_is_better, n_trials=20)
    assert _count_feasible(study) >= _feasible_of_tpe(seed)


@pytest.mark.skipif(not hasattr(optuna.Trial, "set_constraint"), reason="of Optuna 5")
def test_constraints_that_the_objective_sets_are_the_same(memory_folder: Path) -> None:
    def objective(trial: optuna.Trial) -> float:
        value = _deep_is_better(trial)
        trial.set_constraint("depth", trial.params["max_depth"] - 3.0)
        return value

    study = _study(_sampler(memory_folder))
    study.optimize(objective, n_trials=8)
    other = _study(_sampler(memory_folder, constraints_func=_excess_depth))
    other.optimize(_deep_is_better, n_trials=8)
    assert [trial.params for trial in study.trials] == [trial.params for trial in other.trials]


def test_a_violated_constraint_leaves_the_level_of_the_scores(memory_folder: Path) -> None:
    reader = _sampler(memory_folder)._reader
    trial = optuna.trial.create_trial(
        params={"max_depth": 8},
        distributions={"max_depth": IntDistribution(1, 8)},
        value=3.0,
        system_attrs={"constraints": [5.0]},
    )
    ((_, score),) = StudyHistory.read([trial], 1, 1.0, reader).told
    assert np.isnan(score)


def test_another_sampler_keeps_its_own_constraints(memory_folder: Path) -> None:
    with pytest.raises(SamplerError, match="constraints_func: give it to the independent_sampler"):
        _sampler(
            memory_folder,
            constraints_func=_excess_depth,
            independent_sampler=optuna.samplers.RandomSampler(),
        )
