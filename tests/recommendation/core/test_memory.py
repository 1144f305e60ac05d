from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sklearn.datasets import load_diabetes, load_iris

import foretune
from foretune.base import TaskType
from foretune.meta_model.cost_model import UNKNOWN, CostModel, costs_to_json
from foretune.recommendation.core.memory import MemoryNotFoundError, load_memory


def test_a_memory_of_any_type_serves_both(memory_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(memory_folder / "regression", tmp_path / "any")
    assert load_memory("regression", tmp_path).task_type == load_memory("classification", tmp_path).task_type
    assert len(foretune.suggest(*load_diabetes(return_X_y=True), k=2, memory=tmp_path)) == 2
    assert len(foretune.suggest(*load_iris(return_X_y=True), k=2, memory=tmp_path)) == 2


def test_costs_beside_the_folder_are_those_of_a_memory_without(memory_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "surrogates"
    shutil.copytree(memory_folder / "regression", folder / "regression")
    before = load_memory("regression", folder).provenance
    assert before is not None
    assert before.costs is None
    costs = CostModel(learners={"mine": UNKNOWN})
    (tmp_path / "learner_costs.json").write_text(json.dumps(costs_to_json({"regression": costs})))
    after = load_memory("regression", folder).provenance
    assert after is not None
    assert after.costs == costs


def test_the_table_s_own_type_comes_first(memory_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(memory_folder / "classification", tmp_path / "classification")
    shutil.copytree(memory_folder / "regression", tmp_path / "any")
    assert load_memory("classification", tmp_path).task_type == "classification"
    assert load_memory("regression", tmp_path).task_type == "regression"


def test_a_memory_of_another_type_says_which_it_has(memory_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(memory_folder / "regression", tmp_path / "ranking")
    with pytest.raises(
        MemoryNotFoundError, match=r"no memory of regression tasks: it has one of ranking tasks"
    ):
        load_memory("regression", tmp_path)


def test_it_is_kept_until_its_files_change(memory_folder: Path) -> None:
    first = load_memory("classification", memory_folder)
    assert load_memory("classification", memory_folder) is first
    manifest = memory_folder / "classification/manifest.json"
    manifest.touch()
    assert load_memory("classification", memory_folder) is not first


def _alter(memory_folder: Path, first: int, last: int) -> dict[str, int]:
    """Outcomes of the alterations with these seeds, in a process that may crash."""
    script = Path(__file__).parents[1] / "altered_memories.py"
    command = [sys.executable, str(script), str(memory_folder), str(first), str(last)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert ended.returncode == 0, f"ended with {ended.returncode}: {ended.stderr[-3000:]}"
    return dict(json.loads(ended.stdout))


def test_an_altered_memory_with_valid_checksums_is_refused_or_gives_a_result(memory_folder: Path) -> None:
    outcomes = _alter(memory_folder, 0, 25)
    assert sum(outcomes.values()) == 25
    assert outcomes["refused"] > outcomes["result"] > 0


@pytest.mark.thorough
def test_five_hundred_altered_memories_are_refused_or_give_a_result(memory_folder: Path) -> None:
    outcomes = _alter(memory_folder, 25, 525)
    assert sum(outcomes.values()) == 500
    assert outcomes["refused"] > outcomes["result"] > 0


@pytest.mark.parametrize("task_type", ["classification", "regression"])
def test_the_memory_that_ships_knows_dates_and_truth_values(task_type: TaskType) -> None:
    known = load_memory(task_type)
    for name in ("simple.share_time", "simple.share_boolean"):
        shares = known.training_set.metafeatures[:, known.metafeatures.index(name)]
        assert shares.min() == 0
        assert shares.max() > 0
