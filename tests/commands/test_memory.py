from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from foretune.commands.memory import memory
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
