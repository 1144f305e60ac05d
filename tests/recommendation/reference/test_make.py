from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from foretune.commands.reference import reference
from foretune.recommendation.reference import make as reference_memory
from foretune.recommendation.reference.make import (
    IncompleteReferenceError,
    compare_memories,
    count_tasks,
    export_reference,
)


@pytest.fixture
def table() -> pd.DataFrame:
    """Two real tasks and a synthetic one; a configuration of the second failed."""
    rows = [
        {
            "task_id": task,
            "task_type": "classification",
            "family": task,
            "provenance": "synthetic" if task == "made" else "real",
            "content_hash": f"hash of {task}",
            "learner": learner,
            "config_id": f"{learner}{number}",
            "is_default": number == 0,
            "score": np.nan if (task, learner, number) == ("b", "svm", 1) else 0.1 * number,
            "target": 1 / 3,
            "metafeature:simple.n": float(len(task)),
            "configuration:C": float(number),
        }
        for task in ("a", "b", "made")
        for learner in ("linear", "svm")
        for number in range(2)
    ]
    return pd.DataFrame(rows)


def test_what_is_evaluated_on_real_tasks_counts_also_where_it_failed(
    table: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reference_memory, "LEAST_CONFIGURATIONS", 2)
    assert count_tasks(table) == {
        "classification": {"tasks": 3, "real": 2, "complete_real": 2, "configurations": 4, "learners": 2}
    }


def test_what_is_exported_reads_back_and_takes_the_place_of_the_memory_only(
    memory_folder: Path, table: pd.DataFrame, tmp_path: Path
) -> None:
    folder = tmp_path / "reference"
    (folder / "regression").mkdir(parents=True)
    for name in ("make.py", "regression/old.npz"):
        (folder / name).touch()
    summary = export_reference(memory_folder, table, folder, allow_incomplete=True)
    assert summary == json.loads((folder / "summary.json").read_text())
    assert summary["bytes"] == sum((folder / name).stat().st_size for name in summary["files"])
    assert (folder / "make.py").is_file()
    assert not (folder / "regression/old.npz").exists()
    assert {path.suffix for path in folder.rglob("*.*")} == {".py", ".npz", ".json"}
    apart = compare_memories(folder, memory_folder)
    assert apart == {key: {"largest": 0.0, "mean": 0.0} for key in ("classification", "regression")}


def test_too_little_or_too_much_is_not_shipped(
    memory_folder: Path, table: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(IncompleteReferenceError, match="0 real classification tasks have 100"):
        export_reference(memory_folder, table, tmp_path / "new")
    monkeypatch.setattr(reference_memory, "MAX_BYTES", 1000)
    with pytest.raises(IncompleteReferenceError, match=r"the largest file is \w+/\w+\.\w+ with"):
        export_reference(memory_folder, table, tmp_path / "new", allow_incomplete=True)
    assert not (tmp_path / "new").exists()


def test_the_command_compares(memory_folder: Path) -> None:
    ran = CliRunner().invoke(reference, ["compare", str(memory_folder), "--with", str(memory_folder)])
    assert ran.exit_code == 0, ran.output
    assert "regression: predicted targets differ by at most 0.00e+00" in ran.output
