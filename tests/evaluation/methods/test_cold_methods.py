"""Sequential methods that know the task at hand only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods import optuna_tpe
from foretune.evaluation.methods.cold_gaussian_process import N_RANDOM, ColdGaussianProcess
from foretune.evaluation.methods.optuna_tpe import OptunaTpe, TpePool
from foretune.evaluation.methods.search_history import SearchHistory
from foretune.hpo.strategies.optuna_strategy import quiet_optuna
from foretune.meta_model.meta_dataset import MetaDataset, build_meta_dataset

if TYPE_CHECKING:
    from collections.abc import Callable

    from foretune.evaluation.methods.method import Method
    from foretune.meta_model.parameters import MetaTrainingParameters

NAN = float("nan")
METHODS = [ColdGaussianProcess(), OptunaTpe()]


@pytest.fixture
def valley(meta_training: MetaTrainingParameters) -> tuple[EvaluationFold, HeldOutTask]:
    """Two learners; the better one has its best score in one corner of a logarithmic plane."""
    rng = np.random.default_rng(0)
    rows = [
        {"learner": "svm", "param_C": 10**c, "param_gamma": 10**gamma, "score": 1 - (c - 2) ** 2 - gamma**2}
        for c, gamma in rng.uniform(-3, 3, size=(160, 2))
    ]
    rows += [{"learner": "stump", "param_depth": depth, "score": -9.0 - depth} for depth in range(1, 41)]
    trials = pd.DataFrame(rows)
    trials["config_id"] = [f"c{number:03d}" for number in rng.permutation(len(trials))]
    tasks = ["a", "new"]
    trials = pd.concat([trials.assign(task_id=task) for task in tasks]).assign(strategy="sobol")
    catalogue = pd.DataFrame({"task_id": tasks, "task_type": "regression", "family": tasks})
    catalogue = catalogue.assign(provenance="real", content_hash="0")
    table = build_meta_dataset(trials, pd.DataFrame({"task_id": tasks}), catalogue, "minmax")
    meta_dataset = MetaDataset.from_table(table)
    fold = EvaluationFold(meta_dataset, "new", meta_training)
    return fold, HeldOutTask.from_meta_dataset(meta_dataset, "new")


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_trials_become_better_than_chance(valley: tuple[EvaluationFold, HeldOutTask], method: Method) -> None:
    fold, task = valley
    # Share of the pool that is worse: one half by chance, which Optuna's first ten trials are
    shares = rankdata(task.reveal_all()) / len(task)
    orders = np.array([method.search(fold, task, 40, seed) for seed in range(6)])
    assert shares[orders[:, 10:]].mean() > 0.75
    assert shares[orders[:, 10:]].max(axis=1).min() > 0.98


def test_the_gaussian_process_leaves_the_poor_learner_alone(
    valley: tuple[EvaluationFold, HeldOutTask],
) -> None:
    fold, task = valley
    order = ColdGaussianProcess().search(fold, task, 30, seed=1)
    assert (task.learners.to_numpy()[order[N_RANDOM:]] == "stump").sum() <= 4


def test_the_first_trials_are_random(valley: tuple[EvaluationFold, HeldOutTask]) -> None:
    fold, task = valley
    first = [int(ColdGaussianProcess().search(fold, task, 1, seed)[0]) for seed in range(60)]
    assert len(set(first)) > 40


def test_the_study_is_told_the_candidates_own_values(valley: tuple[EvaluationFold, HeldOutTask]) -> None:
    import optuna

    _, task = valley
    pool, history = TpePool(task), SearchHistory(task, 12, 0)
    with quiet_optuna():
        study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0))
        for _ in range(12):
            position = pool.propose(study, history)
            pool.tell(study, position, history.reveal(position))
    told = study.get_trials(states=[optuna.trial.TrialState.COMPLETE])
    assert [trial.value for trial in told] == history.scores.tolist()
    for trial, position in zip(told, history.positions, strict=True):
        learner = task.learners.iloc[position]
        assert trial.params["learner stump | svm"] == learner
        numbers = {"C", "gamma"} if learner == "svm" else {"depth"}
        assert set(trial.params) - {"learner stump | svm"} == numbers
        if learner == "stump":
            # Depths 1 to 40 at equal steps
            depth = task.candidates["depth"].iloc[position]
            assert trial.params["depth"] == pytest.approx((depth - 1) / 39)


def test_where_a_leaf_is_exhausted_the_nearest_other_is_taken(
    make_fold: Callable[..., tuple[EvaluationFold, HeldOutTask]],
) -> None:
    scores = [0.1, 0.9, 0.2, 0.3, 0.4, 0.5]
    learners = ["forest", *["svm"] * 5]
    fold, task = make_fold({"a": scores, "b": scores, "new": scores}, learners=learners)
    for seed in range(5):
        assert sorted(OptunaTpe().search(fold, task, 50, seed)) == list(range(6))


def test_a_failed_trial_teaches_tpe_nothing_and_ends_nothing(
    make_fold: Callable[..., tuple[EvaluationFold, HeldOutTask]],
) -> None:
    scores = [NAN, 0.1, NAN, 0.3, NAN, 0.5]
    fold, task = make_fold({"a": scores, "b": scores, "new": scores})
    for method in METHODS:
        assert sorted(method.search(fold, task, 6, 0)) == list(range(6))


def test_without_optuna_its_method_is_left_out_with_the_remedy(
    make_table: Callable[..., pd.DataFrame], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    meta_dataset = MetaDataset.from_table(make_table({"a": [0.1, 0.2], "b": [0.1, 0.2]}))
    assert OptunaTpe().is_applicable(meta_dataset)
    assert not caplog.text
    monkeypatch.setattr(optuna_tpe, "find_spec", lambda name: None)
    assert not OptunaTpe().is_applicable(meta_dataset)
    assert "optuna_tpe needs the package optuna: pip install 'foretune[optuna]'" in caplog.text


def test_importing_the_method_does_not_import_optuna() -> None:
    import subprocess
    import sys

    code = "import sys, foretune.evaluation.methods.optuna_tpe; print('optuna' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"
