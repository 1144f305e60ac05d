from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from foretune.base import ArgumentError
from foretune.recommendation.core.memory_files import (
    find_memory,
    folder_of,
    reference_folder,
    task_types_in,
    why_not_found,
)


def test_reference_is_a_word_and_dot_slash_reference_a_folder() -> None:
    assert folder_of("reference") == folder_of(None) == reference_folder()
    assert folder_of("./reference") == Path("reference")
    assert folder_of(Path("~/mine")) == Path.home() / "mine"
    with pytest.raises(ArgumentError, match="folder = 3 must be the path of a folder"):
        folder_of(3)


def test_a_metric_has_a_folder_of_its_own_or_that_of_the_score(memory_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(memory_folder / "regression", tmp_path / "regression")
    shutil.copytree(memory_folder / "regression", tmp_path / "metrics/regression.mae")
    assert task_types_in(tmp_path) == ["regression"]
    assert find_memory(tmp_path, "regression", "mae") == tmp_path / "metrics/regression.mae"
    assert find_memory(tmp_path, "regression", "rmse") == tmp_path / "regression"
    assert find_memory(tmp_path, "classification") is None


def test_what_is_missing_is_named_with_the_remedy(memory_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(memory_folder / "regression", tmp_path / "some/regression")
    (tmp_path / "empty").mkdir()
    said = {name: str(why_not_found(tmp_path / name, "classification")) for name in ("some", "empty", "no")}
    assert said["some"].endswith("some has no memory of classification tasks: it has one of regression tasks")
    inner = str(why_not_found(tmp_path / "some/regression", "regression"))
    assert inner.endswith(f"it is a memory itself, name the folder that it lies in: {tmp_path / 'some'}")
    assert said["empty"].endswith("run the pipeline meta_training first")
    assert said["no"].endswith("there is no such folder")
    assert str(why_not_found(reference_folder(), "any")).endswith(
        "it has one of classification, regression tasks"
    )
