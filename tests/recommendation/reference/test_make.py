from __future__ import annotations

import errno
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from foretune.base import UserError
from foretune.commands.reference import reference
from foretune.meta_model.artifact import read_memory, save_memory
from foretune.recommendation.core import load_memory, provenance_of, reference_folder
from foretune.recommendation.reference import make as reference_memory
from foretune.recommendation.reference.make import (
    IncomparableError,
    IncompleteReferenceError,
    add_metric_memories,
    compare_memories,
    count_tasks,
    export_reference,
)
from foretune.spaces.configuration import Configuration


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
    memory_folder: Path, table: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "reference"
    (folder / "regression").mkdir(parents=True)
    for name in ("make.py", "regression/old.npz"):
        (folder / name).touch()
    # As if it were the package's own folder, with modules beside the memory
    monkeypatch.setattr(reference_memory, "reference_folder", lambda: folder)
    summary = export_reference(memory_folder, table, None, allow_incomplete=True)
    assert summary == json.loads((folder / "summary.json").read_text())
    assert summary["bytes"] == sum((folder / name).stat().st_size for name in summary["files"])
    assert (folder / "make.py").is_file()
    assert not (folder / "regression/old.npz").exists()
    assert {path.suffix for path in folder.rglob("*.*")} == {".py", ".npz", ".json"}
    apart = compare_memories(folder, memory_folder)
    assert {name: (one.largest, one.mean, one.n_tasks, one.n_left_out) for name, one in apart.items()} == {
        "classification": (0.0, 0.0, 4, 0),
        "regression": (0.0, 0.0, 4, 0),
    }


def test_an_earlier_memory_is_replaced_and_nothing_else(
    memory_folder: Path, table: pd.DataFrame, tmp_path: Path
) -> None:
    folder = tmp_path / "reference"
    for _ in range(2):
        export_reference(memory_folder, table, folder, allow_incomplete=True)
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["classification", "regression", "summary.json"]
    assert [path.name for path in tmp_path.iterdir()] == ["reference"]


