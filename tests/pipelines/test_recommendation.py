"""The pipeline ``recommendation`` in real Kedro sessions, with a small memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click import ClickException
from sklearn.datasets import load_diabetes, load_iris
from tests.pipelines.conftest import Workspace
from tests.recommendation.conftest import LEARNERS, memory_folder  # noqa: F401 - a fixture

from foretune.hpo.ledger.ledger import Ledger

FOLDER = "08_reporting/recommendation"


def _iris(n_rows: int = 75) -> pd.DataFrame:
    """Return iris with a class of text, a nominal column with missing values and an empty one."""
    frame = load_iris(as_frame=True).frame.sample(n_rows, random_state=0, ignore_index=True)
    frame["target"] = frame["target"].map({0: "setosa", 1: "versicolor", 2: "virginica"})
    colour = np.random.default_rng(0).choice(["red", "blue", None], n_rows)
    return frame.assign(colour=colour, empty=np.nan)


def _diabetes(n_rows: int = 80) -> pd.DataFrame:
    return load_diabetes(as_frame=True).frame.head(n_rows)


def _run(workspace: Workspace, memory: Path, frame: pd.DataFrame, **parameters: Any) -> dict[str, Any]:
    name = parameters.pop("file", "my table.csv")
    frame.to_csv(workspace.path / name, index=False) if name.endswith(".csv") else frame.to_parquet(
        workspace.path / name
    )
    given = {"table": name, "target": "target", "memory": str(memory), **parameters}
    workspace.run("recommendation", **given)
    written: dict[str, Any] = json.loads(workspace.files()[f"{FOLDER}/recommendation.json"])
    return written


def _execute(program: str, folder: Path) -> float:
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], cwd=folder, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return float(ran.stdout.split()[1])


def test_a_csv_for_classification(
    workspace: Workspace,
    memory_folder: Path,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = _run(workspace, memory_folder, _iris(), evaluate=2)
    printed = capsys.readouterr().out
    assert "my_table: classification of target" in printed
    assert max(map(len, printed.splitlines())) <= 100
    assert [one["rank"] for one in told["recommendations"]] == [1, 2, 3, 4, 5]
    assert told["table"]["n_features"] == 5
    assert any("columns without a single value are left out: empty" in note for note in told["notes"])
    measured = told["measured"]
    assert [one["status"] for one in measured] == ["ok"] * len(measured)
    default = next(one for one in measured if one["is_default"])
    assert default["measured_gain"] == 0
    for one in measured:
        assert one["measured_gain"] == pytest.approx(one["score"] - default["score"], abs=2e-6)
        if one["is_inside"] is not None:
            assert one["is_inside"] == (one["score_low"] <= one["score"] <= one["score_high"])
    files = workspace.files()
    assert {f"{FOLDER}/recommendation.{kind}" for kind in ("json", "csv", "html")} <= set(files)
    page = files[f"{FOLDER}/recommendation.html"].decode()
    assert "Measured against predicted" in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert "03_primary/ledger.sqlite" not in files or not _trials(workspace)
    # What is pasted scores about what was measured: other seeds of the folds, the same preparation
    best = max(one["score"] for one in measured)
    assert _execute(told["to_paste"]["program"], workspace.path) == pytest.approx(best, abs=0.1)


def test_a_parquet_for_regression_twice_the_same(
    workspace: Workspace,
    memory_folder: Path,  # noqa: F811
) -> None:
    asked = {"file": "t.parquet", "recommendation": {"k": 3}, "learner": "random_forest+svm"}
    told = _run(workspace, memory_folder, _diabetes(), **asked)
    first = {name: content for name, content in workspace.files().items() if name.startswith(FOLDER)}
    assert told["table"]["task_type"] == "regression"
    assert {one["learner"] for one in told["recommendations"]} <= {"random_forest", "svm"}
    assert told["measured"] is None
    _run(workspace, memory_folder, _diabetes(), **asked)
    assert first == {name: content for name, content in workspace.files().items() if name.startswith(FOLDER)}
    assert -1 < _execute(told["to_paste"]["program"], workspace.path) < 1


def _trials(workspace: Workspace) -> list[Any]:
    with Ledger.open(f"sqlite:///{workspace.path / 'data/03_primary/ledger.sqlite'}") as ledger:
        return list(ledger.rows())


def test_what_was_tried_is_known_to_the_next_run(
    workspace: Workspace,
    memory_folder: Path,  # noqa: F811
    caplog: pytest.LogCaptureFixture,
) -> None:
    frame = _iris().drop(columns="empty")
    told = _run(workspace, memory_folder, frame, evaluate=3, recommendation={"feed_ledger": True})
    fed = {trial.configuration.config_id: trial for trial in _trials(workspace)}
    assert set(fed) == {one["config_id"] for one in told["measured"]}
    assert {trial.task_id for trial in fed.values()} == {"my_table"}
    tasks = workspace.path / "data/01_raw/tasks"
    tasks.mkdir(parents=True)
    frame.to_csv(tasks / "my table.csv", index=False)
    entry = {"file": "my table.csv", "target": "target", "task_type": "classification"}
    with caplog.at_level("INFO"):
        workspace.run(
            "task_generation",
            "hpo",
            "metafeatures",
            "meta_training",
            task_generation={"task_ids": ["haberman"], "max_rows": 500, "user_tasks": {"my_table": entry}},
            hpo={"n_configurations": 6, "learners": LEARNERS},
            metafeatures={"groups": ["simple", "target"]},
        )
    trials = pd.read_parquet(workspace.path / "data/03_primary/trials.parquet")
    ours = trials[trials["task_id"] == "my_table"].set_index("config_id")
    assert set(fed) <= set(ours.index)
    for one in told["measured"]:
        assert ours.loc[one["config_id"], "score"] == pytest.approx(one["score"], abs=1e-6)
    assert f"{len(fed)} trials are known from the ledger" in caplog.text
    # Each trial is there once: nothing was evaluated again
    assert len({trial.key for trial in _trials(workspace)}) == len(trials)
    table = pd.read_parquet(workspace.path / "data/05_model_input/meta_dataset.parquet")
    assert set(fed) <= set(table.loc[table["task_id"] == "my_table", "config_id"])


def _fails(workspace: Workspace, message: str, *pipelines: str, **parameters: Any) -> None:
    with pytest.raises(ClickException, match=message) as caught:
        workspace.run(*(pipelines or ("recommendation",)), **parameters)
    assert "\n" not in caught.value.message


def test_wrong_parameters_are_one_line(workspace: Workspace, memory_folder: Path) -> None:  # noqa: F811
    _iris().to_csv(workspace.path / "t.csv", index=False)
    given = {"table": "t.csv", "target": "target", "memory": str(memory_folder)}
    _fails(workspace, "parameter table is missing: --params=table=")
    _fails(workspace, "parameter target is missing", table="t.csv")
    _fails(workspace, "parameter table = 'no.csv': there is no such file", **{**given, "table": "no.csv"})
    _fails(workspace, r"t\.csv: target column 'targt' .*did you mean 'target'", **{**given, "target": "targt"})
    _fails(workspace, "parameter memory = 'nowhere': there is no such folder", **{**given, "memory": "nowhere"})
    _fails(workspace, "learner 'forest' is not in this memory", **given, learner="forest")
    _fails(workspace, "parameter evaluate = -1", **given, evaluate=-1)
    _fails(workspace, "feed_ledger needs evaluate", **given, recommendation={"feed_ledger": True})
    _fails(workspace, "add --pipelines=recommendation", "task_generation", **given)


def test_tables_that_cannot_be_used_are_one_line(
    workspace: Workspace,
    memory_folder: Path,  # noqa: F811
) -> None:
    given = {"table": "t.csv", "target": "target", "memory": str(memory_folder)}
    file = workspace.path / "t.csv"
    _iris().assign(target="one").to_csv(file, index=False)
    _fails(workspace, "one class only", **given)
    _iris().replace({5.1: np.inf}).to_csv(file, index=False)
    _fails(workspace, "non-finite numbers", **given)
    _iris().to_csv(file, index=False, sep=";")
    _fails(workspace, r"separator seems to be ';': set recommendation.read_options.sep", **given)


def test_five_rows_and_a_large_table(workspace: Workspace, memory_folder: Path) -> None:  # noqa: F811
    five = _run(workspace, memory_folder, _diabetes(5))
    assert five["recommendations"][0]["is_default"]
    assert any("5 rows are fewer than 20" in note for note in five["notes"])
    large = pd.concat([_diabetes()] * 5, ignore_index=True)
    told = _run(workspace, memory_folder, large, recommendation={"max_rows": 100})
    assert any(note.startswith("100 of 400 rows are looked at") for note in told["notes"])
