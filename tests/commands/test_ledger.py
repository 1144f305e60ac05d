from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from foretune.commands.ledger import ledger as command
from foretune.learners.fit import Trial
from foretune.ledger import StoredTrial
from foretune.ledger.ledger import Ledger
from foretune.spaces.configuration import Configuration

Run = Callable[..., Result]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def run(file: Path) -> Run:
    """Give a function that runs the command on the test's ledger."""
    runner = CliRunner(env={"FORETUNE_LEDGER_URL": f"sqlite:///{file}", "COLUMNS": "100"})
    return lambda *arguments: runner.invoke(command, [str(argument) for argument in arguments])


@pytest.fixture
def filled(file: Path) -> Path:
    """Give a ledger with two trials that are ok and one that failed."""
    trials = [
        StoredTrial(
            f"{number:064}",
            task_id,
            "a" * 64,
            "regression",
            Configuration(learner, {"C": number}, "sobol"),
            Trial([{"r2": 0.25}, {"r2": 0.75}], "ok", "", 1500.0)
            if number
            else Trial([], "failed", "ArithmeticError: no", 2.0),
        )
        for number, (task_id, learner) in enumerate([("iris", "svm"), ("wine", "svm"), ("wine", "linear")])
    ]
    with Ledger.open(f"sqlite:///{file}") as ledger:
        ledger.record(trials)
    return file


def test_show_counts_by_learner_and_task(filled: Path, run: Run) -> None:
    shown = run("show")
    assert shown.exit_code == 0, shown.output
    assert f"{filled}: 3 trials, 3,002 s spent" in shown.output
    rows = [line.replace("│", " ").split() for line in shown.output.splitlines()]
    assert ["svm", "1", "1", "0", "0", "0", "1,502.0"] in rows
    assert ["wine", "2", "0", "0", "0", "0", "3,000.0"] in rows


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_export(filled: Path, run: Run, tmp_path: Path, suffix: str) -> None:
    done = run("export", tmp_path / f"trials.{suffix}")
    assert done.exit_code == 0, done.output
    assert f"wrote 3 trials to {tmp_path}/trials.{suffix}" in done.output
    read = pd.read_csv if suffix == "csv" else pd.read_parquet
    table = read(tmp_path / f"trials.{suffix}")
    assert table["metric_r2"].dropna().tolist() == [0.5, 0.5]
    assert table["fold_1_r2"].dropna().tolist() == [0.75, 0.75]
    assert table["param_C"].tolist() == [0, 1, 2]


def test_a_backup_goes_into_another_ledger(filled: Path, run: Run, tmp_path: Path) -> None:
    assert "wrote 3 trials" in run("backup", tmp_path / "backup.parquet").output
    other = f"sqlite:///{tmp_path}/other/ledger.sqlite"
    assert "added 3 trials to" in run("restore", tmp_path / "backup.parquet", "--url", other).output
    with Ledger.open(other) as copied, Ledger.open(f"sqlite:///{filled}") as first:
        assert [t.to_row() for t in copied.rows()] == [t.to_row() for t in first.rows()]


def test_a_ledger_that_grows_is_backed_up_in_parts(filled: Path, run: Run, tmp_path: Path) -> None:
    first, second = tmp_path / "first.parquet", tmp_path / "second.parquet"
    assert "wrote 3 trials" in run("backup", first).output
    with Ledger.open(f"sqlite:///{filled}") as ledger:
        (known, *_) = ledger.rows()
        ledger.record([replace(known, key="f" * 64)])
    assert "wrote 1 trials" in run("backup", second, "--beside", first).output
    other = f"sqlite:///{tmp_path}/other/ledger.sqlite"
    assert "added 4 trials to" in run("restore", first, second, "--url", other).output
    assert (
        "wrote 0 trials"
        in run("backup", tmp_path / "third.parquet", *("--beside", first, "--beside", second)).output
    )
    assert "added 0 trials to" in run("restore", tmp_path / "third.parquet", "--url", other).output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show"], "Error: there is no ledger in"),
        (["show", "--url", "mysql://host/db"], "Error: a ledger cannot be kept in mysql"),
        (["export", "trials.xlsx"], "Error: there is no ledger in"),
        (["restore", "nothing.parquet"], "File 'nothing.parquet' does not exist."),
    ],
)
def test_errors_are_one_line_without_a_traceback(run: Run, arguments: list[str], message: str) -> None:
    done = run(*arguments)
    assert done.exit_code != 0
    assert message in done.output
    assert "Traceback" not in done.output
    assert isinstance(done.exception, SystemExit)


