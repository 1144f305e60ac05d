from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from sklearn.datasets import load_iris

import foretune
from foretune.commands.suggest import suggest


@pytest.fixture
def table(tmp_path: Path) -> Path:
    frame = load_iris(as_frame=True).frame.assign(number=range(150))
    frame.to_csv(tmp_path / "iris.csv", index=False)
    return tmp_path / "iris.csv"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(suggest, [str(argument) for argument in arguments])


def test_json_holds_what_the_library_suggests(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of no project
    monkeypatch.chdir(tmp_path)
    options = ("--target", "target", "--drop", "number", "--learner", "svm", "-k", 2, "--json")
    found = run(table, *options)
    assert found.exit_code == 0
    X, y = load_iris(return_X_y=True, as_frame=True)
    expected = foretune.suggest(X, y.rename("target"), "svm", k=2)
    recommended = json.loads(found.output)["recommendations"]
    assert [one["params"] for one in recommended] == list(expected["params"])
    assert json.loads(found.output)["score"] == "balanced_accuracy"


@pytest.mark.slow
def test_a_table_is_printed(table: Path) -> None:
    found = run(table, "--target", "target", "--learner", "svm", "--task-type", "classification")
    assert found.exit_code == 0
    assert "iris: classification of target" in found.output
    assert "balanced_accuracy" in found.output.replace("\n", "") or "balanced" in found.output


@pytest.mark.slow
def test_columns_are_what_the_options_say(tmp_path: Path) -> None:
    frame = load_iris(as_frame=True).frame.assign(number=[f"flower {at}" for at in range(150)])
    frame.to_csv(tmp_path / "iris.csv", index=False, sep=";")
    options = [tmp_path / "iris.csv", "--target", "target", "-k", 1, "--json"]
    usual = run(*options)
    notes = json.loads(usual.output)["notes"]
    assert any("column_types[number]=nominal keeps it" in note for note in notes)
    given = run(*options, "--column-types", "number=nominal", "--read-options", "sep=;")
    assert not any("'number'" in note for note in json.loads(given.output)["notes"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--target", "tarpet"], "tarpet"),
        (["--target", "target", "--column-types", "number=nominl"], "--column-types: Input should be"),
        (
            ["--target", "target", "--column-types", "number"],
            "--column-types: 'number' is not of the form NAME=VALUE",
        ),
        (
            ["--target", "target", "--read-options", "=;"],
            "--read-options: '=;' is not of the form NAME=VALUE",
        ),
        (["--target", "target", "--groups", "numbr"], "groups names 'numbr', which is not in the table"),
        (["--target", "target", "--time", "target"], "time names the target 'target'"),
        (["--target", "target", "--groups", "number", "--time", "number"], "Error: groups 'number' and time"),
        (["--target", "target", "--keep-split-column"], "keep_split_column needs groups or time"),
        (["--target", "target", "--scoring", "neg_logloss"], "--scoring: 'neg_logloss' is no scorer"),
        (["--target", "target", "-k", "0"], "--number: Input should be greater than or equal to 1"),
        (["--target", "target", "--learner", "perceptron"], "learner 'perceptron' is not in this memory"),
        (["--target", "target", "--memory", "nowhere"], "--memory: there is no such folder"),
    ],
)
def test_wrong_options_are_one_line(table: Path, options: list[str], message: str) -> None:
    found = run(table, *options)
    assert found.exit_code == 1
    (line,) = found.output.splitlines()
    assert line.startswith("Error: ")
    assert message in line


def test_a_page_without_its_extra_is_refused_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "plotly", None)
    (tmp_path / "table.csv").write_text("neither a table nor a target")
    found = run(tmp_path / "table.csv", "--target", "target", "--page", tmp_path / "page.html")
    assert found.exit_code == 1
    assert found.output.startswith("Error: --page needs the package plotly: pip install")


@pytest.mark.slow
def test_a_page_of_trials_by_groups_is_written(table: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(table)
    frame.assign(plant=np.random.default_rng(0).permutation(len(frame)) % 12).to_csv(table, index=False)
    page = tmp_path / "new" / "page.html"
    found = run(
        *(table, "--target", "target", "--drop", "number", "--groups", "plant", "--learner", "linear"),
        *("-k", 1, "--evaluate", 1, "--page", page, "--json"),
    )
    assert found.exit_code == 0
    written = json.loads(found.output[found.output.index("{") :])
    assert written["table"]["split_by"] == {"groups": "plant", "is_feature": False}
    assert written["measured_on"] == {"n_rows": 150, "n_folds": 5, "splitter": "StratifiedGroupKFold"}
    assert next(one["status"] for one in written["measured"]) == "ok"
    html = page.read_text(encoding="utf-8")
    assert "StratifiedGroupKFold(5, shuffle=True, random_state=0)" in html
    assert "by groups (plant)" in html
