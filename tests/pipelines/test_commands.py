"""The commands as a user types them: interrupted, with what is missing or broken, and for the ledger."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from click import ClickException
from sklearn.datasets import load_diabetes
from tests.pipelines.conftest import PROJECT, Workspace

from foretune.ledger.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path

OUTPUTS = "data/08_reporting/recommendation"
RUN = [
    "--env=test",
    "--pipelines=task_generation,hpo",
    "--params=hpo.n_configurations=30,parallel.n_workers=2",
]


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    Workspace(folder).configuration()
    return subprocess.Popen(
        [sys.executable, "-m", "foretune", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def count_trials(folder: Path) -> int:
    file = folder / "data/03_primary/ledger.sqlite"
    if not file.exists():
        return 0
    with Ledger.open(f"sqlite:///{file}", read_only=True) as ledger:
        return sum(1 for _ in ledger.rows())


@pytest.mark.slow
def test_an_interrupted_run_keeps_what_is_done_and_goes_on(workspace: Workspace) -> None:
    run = start(workspace.path, *RUN)
    end = time.monotonic() + 120
    ledger = workspace.path / "data/03_primary/ledger.sqlite"
    # Opening a ledger that is just being made would make it instead
    while not ledger.exists() or ledger.stat().st_size < 8192 or not count_trials(workspace.path):
        assert time.monotonic() < end
        assert run.poll() is None
        time.sleep(0.2)
    run.send_signal(signal.SIGINT)
    output, _ = run.communicate(timeout=60)
    assert run.returncode != 0
    assert "Traceback" not in output
    words = " ".join(output.split())
    said = re.search(
        r"interrupted: (\d+) new trials are done and kept: the same command goes on from there", words
    )
    assert said is not None, output
    n_kept = count_trials(workspace.path)
    assert n_kept == int(said[1])

    again = start(workspace.path, *RUN)
    output, _ = again.communicate(timeout=300)
    assert again.returncode == 0, output
    assert f"{n_kept} trials are known from the ledger" in " ".join(output.split())
    assert count_trials(workspace.path) > n_kept


@pytest.mark.slow
def test_a_ledger_in_postgresql_as_the_guide_says(workspace: Workspace, postgres_url: str) -> None:
    guide = (PROJECT / "docs/ledger.md").read_text()
    blocks = re.findall(r"```yaml\n# conf/local/(\w+\.yml)\n(.*?)```", guide, re.DOTALL)
    assert [name for name, _ in blocks] == ["credentials.yml", "catalog.yml"]
    local = workspace.configuration() / "local"
    local.mkdir()
    address = postgres_url.replace("foretune@", "foretune:secret@", 1)
    assert "secret" in address
    for name, text in blocks:
        (local / name).write_text(text.replace("postgresql://user:password@host/database", address))
    (local / "parameters.yml").write_text("hpo: {n_configurations: 1}")
    run = start(workspace.path, "--env=test", "--pipelines=task_generation,hpo")
    output, _ = run.communicate(timeout=120)
    assert run.returncode == 0, output
    assert "Ledger: postgresql+psycopg://foretune:***@" in " ".join(output.split())
    assert "secret" not in output
    with Ledger.open(postgres_url, read_only=True) as ledger:
        assert sum(1 for _ in ledger.rows()) == 70
    assert not (workspace.path / "data/03_primary/ledger.sqlite").exists()


@pytest.mark.slow
def test_the_ledger_is_shown(finished_run: Workspace, workspace: Workspace) -> None:
    # SQLite keeps files of its own beside a database that is only read
    shutil.copytree(finished_run.path / "data", workspace.path / "data")
    output, _ = start(workspace.path, "ledger", "show").communicate(timeout=60)
    assert re.search(r"ledger\.sqlite: \d+ trials, \d+ s spent", output)
    assert "random_forest" in output
    output, _ = start(workspace.path, "ledger", "--help").communicate(timeout=60)
    for command in ("show", "export", "backup", "restore"):
        assert command in output


def fails(workspace: Workspace, message: str, **parameters: object) -> None:
    with pytest.raises(ClickException) as caught:
        workspace.run("task_generation", "hpo", **parameters)
    assert re.search(message, caught.value.message), caught.value.message
    assert "\n" not in caught.value.message


def test_a_ledger_that_cannot_be_used_is_said_in_one_line(workspace: Workspace) -> None:
    file = workspace.path / "data/03_primary/ledger.sqlite"
    file.parent.mkdir(parents=True)
    file.write_text("no database, but long enough to look into" * 100)
    fails(workspace, r"ledger.sqlite is not a SQLite database; choose another file for the ledger")


@pytest.mark.slow
def test_what_is_not_there_is_said_in_one_line(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    parallel = {"backend": "dask", "address": "tcp://127.0.0.1:9"}
    monkeypatch.setattr("foretune.execution.dask_worker.SECONDS_TO_CONNECT", 1)
    fails(workspace, r"no Dask scheduler answers at tcp://127\.0\.0\.1:9", parallel=parallel)
    monkeypatch.setitem(sys.modules, "hyperopt", None)
    fails(workspace, r"'hyperopt_tpe' needs .*'\.\[hyperopt\]'", hpo={"strategy": "hyperopt_tpe"})
    grid = {"name": "grid", "n_points": 30, "max_size": 100}
    fails(workspace, r"the strategy of random_forest cannot be made: the grid", hpo={"strategy": grid})


@pytest.mark.thorough
def test_the_table_of_the_guide_is_read_as_a_file_and_as_parameters_say(workspace: Workspace) -> None:
    guide = (PROJECT / "docs/csv.md").read_text()
    (config,) = re.findall(r"```yaml\n# my_table\.yml\n(.*?)```", guide, re.DOTALL)
    (workspace.path / "my_table.yml").write_text(config.replace("evaluate: 3", "evaluate: 1"))
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    table = X.assign(id=range(len(X)), **{"sold, or not": "ö", "price, in EUR": y})
    table.to_csv(workspace.path / "my_table.csv", index=False, sep=";", decimal=",", encoding="cp1252")
    # Kedro looks for the section that is called like its command
    (workspace.path / "src").mkdir()
    for name in ("pyproject.toml", "conf"):
        (workspace.path / name).symlink_to(PROJECT / name)
    command = [sys.executable, "-m", "kedro", "run", "--env=test", "--config=my_table.yml"]
    done = subprocess.run(command, cwd=workspace.path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads((workspace.path / OUTPUTS / "my_table/recommendation.json").read_text())
    assert (said["table"]["n_features"], said["table"]["task_type"]) == (X.shape[1], "regression")
    assert "sep=';'" in said["to_paste"]["program"]

    table.set_axis([str(at) for at in range(13)], axis=1).to_csv(workspace.path / "n.csv", index=False)
    given = "table=n.csv,target=12,drop_columns=10+11,learner=linear,read_options.decimal=point"
    run = start(workspace.path, "--env=test", "--pipelines=recommendation", f"--params={given}")
    output, _ = run.communicate(timeout=120)
    assert run.returncode == 0, output
    said = json.loads((workspace.path / OUTPUTS / "n/recommendation.json").read_text())
    assert said["table"]["n_features"] == X.shape[1]
    assert said["table"]["target"] == "12"
