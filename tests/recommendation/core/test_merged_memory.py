from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_wine

import foretune
from foretune.base import UserError
from foretune.learners import PreprocessingParameters
from foretune.meta_model.artifact import read_memory, save_memory, save_provenance
from foretune.meta_model.memory import Memory
from foretune.meta_model.merging import train_like
from foretune.meta_model.parameters import MetaTrainingParameters
from foretune.meta_model.provenance import Provenance
from foretune.meta_model.restoring import RestoredTrials
from foretune.recommendation.core import merged_memory
from foretune.recommendation.core.memory import load_memory
from foretune.recommendation.core.merged_memory import load_merged, merge_folders


@pytest.fixture
def other(memory_folder: Path, tmp_path: Path) -> Path:
    """Folder with the same trials of classification, as those of other, similar tables."""
    known = read_memory(memory_folder / "classification")
    families = tuple(f"other_{name}" for name in known.training_set.families)
    renamed = replace(
        known,
        task_hashes={f"other_{name}": f"other {content}" for name, content in known.task_hashes.items()},
        training_set=known.training_set._replace(
            families=families, metafeatures=known.training_set.metafeatures * np.float32(1.3)
        ),
    )
    save_memory(renamed, tmp_path / "other/classification")
    return tmp_path / "other"


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    monkeypatch.setenv("FORETUNE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(merged_memory, "train_like", _train_lightly)
    merged_memory._cached.cache_clear()
    yield tmp_path / "cache"
    merged_memory._cached.cache_clear()


def _train_lightly(first: Memory, trials: RestoredTrials, provenance: Provenance, *others: Any) -> Memory:
    few = MetaTrainingParameters().level.model_copy(update={"n_rounds": 5})
    parameters = MetaTrainingParameters(n_members=2, surrogate=few, main_effect=few, level=few)
    return train_like(first, trials, provenance, parameters, *others[1:])


def _no_training(*_: object, **__: object) -> None:
    raise AssertionError("trained once more")


@pytest.mark.slow
def test_several_folders_are_merged_once(
    memory_folder: Path,
    other: Path,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    first = load_memory("classification", [memory_folder, other])
    names = {*load_memory("classification", memory_folder).task_hashes}
    assert set(first.task_hashes) == names | {f"other_{name}" for name in names}
    (line,) = [one for one in caplog.messages if one.startswith("merged")]
    (kept,) = (cache / "merged").iterdir()
    assert line.startswith(f"merged {memory_folder} and {other} into one memory of 8 classification tasks in")
    assert line.endswith(f" s, kept in {kept}")
    assert load_memory("classification", [memory_folder, other]) is first
    merged_memory._cached.cache_clear()
    monkeypatch.setattr(merged_memory, "train_like", _no_training)
    again = load_memory("classification", [str(memory_folder), other])
    for name in ("target", "residual", "level"):
        np.testing.assert_array_equal(getattr(again.residuals, name), getattr(first.residuals, name))
    # Of other inputs it is another one
    known = read_memory(other / "classification").provenance
    assert known is not None
    save_provenance(replace(known, n_folds=9), other / "classification")
    with pytest.raises(AssertionError, match="trained once more"):
        load_memory("classification", [memory_folder, other])
    with pytest.raises(AssertionError, match="trained once more"):
        load_memory("classification", [other, memory_folder])


@pytest.mark.slow
def test_a_damaged_one_is_merged_again(memory_folder: Path, other: Path, cache: Path) -> None:
    first = load_memory("classification", [memory_folder, other])
    (kept,) = (cache / "merged").iterdir()
    (kept / "members.npz").write_bytes(b"")
    merged_memory._cached.cache_clear()
    again = load_memory("classification", [memory_folder, other])
    np.testing.assert_array_equal(again.residuals.residual, first.residuals.residual)
    assert read_memory(kept).task_hashes == first.task_hashes


def test_without_a_place_to_keep_it_it_is_used_all_the_same(
    memory_folder: Path,
    other: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FORETUNE_CACHE", str(tmp_path / "file"))
    assert len(load_memory("classification", [memory_folder, other]).task_hashes) == 8
    assert "cannot be written" in caplog.messages[-1]


def test_a_folder_without_the_task_type_counts_for_nothing(
    memory_folder: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merged_memory, "train_like", _no_training)
    assert load_merged("regression", [other, memory_folder]) is load_memory("regression", memory_folder)


def test_suggestions_and_searches_start_from_several(memory_folder: Path, other: Path) -> None:
    X, y = load_wine(return_X_y=True)
    both = [memory_folder, other]
    suggested = foretune.suggest(X, y, "svm", k=2, memory=both)
    one = foretune.suggest(X, y, "svm", k=2, memory=load_memory("classification", both))
    assert suggested["config_id"].tolist() == one["config_id"].tolist()
    search = foretune.MetaSearchCV("svm", n_trials=1, memory=both, cv=3).fit(X, y)
    assert search.best_params_
    assert foretune.ForetuneSampler(X, y, "svm", memory=both)


@pytest.mark.parametrize(
    ("memory", "said"),
    [
        ([], "memory is an empty list"),
        (["reference", 3], "memory = 3 must be the path of a folder"),
        (["reference", "nowhere"], "nowhere has no memory of any tasks: there is no such folder"),
    ],
)
def test_a_wrong_list_is_one_line(memory: list[object], said: str) -> None:
    X, y = load_wine(return_X_y=True)
    with pytest.raises(UserError, match=said):
        foretune.suggest(X, y, memory=memory)


def _with_metric(folder: Path, task_type: str, metric: str) -> None:
    further = folder / f"metrics/{task_type}.{metric}"
    shutil.copytree(folder / task_type, further)
    known = read_memory(further).provenance
    assert known is not None
    save_provenance(replace(known, score=metric), further)


@pytest.mark.slow
def test_a_merged_folder_has_all_task_types_and_the_metrics_that_all_know(
    memory_folder: Path, other: Path, tmp_path: Path
) -> None:
    first = tmp_path / "first"
    shutil.copytree(memory_folder, first)
    for metric in ("log_loss", "accuracy"):
        _with_metric(first, "classification", metric)
    _with_metric(other, "classification", "log_loss")
    _with_metric(first, "regression", "mae")
    known = read_memory(other / "classification").provenance
    assert known is not None
    changed = replace(known, preprocessing=PreprocessingParameters(max_categories=3))
    save_provenance(changed, other / "classification")
    labels = []
    made = merge_folders([first, other], tmp_path / "out", on_progress=lambda label, *_: labels.append(label))
    names = ["classification", "metrics/classification.log_loss", "regression", "metrics/regression.mae"]
    assert [(one.name, one.n_tasks) for one in made] == list(zip(names, [8, 8, 4, 4], strict=True))
    assert set(labels) == set(names[:2])
    assert made[0].notes == (f"preprocessing: '{other}' has another, that of '{first}' is taken",)
    written = load_memory("classification", tmp_path / "out", metric="log_loss")
    assert written.provenance is not None
    assert written.provenance.score == "log_loss"
    assert load_memory("regression", tmp_path / "out").task_hashes.keys() == set(
        load_memory("regression", memory_folder).task_hashes
    )
    with pytest.raises(UserError, match="out is not empty: choose another folder"):
        merge_folders([first, other], tmp_path / "out")
    # A search for a metric that all know merges the memories of this metric
    assert load_merged("classification", [first, other], metric="log_loss").provenance.score == "log_loss"


@pytest.mark.slow
def test_no_source_takes_the_result(memory_folder: Path, other: Path) -> None:
    before = sorted(other.rglob("*"))
    with pytest.raises(UserError, match=r"x is in .*, which is merged: choose a folder outside of it"):
        merge_folders([memory_folder, other], other / "deep/x")
    assert sorted(other.rglob("*")) == before


def test_a_memory_of_logs_of_any_type_becomes_a_part_of_each_other(
    memory_folder: Path, other: Path, tmp_path: Path
) -> None:
    of_logs = read_memory(other / "classification")
    assert of_logs.provenance is not None
    unnamed = replace(of_logs, task_type="any", provenance=replace(of_logs.provenance, score=None))
    save_memory(unnamed, tmp_path / "logs/any")
    made = merge_folders([memory_folder, tmp_path / "logs"], tmp_path / "out")
    alone = {name: read_memory(memory_folder / name) for name in ("classification", "regression")}
    assert {one.name for one in made} >= alone.keys()
    for name, memory in alone.items():
        merged = read_memory(tmp_path / "out" / name)
        assert merged.task_type == name
        assert len(merged.task_hashes) >= len(memory.task_hashes)
    assert not (tmp_path / "out/any").exists()


def test_a_loaded_memory_in_a_list_is_merged_once(
    memory_folder: Path, other: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORETUNE_CACHE", str(tmp_path / "cache"))
    loaded = read_memory(other / "classification")
    first = load_merged("classification", [memory_folder, loaded])
    kept = sorted((tmp_path / "cache/given").glob("*/classification/manifest.json"))
    assert len(kept) == 1
    assert load_merged("classification", [memory_folder, replace(loaded)]) is first
    assert first.task_hashes == load_merged("classification", [memory_folder, other]).task_hashes


def test_a_memory_that_fails_leaves_nothing_behind(
    memory_folder: Path, other: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    known = read_memory(other / "classification").provenance
    assert known is not None
    save_provenance(replace(known, score="accuracy"), other / "classification")
    with pytest.raises(
        UserError, match=r"predicts balanced_accuracy, .* accuracy: only memories of the same"
    ):
        merge_folders([memory_folder, other], tmp_path / "out")
    assert not (tmp_path / "out").exists()
