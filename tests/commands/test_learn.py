from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from sklearn.datasets import load_wine
from tests.recommendation.learning.conftest import database, light, team

from foretune.commands.learn import learn
from foretune.commands.memory import memory
from foretune.commands.suggest import suggest

__all__ = ["database", "light", "team"]


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(learn, [str(argument) for argument in arguments])


def test_a_memory_is_learnt_shown_and_asked(team: str, tmp_path: Path) -> None:
    out = tmp_path / "memory"
    ran = _run(team, "-o", out, "--learner", "xgboost", "--name", "lr=learning_rate")
    assert ran.exit_code == 0, ran.output
    first, found, wrote = ran.output.splitlines()[-3:]
    assert first == "Memory of 64 trials on 4 tasks: churn, fraud, spam, wine"
    assert found.startswith("xgboost: booster in dart, gblinear, gbtree, learning_rate 0.001 to 1 (log), ")
    assert found.endswith("max_depth 1 to 8 if booster is dart or gbtree")
    assert wrote == f"wrote {out}"
    shown = CliRunner().invoke(memory, ["show", str(out), "--json"])
    assert [one["n_tasks"] for one in json.loads(shown.output)] == [4]
    X, y = load_wine(return_X_y=True, as_frame=True)
    X.assign(kind=y).to_csv(tmp_path / "wine.csv", index=False)
    asked = ["--target", "kind", "--memory", str(out), "--json", "-k", "3"]
    suggested = CliRunner().invoke(suggest, [str(tmp_path / "wine.csv"), *asked])
    assert suggested.exit_code == 0, suggested.output
    again = _run(team, "-o", out)
    assert again.exit_code == 1
    assert again.output == f"Error: {out} is not empty: choose another folder, or remove it first\n"


@pytest.mark.parametrize(
    ("options", "said", "code"),
    [
        (["--name", "lr"], "'lr' must be OWN=MEANT, as in lr=learning_rate", 2),
        (["--study-pattern", "wine", "--learner", "xgboost"], "has one task alone, 'wine' with 16 trials", 1),
        (["--study-pattern", "x*"], "has no study that fits 'x*'", 1),
        (["no.csv"], "there is no file or folder no.csv", 1),
    ],
    ids=["name", "few", "pattern", "file"],
)
def test_wrong_options_are_one_line(
    team: str, tmp_path: Path, options: list[str], said: str, code: int
) -> None:
    ran = _run(team, "-o", tmp_path / "out", *options)
    assert ran.exit_code == code
    assert said in ran.output
    assert ran.output.splitlines()[-1].startswith("Error: ")
    assert not (tmp_path / "out").exists()


def test_metrics_and_directions_can_be_said(tmp_path: Path) -> None:
    for number in range(2):
        table = pd.DataFrame({"config/n_neighbors": [1, 3], "profit": [0.1, 0.2], "auc": [0.5, number]})
        table.to_csv(tmp_path / f"{number}.csv", index=False)
    files = [tmp_path / f"{number}.csv" for number in range(2)]
    asked = _run(*files, "-o", tmp_path / "out", "--score", "profit")
    assert "is a lower 'profit' better, or a higher one?" in asked.output
    ran = _run(*files, "-o", tmp_path / "out", "--score", "profit", "--minimize", "--task-type", "regression")
    assert ran.exit_code == 0, ran.output
    assert (tmp_path / "out/regression/manifest.json").is_file()
