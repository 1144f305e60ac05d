from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from foretune.base import UserError
from foretune.meta_model.artifact import read_memory
from foretune.meta_model.memory import Memory
from foretune.recommendation.core import shown_memory
from foretune.recommendation.core.shown_memory import describe_folder, list_tasks, remove_from_folder


@pytest.fixture
def folder(memory_folder: Path, tmp_path: Path) -> Path:
    for task_type in ("classification", "regression"):
        shutil.copytree(memory_folder / task_type, tmp_path / "own" / task_type)
    shutil.copytree(memory_folder / "regression", tmp_path / "own/metrics/regression.mae")
    return tmp_path / "own"


def test_a_folder_is_described_with_its_further_metrics(folder: Path) -> None:
    described = describe_folder(folder)
    assert [one["name"] for one in described] == ["classification", "regression", "metrics/regression.mae"]
    first = described[0]
    assert (first["score"], first["n_tasks"], first["n_folds"]) == ("balanced_accuracy", 4, 3)
    assert sum(row["n_trials"] for row in first["learners"]) == first["n_trials"]
    assert sum(row["n_configurations"] for row in first["learners"]) == first["n_configurations"]
    assert list(first["sizes"][0].values()) == ["up to 1,000", 4, 4, first["n_trials"]]


def test_tasks_are_listed_of_all_types_or_one(folder: Path) -> None:
    assert [one["task_type"] for one in list_tasks(folder)] == ["classification"] * 4 + ["regression"] * 4
    (wine,) = [one for one in list_tasks(folder, "classification") if one["task_id"] == "wine"]
    assert wine["family"] == "wine"
    assert wine["n_rows"] == 90
    assert wine["n_evaluations"] > 20
    with pytest.raises(UserError, match="has no memory of ranking tasks: it has one of classification, regr"):
        list_tasks(folder, "ranking")


@pytest.mark.slow
def test_only_memories_with_the_tasks_are_trained_anew(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def train(memory: Memory, task_ids: Any, families: Any, **_: Any) -> Memory:
        assert (task_ids, families) == (["servo"], [])
        return memory.without(["servo"])

    monkeypatch.setattr(shown_memory, "without_tasks", train)
    left = remove_from_folder(folder, tmp_path / "out", ["servo"])
    assert left == {"classification": 4, "regression": 3, "metrics/regression.mae": 3}
    assert "servo" not in read_memory(tmp_path / "out/metrics/regression.mae").task_hashes
    assert read_memory(tmp_path / "out/classification").task_hashes.keys() == set(
        read_memory(folder / "classification").task_hashes
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"task_ids": ["wines"]}, r"has no task 'wines' \(did you mean 'wine'\?\)"),
        ({"families": ["no such"]}, "has no family 'no such': `foretune memory tasks` lists what it has"),
    ],
)
def test_what_is_not_there_is_not_removed(
    folder: Path, tmp_path: Path, given: dict[str, list[str]], said: str
) -> None:
    with pytest.raises(UserError, match=said):
        remove_from_folder(folder, tmp_path / "out", **given)
    assert not (tmp_path / "out").exists()


def test_a_folder_without_a_memory_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="run the pipeline meta_training first"):
        describe_folder(tmp_path)