@pytest.mark.parametrize("name", ["thesis.txt", "classification/thesis.txt", "regression/model.pkl"])
def test_a_folder_with_anything_else_is_refused_and_left_alone(
    memory_folder: Path, table: pd.DataFrame, tmp_path: Path, name: str
) -> None:
    (tmp_path / "surrogates").mkdir()
    table.to_parquet(tmp_path / "meta.parquet")
    folder = tmp_path / "mine"
    export_reference(memory_folder, table, folder, allow_incomplete=True)
    (folder / name).write_text("mine")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    arguments = ["export", "--surrogates", memory_folder, "--meta-dataset", tmp_path / "meta.parquet"]
    ran = CliRunner().invoke(reference, [*map(str, arguments), "--folder", str(folder), "--allow-incomplete"])
    assert ran.exit_code == 1
    assert (
        f"mine is neither empty nor a memory, for it holds '{name.split('/', maxsplit=1)[0]}'" in ran.output
    )
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_full_disk_leaves_the_earlier_memory(
    memory_folder: Path, table: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "reference"
    export_reference(memory_folder, table, folder, allow_incomplete=True)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    def fill_the_disk(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copytree", fill_the_disk)
    with pytest.raises(UserError, match="cannot be written: No space left on device"):
        export_reference(memory_folder, table, folder, allow_incomplete=True)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


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
    assert "regression: predicted targets differ by at most 0.00e+00, on average 0.00e+00" in ran.output


@pytest.mark.slow
def test_a_memory_of_fewer_learners_compares_with_the_shipped_one(memory_folder: Path) -> None:
    ran = CliRunner().invoke(reference, ["compare", str(memory_folder)])
    assert ran.exit_code == 0, ran.output
    assert ran.output.count("(4 tasks, 28 configurations)") == 2
    back = compare_memories(reference_folder(), memory_folder)
    shipped = load_memory("classification").provenance
    assert shipped is not None
    unknown = {"extra_trees", "gradient_boosting", "linear"}
    n_unknown = sum(one.learner in unknown for one in shipped.configurations.values())
    assert back["classification"].n_left_out >= n_unknown > 0
    assert back["classification"].n_configurations > 100
    assert 0 < back["classification"].mean <= back["classification"].largest < 20


def test_only_task_types_of_both_are_compared(memory_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(memory_folder / "regression", tmp_path / "one/regression")
    assert list(compare_memories(tmp_path / "one", memory_folder)) == ["regression"]
    shutil.copytree(memory_folder / "classification", tmp_path / "two/classification")
    with pytest.raises(IncomparableError, match=r"memories of regression, .*two of classification: there is"):
        compare_memories(tmp_path / "one", tmp_path / "two")


def test_memories_without_a_common_unit_or_configuration_are_refused(
    memory_folder: Path, tmp_path: Path
) -> None:
    memory = read_memory(memory_folder / "regression")
    raw = replace(memory, surrogate=replace(memory.surrogate, target="raw"))
    save_memory(raw, tmp_path / "raw/regression")
    with pytest.raises(IncomparableError, match="one memory predicts copula scores, the other raw scores"):
        compare_memories(memory_folder, tmp_path / "raw")
    assert memory.provenance is not None
    columns = tuple(
        name.replace("learner=svm", "learner=svr") for name in memory.surrogate.configuration_columns
    )
    other = replace(
        memory,
        surrogate=replace(memory.surrogate, configuration_columns=columns),
        provenance=replace(memory.provenance, configurations={"a": Configuration("svr", {}, "default")}),
    )
    save_memory(other, tmp_path / "other/regression")
    with pytest.raises(IncomparableError, match="knows no configuration of the first: it has k_nearest"):
        compare_memories(tmp_path / "other", memory_folder)


@pytest.fixture
def of_another_score(memory_folder: Path, tmp_path: Path) -> Path:
    """Output of a run whose scores were log loss and R2, with the mean absolute error as a further metric."""
    folder = tmp_path / "run/06_models/surrogates"
    for task_type, name, score in (
        ("classification", "classification", "log_loss"),
        ("regression", "regression", "r2"),
        ("regression", "metrics/regression.mae", "mae"),
    ):
        memory = read_memory(memory_folder / task_type)
        scored = replace(memory, provenance=replace(provenance_of(memory), score=score))
        save_memory(scored, folder / name)
    return folder


def test_the_memories_of_another_run_are_added_for_their_metrics(
    memory_folder: Path, table: pd.DataFrame, of_another_score: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "reference"
    export_reference(memory_folder, table, folder, allow_incomplete=True)
    before = {path: path.read_bytes() for path in folder.rglob("*.npz")}
    for _ in range(2):
        added = add_metric_memories(of_another_score, folder)
        # R2 is the score of the main memory already
        assert list(added) == ["classification.log_loss", "regression.mae"]
    assert all(path.read_bytes() == content for path, content in before.items())
    for task_type, metric in (("classification", "log_loss"), ("regression", "mae")):
        assert provenance_of(load_memory(task_type, folder, metric)).score == metric
    summary = json.loads((folder / "summary.json").read_text())
    assert "metrics/regression.mae/members.npz" in summary["files"]
    assert summary["bytes"] == sum((folder / name).stat().st_size for name in summary["files"])


@pytest.mark.slow
def test_what_is_too_large_or_not_new_is_not_added(
    memory_folder: Path,
    table: pd.DataFrame,
    of_another_score: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "reference"
    export_reference(memory_folder, table, folder, allow_incomplete=True)
    with pytest.raises(UserError, match="surrogates is no memory that foretune reference export has written"):
        add_metric_memories(memory_folder, of_another_score)
    with pytest.raises(UserError, match="no memory of a metric that"):
        add_metric_memories(memory_folder, folder)
    monkeypatch.setattr(reference_memory, "MAX_BYTES", 1000)
    with pytest.raises(IncompleteReferenceError, match="MB"):
        add_metric_memories(of_another_score, folder)
    assert not (folder / "metrics").exists()


def test_the_command_says_what_it_adds(
    memory_folder: Path, table: pd.DataFrame, of_another_score: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "reference"
    export_reference(memory_folder, table, folder, allow_incomplete=True)
    arguments = ["add", "--surrogates", str(of_another_score), "--folder", str(folder)]
    said = CliRunner().invoke(reference, arguments)
    assert said.exit_code == 0, said.output
    assert said.output == "classification.log_loss: 4 tasks\nregression.mae: 4 tasks\n"


def test_an_error_in_units_of_the_target_is_served_by_the_memory_of_r2(
    memory_folder: Path, table: pd.DataFrame, tmp_path: Path
) -> None:
    folder, run = tmp_path / "reference", tmp_path / "run/06_models/surrogates"
    export_reference(memory_folder, table, folder, allow_incomplete=True)
    memory = read_memory(memory_folder / "regression")
    for name, score in (("regression", "rmse"), ("metrics/regression.r2", "r2")):
        save_memory(replace(memory, provenance=replace(provenance_of(memory), score=score)), run / name)
    assert list(add_metric_memories(run, folder)) == ["regression.rmse"]
    assert provenance_of(load_memory("regression", folder, "rmse")).score == "r2"
