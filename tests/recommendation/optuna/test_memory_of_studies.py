"""A sampler whose memory is made of studies, with no table at all."""

from __future__ import annotations

import contextlib
import pickle
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from tests.recommendation.optuna.conftest import network_loss

from foretune import RecommendationWarning, UserError, learn
from foretune.logs import import_logs, trials_from_study
from foretune.meta_model import save_memory
from foretune.meta_model.memory import Memory
from foretune.recommendation.core.memory_files import reference_folder
from foretune.recommendation.optuna import sampler as sampler_module
from foretune.recommendation.optuna.history import INTENDED, StudyHistory
from foretune.recommendation.optuna.notes import write_note
from foretune.recommendation.optuna.sampler import ForetuneSampler


@pytest.fixture(autouse=True)
def _silent() -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)


@pytest.fixture
def folder(memory_of_studies: Memory, tmp_path: Path) -> Path:
    save_memory(memory_of_studies, tmp_path / "memory/any")
    return tmp_path / "memory"


def _optimise(sampler: optuna.samplers.BaseSampler, n_trials: int = 6) -> optuna.Study:
    study = optuna.create_study(sampler=sampler)
    study.optimize(lambda trial: network_loss(trial, 0.011), n_trials=n_trials)
    return study


def test_a_memory_of_studies_begins_where_they_ended(memory_of_studies: Memory) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ours = _optimise(ForetuneSampler(memory=memory_of_studies, seed=0))
    random = [_optimise(optuna.samplers.TPESampler(seed=seed)).best_value for seed in range(4)]
    assert ours.best_value < 0.5 * np.mean(random)
    assert all(INTENDED in trial.system_attrs for trial in ours.trials)
    assert len({tuple(trial.params.items()) for trial in ours.trials}) == 6


def test_a_folder_serves_as_well_as_what_is_in_it(folder: Path, memory_of_studies: Memory) -> None:
    of_folder = _optimise(ForetuneSampler(memory=folder, seed=0))
    of_memory = _optimise(pickle.loads(pickle.dumps(ForetuneSampler(memory=memory_of_studies, seed=0))))
    assert [one.params for one in of_folder.trials] == [one.params for one in of_memory.trials]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "X and y are missing: give the table, or by `memory`"),
        ({"y": [1, 2]}, "X is None: give the table as well, or neither"),
        ({"X": [[1], [2]]}, "y is None"),
        ({"memory": "nowhere"}, "nowhere has no memory .* there is no such folder"),
        ({"task_type": "other"}, "task_type = 'other'"),
        ({"task_type": "regression", "column_types": {}}, "column_types: there is no table"),
        ({"memory": "reference"}, "task_type is missing: the memory is for classification and regression"),
    ],
    ids=str,
)
def test_what_is_missing_is_said_in_a_line(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        ForetuneSampler(**arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(
    not (reference_folder() / "classification").is_dir(), reason="the package carries no reference memory"
)
def test_the_memory_that_ships_serves_a_task_without_a_table() -> None:
    sampler = ForetuneSampler(task_type="classification", learner="svm", seed=0)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.optimize(
        lambda trial: -abs(np.log10(trial.suggest_float("svc__C", 0.01, 1e4, log=True))), n_trials=3
    )
    # Not left out for the number of rows, which nobody knows
    assert all(trial.system_attrs[INTENDED]["learner"] == "svm" for trial in study.trials)
    with pytest.warns(RecommendationWarning, match="no known task is like this one"):
        ForetuneSampler(task_type="classification", learner="svm", metafeatures={"simple.log_n_rows": 1e9})


def _cost_loss(trial: optuna.Trial) -> float:
    return float(np.log10(trial.suggest_float("C", 0.1, 10, log=True) / 2) ** 2)


def test_the_library_default_needs_a_task_type() -> None:
    studies = [optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed)) for seed in range(2)]
    for study in studies:
        study.optimize(_cost_loss, n_trials=8)
    logs = [trials_from_study(study, f"task_{at}", "svm") for at, study in enumerate(studies)]
    memory = import_logs(logs).train_memories()["any"]
    with pytest.raises(UserError, match=r"task_type is missing: .* the library default of svm depends on it"):
        ForetuneSampler(memory=memory)
    study = optuna.create_study(sampler=ForetuneSampler(memory=memory, task_type="regression", seed=0))
    study.optimize(_cost_loss, n_trials=3)
    assert 1.0 in [trial.params["C"] for trial in study.trials]


def test_ask_and_tell_with_spaces_that_are_given_beforehand(memory_of_studies: Memory) -> None:
    study = optuna.create_study(sampler=ForetuneSampler(memory=memory_of_studies, seed=0))
    given = {"lr": FloatDistribution(1e-4, 1e-1, log=True), "dropout": FloatDistribution(0, 1)}
    for _ in range(4):
        trial = study.ask(given)
        assert trial.params.keys() == given.keys()
        study.tell(trial, trial.params["lr"])
    assert len({trial.params["lr"] for trial in study.trials}) == 4


def test_a_fixed_part_is_kept_to(memory_of_studies: Memory) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        sampler = optuna.samplers.PartialFixedSampler(
            {"act": "tanh", "units": 32}, ForetuneSampler(memory=memory_of_studies, seed=0)
        )
    study = _optimise(sampler, 4)
    assert {(trial.params["act"], trial.params["units"]) for trial in study.trials} == {("tanh", 32)}
    assert len({trial.params["lr"] for trial in study.trials}) == 4
    for trial in study.trials:
        assert trial.system_attrs[INTENDED]["params"] == trial.params


