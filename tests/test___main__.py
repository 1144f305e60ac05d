"""The command ``foretune``, and ``python -m foretune``."""

from __future__ import annotations

from pathlib import Path

import pytest
from kedro.framework.cli.project import run

from foretune.__main__ import COMMANDS, OVERVIEW, main


@pytest.mark.parametrize("given", [[], ["--help"], ["-h"], ["help"]])
def test_alone_it_says_what_there_is(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(given) is None
    shown = capsys.readouterr().out
    assert shown == OVERVIEW
    assert all(f"\n  {name} " in shown for name in (*COMMANDS, "run"))
    assert max(map(len, shown.splitlines())) <= 100


def test_run_is_the_command_of_kedro(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["run", "--help"])
    assert ended.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert shown.startswith("Usage: foretune run [OPTIONS]")
    assert (
        "Other commands: foretune suggest|learn|logs|memory|ledger|tasks|reference, each with --help."
        in shown
    )
    assert run.epilog is None


def test_run_takes_its_options_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "options.yml"
    file.write_text("run:\n  pipelines: hpo\n  tags: nothing_has_this\n")
    with pytest.raises(SystemExit) as ended:
        main(["run", f"--config={file}"])
    assert ended.value.code == 2
    assert "Pipeline contains no nodes after applying all provided filters" in capsys.readouterr().err
    file.write_text("pipelines: hpo\n")
    with pytest.raises(SystemExit) as ended:
        main([f"--config={file}"])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("Error: the file of --config has no section run: write run: and below it")


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"Usage: foretune {command}" in capsys.readouterr().out


def _one_error(given: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        main(given)
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    (line,) = said.err.splitlines()
    return line


def test_an_unknown_command_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    line = _one_error(["ledgr"], capsys)
    assert line.startswith(
        "Error: there is no command 'ledgr' (did you mean 'ledger', 'learn'?): suggest, learn, logs, memory, "
        "ledger, tasks, reference, run"
    )


def test_outside_of_a_project_nothing_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert _one_error(["run"], capsys).startswith(
        f"Error: there is no folder conf/base in {tmp_path}: run pipelines"
    )
