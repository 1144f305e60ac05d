from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import optuna
import pandas as pd
import pytest
from scipy.stats import rankdata

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods import optuna_tpe
from foretune.evaluation.methods.optuna_tpe import OptunaTpe, TpePool
from foretune.evaluation.methods.search_history import SearchHistory
from foretune.hpo.strategies.optuna_strategy import quiet_optuna
from foretune.meta_model.meta_dataset import MetaDataset


def test_trials_become_better_than_chance(valley: tuple[EvaluationFold, HeldOutTask]) -> None:
    fold, task = valley
    # Share of the pool that is worse: one half by chance, which Optuna's first ten trials are
    shares = rankdata(task.reveal_all()) / len(task)
    orders = np.array([OptunaTpe().search(fold, task, 40, seed) for seed in range(6)])
    assert shares[orders[:, 10:]].mean() > 0.75
    assert shares[orders[:, 10:]].max(axis=1).min() > 0.98


def test_the_study_is_told_the_candidates_own_values(valley: tuple[EvaluationFold, HeldOutTask]) -> None:
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


def test_without_optuna_its_method_is_left_out_with_the_remedy(
    make_table: Callable[..., pd.DataFrame], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    meta_dataset = MetaDataset.from_table(make_table({"a": [0.1, 0.2], "b": [0.1, 0.2]}))
    assert OptunaTpe().is_applicable(meta_dataset)
    assert not caplog.text
    monkeypatch.setattr(optuna_tpe, "find_spec", lambda name: None)
    assert not OptunaTpe().is_applicable(meta_dataset)
    assert "optuna_tpe needs the package optuna: pip install '.[optuna]'" in caplog.text


def test_a_proposal_is_answered_by_the_nearest_candidate(valley: tuple[EvaluationFold, HeldOutTask]) -> None:
    _, task = valley
    with quiet_optuna():
        study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0))
        # C = 10 and gamma = 0.1 on a scale from -3 to 3, as far as the pool reaches
        study.enqueue_trial({"learner stump | svm": "svm", "C": 2 / 3, "gamma": 1 / 3})
        position = TpePool(task).propose(study, SearchHistory(task, 5, 0))
    assert task.learners.iloc[position] == "svm"
    exponents = np.log10(task.candidates[["C", "gamma"]].to_numpy())
    distances = ((exponents - [1, -1]) ** 2).sum(axis=1)
    assert distances[position] < np.nanquantile(distances, 0.02)
    assert [trial.state.name for trial in study.trials] == ["FAIL"]


@pytest.mark.slow
def test_importing_the_method_does_not_import_optuna() -> None:
    code = "import sys, foretune.evaluation.methods.optuna_tpe; print('optuna' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"
