from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris

import foretune
from foretune import MetaSearchCV
from foretune.base import TaskType
from foretune.meta_model.artifact import read_memory, save_provenance
from foretune.meta_model.cost_model import UNKNOWN, CostModel, costs_to_json
from foretune.recommendation.core.memory import load_memory
from foretune.recommendation.core.memory_files import MemoryNotFoundError


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


@pytest.mark.slow
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


@pytest.fixture
def with_mae(memory_folder: Path, tmp_path: Path) -> Path:
    """Folder with a memory of R2, and one that predicts the mean absolute error."""
    shutil.copytree(memory_folder / "regression", tmp_path / "regression")
    further = tmp_path / "metrics/regression.mae"
    shutil.copytree(memory_folder / "regression", further)
    known = read_memory(further).provenance
    assert known is not None
    save_provenance(replace(known, score="mae"), further)
    return tmp_path


@pytest.mark.parametrize(("metric", "predicted"), [("mae", "mae"), ("rmse", "r2"), (None, "r2")])
def test_a_metric_has_its_own_memory_or_that_of_the_score(
    with_mae: Path, metric: str | None, predicted: str
) -> None:
    provenance = load_memory("regression", with_mae, metric=metric).provenance
    assert provenance is not None
    assert provenance.score == predicted


@pytest.mark.parametrize(
    ("scoring", "predicted", "is_another"),
    [
        (None, "r2", False),
        ("r2", "r2", False),
        ("neg_mean_absolute_error", "mae", False),
        ("neg_median_absolute_error", "mae", True),
        # On the same folds both rank alike
        ("neg_root_mean_squared_error", "r2", False),
    ],
)
def test_a_suggestion_is_by_the_score_asked_for_or_the_nearest(
    with_mae: Path, scoring: str | None, predicted: str, *, is_another: bool
) -> None:
    X, y = load_diabetes(return_X_y=True)
    suggested = foretune.suggest(X, y, k=2, memory=with_mae, scoring=scoring)
    assert suggested.attrs["score"] == predicted
    note = f"the memory does not predict {scoring}: what is recommended is ranked by {predicted}"
    assert (note in suggested.attrs["notes"]) is is_another


def test_a_search_is_led_by_the_memory_of_its_score(with_mae: Path) -> None:
    X, y = load_diabetes(return_X_y=True)
    asked = {
        scoring: MetaSearchCV("k_nearest_neighbours", n_trials=1, scoring=scoring, memory=with_mae, cv=3).fit(
            X, y
        )
        for scoring in ("neg_mean_absolute_error", "neg_max_error")
    }
    for scoring, search in asked.items():
        is_known = scoring == "neg_mean_absolute_error"
        assert np.isfinite(search.cv_results_["predicted_score"]).all() == is_known
        assert any(f"does not predict {scoring}" in note for note in search.notes_) != is_known