def test_several_objectives_are_refused_in_a_line(memory_of_studies: Memory) -> None:
    study = optuna.create_study(
        directions=["minimize"] * 2, sampler=ForetuneSampler(memory=memory_of_studies)
    )
    with pytest.raises(UserError, match="one objective, this one has 2: make the others constraints"):
        study.optimize(lambda trial: (network_loss(trial, 0.01), 1.0), n_trials=1)


WORKER = """
import sys
import optuna
from foretune import ForetuneSampler

journal, folder = sys.argv[1:]
storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(journal))
sampler = ForetuneSampler(memory=folder, seed=0)
study = optuna.load_study(study_name="shared", storage=storage, sampler=sampler)


def objective(trial):
    rate = trial.suggest_float("lr", 1e-4, 1e-1, log=True)
    return rate * trial.suggest_int("units", 8, 256, log=True)


study.optimize(objective, n_trials=4)
"""


@pytest.mark.slow
def test_processes_share_a_journal(folder: Path, tmp_path: Path) -> None:
    journal = tmp_path / "study.log"
    storage = optuna.storages.JournalStorage(JournalFileBackend(str(journal)))
    study = optuna.create_study(study_name="shared", storage=storage)
    command = [sys.executable, "-c", WORKER, str(journal), str(folder)]
    workers = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    errors = [worker.communicate(timeout=240)[1] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], errors
    assert len({tuple(trial.params.items()) for trial in study.trials}) == len(study.trials) == 8


def _shared_studies(memory: Memory, journal: Path, n: int = 2) -> list[optuna.Study]:
    """Return a study as each of several processes has it."""
    optuna.create_study(study_name="shared", storage=JournalStorage(JournalFileBackend(str(journal))))
    return [
        optuna.load_study(
            study_name="shared",
            storage=JournalStorage(JournalFileBackend(str(journal))),
            sampler=ForetuneSampler(memory=memory, seed=0),
        )
        for _ in range(n)
    ]


def test_what_another_process_tries_while_one_chooses_is_not_tried_again(
    memory_of_studies: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, other = _shared_studies(memory_of_studies, tmp_path / "study.log")
    search = ForetuneSampler._search
    # Begins and ends between what a choice reads and what it writes
    waiting = [lambda: other.optimize(lambda trial: network_loss(trial, 0.011), n_trials=1)]

    def search_slowly(self: ForetuneSampler, *arguments: Any) -> Any:
        found = search(self, *arguments)
        if self is ours.sampler and waiting:
            waiting.pop()()
        return found

    monkeypatch.setattr(ForetuneSampler, "_search", search_slowly)
    # The other one does not leave the first choice to the trial that has begun
    read = StudyHistory.read
    monkeypatch.setattr(StudyHistory, "read", lambda *given: replace(read(*given), n_undecided=0))
    ours.optimize(lambda trial: network_loss(trial, 0.011), n_trials=1)
    assert not waiting
    assert len({tuple(trial.params.items()) for trial in ours.trials}) == len(ours.trials) == 2


def test_processes_that_choose_the_same_at_once_do_not_do_so_again(
    memory_of_studies: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studies = _shared_studies(memory_of_studies, tmp_path / "study.log")
    read = StudyHistory.read
    monkeypatch.setattr(StudyHistory, "read", lambda *given: replace(read(*given), n_undecided=0))
    # Each sees what the other has written, as long as both go on choosing
    meeting = threading.Barrier(2)
    write = write_note

    def write_together(study: optuna.Study, trial: Any, name: str, value: Any) -> None:
        write(study, trial, name, value)
        if name == INTENDED:
            with contextlib.suppress(threading.BrokenBarrierError):
                meeting.wait(timeout=5)

    monkeypatch.setattr(sampler_module, "write_note", write_together)
    with ThreadPoolExecutor(2) as pool:
        trials = [study.ask() for study in studies]
        list(pool.map(lambda trial: network_loss(trial, 0.011), trials))
    assert trials[0].params != trials[1].params


def _machine_loss(trial: optuna.Trial, best: float) -> float:
    """Bowl in C and gamma, far below which the default of gamma lies, for which the study has no word."""
    cost = trial.suggest_float("C", 1e-3, 1e3, log=True)
    kernel = trial.suggest_categorical("kernel", ["rbf", "linear"])
    loss = float(np.log10(cost / best) ** 2)
    if kernel == "linear":
        return loss + 1
    return loss + float(np.log10(trial.suggest_float("gamma", 1e-5, 10, log=True) / 1e-2) ** 2)


def test_no_value_is_made_up_for_what_the_library_default_leaves_out() -> None:
    studies = []
    for seed in range(3):
        study = optuna.create_study(
            sampler=optuna.samplers.RandomSampler(seed=seed), study_name=f"task {seed}"
        )
        study.optimize(lambda trial: _machine_loss(trial, 2.0), n_trials=20)
        studies.append(study)
    memory = learn(studies, learner="svm")
    # Of two types, whose default is known by that of the table, and comes first on few rows
    X, y = np.arange(40.0).reshape(20, 2), np.arange(20) % 2
    sampler = ForetuneSampler(X, y, "svm", memory=memory, seed=0)
    study = optuna.create_study(sampler=sampler)
    study.optimize(lambda trial: _machine_loss(trial, 2.0), n_trials=4)
    assert all(trial.params["C"] != 1.0 for trial in study.trials)
    random = np.median([trial.value for one in studies for trial in one.trials])
    assert study.trials[0].value < 0.5 * random
