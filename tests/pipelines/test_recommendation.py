"""The pipeline ``recommendation`` in real sessions, with the memory that the package carries."""

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
from sklearn.datasets import load_diabetes, load_wine
from tests.pipelines.conftest import Workspace

from foretune.recommendation import reference_folder

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (reference_folder() / "classification").is_dir(), reason="the package carries no reference memory"
    ),
]
FOLDER = "data/08_reporting/recommendation"


@pytest.fixture
def wine(tmp_path: Path) -> Path:
    X, y = load_wine(return_X_y=True, as_frame=True)
    file = tmp_path / "wine.csv"
    X.assign(empty=np.nan, kind=y.map({0: "red", 1: "white", 2: "green"})).to_csv(file, index=False)
    return file


def _ask(workspace: Workspace, file: Path, target: str, **group: Any) -> dict[str, Any]:
    workspace.run(
        "recommendation", table=str(file), target=target, recommendation=group, parallel={"n_workers": 1}
    )
    return dict(json.loads((workspace.path / FOLDER / "recommendation.json").read_text()))


def test_a_csv_is_ranked_tried_and_fed_back(workspace: Workspace, wine: Path) -> None:
    found = _ask(workspace, wine, "kind", learner="xgboost", evaluate=2, feed_ledger=True, k=4)
    ranking = pd.read_csv(workspace.path / FOLDER / "recommendation.csv")
    assert list(ranking["rank"]) == [1, 2, 3, 4]
    assert set(ranking["learner"]) == {"xgboost"}
    assert ranking["is_default"].head(2).sum() == 1
    measured = pd.DataFrame(found["measured"])
    assert set(measured["status"]) == {"ok"}
    assert measured["score"].min() > 0.8
    page = (workspace.path / FOLDER / "recommendation.html").read_text(encoding="utf-8")
    assert "empty" in page
    assert "MetaSearchCV" in page
    # The same table as a user's task: what was tried is known to the next run
    folder = workspace.path / "data/01_raw/tasks"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "wine.csv").write_bytes(wine.read_bytes())
    entry = {"file": "wine.csv", "target": "kind", "task_type": "classification", "drop_columns": ["empty"]}
    task_generation: dict[str, Any] = {"sources": [], "task_ids": None, "user_tasks": {"wine": entry}}
    options: dict[str, Any] = {"task_generation": task_generation, "parallel": {"n_workers": 1}}
    workspace.run("task_generation", "hpo", hpo={"learners": ["xgboost"], "n_configurations": 1}, **options)
    trials = pd.read_parquet(workspace.path / "data/03_primary/trials.parquet")
    default = trials[trials["strategy"] == "default"]["score"].iloc[0]
    tried = measured[measured["is_default"].astype(bool)]["score"].iloc[0]
    assert default == pytest.approx(tried, abs=1e-5)


def test_the_same_question_has_the_same_answer_and_its_program_runs(
    workspace: Workspace, tmp_path: Path
) -> None:
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    file = tmp_path / "diabetes.parquet"
    X.assign(progress=y).to_parquet(file)
    found = _ask(workspace, file, "progress", k=3)
    first = workspace.files()
    assert _ask(workspace, file, "progress", k=3) == found
    changed = [name for name, content in workspace.files().items() if first[name] != content]
    assert changed == []
    program = found["to_paste"]["program"]
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    score = float(ran.stdout.split(": ")[1].split()[0])
    best = found["recommendations"][0]
    assert best["score_low"] - 0.1 < score < best["score_high"] + 0.1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target": "knd"}, "target column 'knd' is not in the table \\(did you mean 'kind'"),
        ({"learner": "forest"}, "learner 'forest' is not in this memory; choose from: auto"),
        ({"one_class": True}, "one class"),
        ({"infinite": True}, "non-finite numbers in columns 'alcohol'"),
    ],
)
def test_what_cannot_be_recommended_to_is_one_line(
    workspace: Workspace, wine: Path, change: dict[str, Any], message: str
) -> None:
    table = pd.read_csv(wine)
    if change.get("one_class"):
        table["kind"] = "red"
    if change.get("infinite"):
        table.loc[0, "alcohol"] = np.inf
    table.to_csv(wine, index=False)
    group = {"learner": change["learner"]} if "learner" in change else {}
    with pytest.raises(ClickException, match=message):
        _ask(workspace, wine, change.get("target", "kind"), **group)


def test_a_table_is_for_the_pipeline_recommendation_and_needs_a_target(
    workspace: Workspace, wine: Path
) -> None:
    with pytest.raises(ClickException, match="parameter table is for the pipeline recommendation"):
        workspace.run("task_generation", table=str(wine))
    with pytest.raises(ClickException, match="parameter target is missing"):
        workspace.run("recommendation", table=str(wine))
    with pytest.raises(ClickException, match="there is no such file"):
        workspace.run("recommendation", table=str(wine) + "x", target="kind")
