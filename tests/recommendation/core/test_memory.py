from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from sklearn.datasets import load_diabetes, load_iris

import foretune
from foretune.recommendation.core.memory import MemoryNotFoundError, load_memory

if TYPE_CHECKING:
    from pathlib import Path


def test_a_memory_of_any_type_serves_both(memory_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(memory_folder / "regression", tmp_path / "any")
    assert load_memory("regression", tmp_path).task_type == load_memory("classification", tmp_path).task_type
    assert len(foretune.suggest(*load_diabetes(return_X_y=True), k=2, memory=tmp_path)) == 2
    assert len(foretune.suggest(*load_iris(return_X_y=True), k=2, memory=tmp_path)) == 2


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
