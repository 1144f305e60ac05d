"""The command ``foretune``, and ``python -m foretune``."""

from __future__ import annotations

import pytest
from kedro.framework.cli.project import run

from foretune.__main__ import COMMANDS, main


def test_help_names_the_other_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert "Other commands: foretune ledger|logs|reference, each with --help." in capsys.readouterr().out
    assert run.epilog is None


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"Usage: foretune {command}" in capsys.readouterr().out
