"""The command ``foretune``, and ``python -m foretune``."""

from __future__ import annotations

from pathlib import Path

import pytest
from kedro.framework.cli.project import run

from foretune.__main__ import COMMANDS, main


def test_help_names_the_other_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    others = "Other commands: foretune ledger|logs|memory|reference|tasks, each with --help."
    assert others in " ".join(capsys.readouterr().out.split())
    assert run.epilog is None


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
        "Error: there is no command 'ledgr' (did you mean 'ledger'?): ledger, logs, memory, reference, tasks"
    )


def test_outside_of_a_project_nothing_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert _one_error([], capsys).startswith(
        f"Error: there is no folder conf/base in {tmp_path}: run pipelines"
    )