def test_a_wrong_suffix_is_an_error(filled: Path, run: Run) -> None:
    assert "must end in .parquet or .csv" in run("export", "trials.xlsx").output


def test_a_newer_ledger_is_an_error(filled: Path, run: Run) -> None:
    connection = sqlite3.connect(filled)
    connection.execute("UPDATE ledger_schema SET version = 99")
    connection.commit()
    connection.close()
    assert "written by a newer Foretune (schema 99" in run("show").output


@pytest.mark.parametrize("name", ["show", "export", "backup", "restore"])
def test_help_explains_each_command(run: Run, name: str) -> None:
    shown = run(name, "--help")
    assert shown.exit_code == 0
    assert "--url" in shown.output
    assert "FORETUNE_LEDGER_URL" in shown.output


def test_a_backup_that_could_not_be_restored_is_refused(filled: Path, run: Run, tmp_path: Path) -> None:
    for name in ("copy.csv", "copy", "copy.parquet.gz"):
        refused = run("backup", tmp_path / name)
        assert refused.exit_code == 1
        assert f"{name} must end in .parquet, from which it can be restored" in refused.output
        assert not (tmp_path / name).exists()


def test_a_full_disk_leaves_the_earlier_file(
    filled: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill_the_disk(table: pd.DataFrame, file: Path, **_: object) -> None:
        file.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    for name in ("backup", "export"):
        file = tmp_path / f"{name}/trials.parquet"
        assert run(name, file).exit_code == 0
        before = file.read_bytes()
        with monkeypatch.context() as patch:
            patch.setattr(pd.DataFrame, "to_parquet", fill_the_disk)
            refused = run(name, file)
        assert refused.exit_code == 1
        assert "trials.parquet cannot be written: No space left on device" in refused.output
        assert file.read_bytes() == before
        assert list(file.parent.iterdir()) == [file]


def test_names_with_brackets_are_shown_as_they_are(file: Path, run: Run) -> None:
    trial = StoredTrial(
        "a" * 64,
        "[/red]wine[bold]",
        "a" * 64,
        "regression",
        Configuration("[svm", {}, "sobol"),
        Trial([{"r2": 0.5}], "ok", "", 1.0),
        created_at="[/]",
    )
    with Ledger.open(f"sqlite:///{file}") as ledger:
        ledger.record([trial])
    shown = run("show")
    assert shown.exit_code == 0, shown.output
    assert "[/red]wine[bold]" in shown.output
    assert "[svm" in shown.output
    assert "last: [/]" in shown.output


def test_trials_are_removed_after_a_question(filled: Path, run: Run) -> None:
    assert run("remove").exit_code == 2
    assert "say which trials" in run("remove").output
    asked = run("remove", "--learner", "svm", "--status", "ok")
    assert "remove 1 trials from" in asked.output
    assert "Aborted" in asked.output
    assert "3 trials" in run("show").output
    assert "removed 1 trials from" in run("remove", "--learner", "svm", "--status", "ok", "--yes").output
    assert "2 trials" in run("show").output
    assert "removed 0 trials from" in run("remove", "--strategy", "recommended").output


def test_a_damaged_row_is_one_line_that_says_how_to_go_on(filled: Path, run: Run, tmp_path: Path) -> None:
    connection = sqlite3.connect(filled)
    connection.execute("UPDATE ledger_trials SET status = 'weird' WHERE learner = 'linear'")
    connection.commit()
    connection.close()
    for arguments in (["export", tmp_path / "trials.csv"], ["backup", tmp_path / "backup.parquet"]):
        refused = run(*arguments)
        assert refused.exit_code == 1
        assert len(refused.output.splitlines()) == 1
        assert f"the trial {2:064} is damaged: status = 'weird' is not ok or failed" in refused.output
    shown = run("show")
    assert "weird" in shown.output
    assert "3 trials" in shown.output
    assert "--damaged takes no other option" in run("remove", "--damaged", "--learner", "svm").output
    assert "removed 1 trials" in run("remove", "--damaged", "--yes").output
    assert "removed 0 trials" in run("remove", "--damaged").output
    assert "wrote 2 trials" in run("export", tmp_path / "trials.csv").output
