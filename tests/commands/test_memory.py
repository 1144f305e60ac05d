from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from foretune.commands.memory import memory
from foretune.meta_model import merging
from foretune.meta_model.artifact import read_memory, save_memory
from foretune.meta_model.memory import Memory
from foretune.meta_model.merging import train_like
from foretune.meta_model.parameters import MetaTrainingParameters
from foretune.meta_model.restoring import restore_trials
from foretune.recommendation.core import merged_memory
from foretune.recommendation.core.memory_files import reference_folder


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(memory, [str(argument) for argument in arguments])


def _train_lightly(*arguments: Any) -> Memory:
    few = MetaTrainingParameters().level.model_copy(update={"n_rounds": 3})
    parameters = MetaTrainingParameters(n_members=2, surrogate=few, main_effect=few, level=few)
    first, trials, provenance = arguments[:3]
    return train_like(first, trials, provenance, parameters)


@pytest.fixture(autouse=True)
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merged_memory, "train_like", _train_lightly)


# Trained once for all tests, which do not change it
_trained: list[Memory] = []


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Folder with a memory of five tasks of the shipped one, two of them of one family."""
    if not _trained:
        shipped = read_memory(reference_folder() / "regression")
        trials = restore_trials(shipped)
        families = trials.tasks["family"]
        pair = families[families.duplicated(keep=False)].sort_values(kind="stable").index[:2]
        others = families.index[~families.duplicated(keep=False)][:3]
        kept = trials.without(np.setdiff1d(trials.tasks.index, [*pair, *others]))
        _trained.append(_train_lightly(shipped, kept, shipped.provenance))
    save_memory(_trained[0], tmp_path / "small/regression")
    return tmp_path / "small"


def test_merging_says_what_was_done(small: Path, tmp_path: Path) -> None:
    ran = _run("merge", small, small, "-o", tmp_path / "out")
    assert ran.exit_code == 0, ran.output
    again, merged, wrote = ran.output.splitlines()
    assert again.startswith(f"{small} has 5 tables again, and its trials count: '")
    assert merged.startswith("regression: 5 tasks, merged in ")
    assert wrote == f"wrote {tmp_path / 'out'}"
    assert read_memory(tmp_path / "out/regression").task_hashes == _trained[0].task_hashes


def test_wrong_folders_are_one_line(small: Path, tmp_path: Path) -> None:
    for given, said in (
        ([small], "1 folder: at least 2 can be merged"),
        ([small, tmp_path / "no"], "no has no memory of any tasks: there is no such folder"),
    ):
        ran = _run("merge", *given, "-o", tmp_path / "out")
        assert ran.exit_code == 1
        assert said in ran.output
        assert len(ran.output.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_memory_is_shown_as_tables_or_json(small: Path) -> None:
    shown = _run("show", small)
    assert shown.exit_code == 0, shown.output
    assert "regression: learner" in shown.output
    (described,) = json.loads(_run("show", small, "--json").output)
    assert (described["n_tasks"], described["n_families"]) == (5, 4)
    assert json.loads(_run("show", "reference", "--json").output)[0]["n_tasks"] > 100


def test_tasks_are_listed_as_a_table_or_json(small: Path) -> None:
    listed = json.loads(_run("tasks", small, "--json").output)
    assert [one["task_id"] for one in listed] == sorted(_trained[0].task_hashes)
    shown = _run("tasks", small, "--task-type", "regression").output
    assert all(one["task_id"] in shown for one in listed)
    assert "it has one of regression tasks" in _run("tasks", small, "--task-type", "classification").output


def test_tasks_are_removed_by_name_or_family(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging, "train_like", _train_lightly)
    task, family = next(iter(_trained[0].task_hashes)), _trained[0].training_set.families[0]
    ran = _run("remove", small, "--task", task, "--family", family, "-o", tmp_path / "out")
    assert ran.exit_code == 0, ran.output
    n_left = sum(one != family for one in _trained[0].training_set.families)
    assert ran.output.splitlines() == [f"regression: {n_left} tasks are left", f"wrote {tmp_path / 'out'}"]
    assert family not in read_memory(tmp_path / "out/regression").training_set.families
    assert "say what to remove: --task, --family" in _run("remove", small, "-o", tmp_path / "other").output
    unknown = _run("remove", small, "--task", "no such", "-o", tmp_path / "other")
    assert (unknown.exit_code, len(unknown.output.splitlines())) == (1, 1)


def test_examples_of_the_help_are_lines() -> None:
    for name in ("merge", "show", "tasks", "remove"):
        lines = _run(name, "--help").output.splitlines()
        assert [line for line in lines if line.startswith(f"    foretune memory {name} ")]
