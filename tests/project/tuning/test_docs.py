"""What docs/kedro-tune.md shows works as it is written."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.project.tuning.conftest import Flights

from foretune.commands.ledger import ledger
from foretune.project.tuning.command import commands
from foretune.recommendation import reference_folder

PROJECT = Path(__file__).parents[3]
GUIDE = (PROJECT / "docs/kedro-tune.md").read_text(encoding="utf-8")
# What help and guide show names datasets of the project of flights
BLOCKS = re.findall(r"^```\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)


def _options(block: str) -> list[str]:
    """Return the options of the one command of a block, read as a shell reads it."""
    command = block.replace("\\\n", "").strip()
    assert "\n" not in command
    return shlex.split(command)[2:]


@pytest.mark.slow
def test_the_guide_tunes_and_shows_the_ledger(flights: Flights, monkeypatch: pytest.MonkeyPatch) -> None:
    tune, show = BLOCKS[:2]
    done = flights.tune(*_options(tune), "--trials=3")
    assert done.exit_code == 0, done.output
    monkeypatch.chdir(flights.path)
    for command in show.splitlines():
        _, name, *options = shlex.split(command)
        assert name == "ledger"
        shown = CliRunner().invoke(ledger, options)
        assert shown.exit_code == 0, shown.output
        assert "3 trials" in shown.output
    assert (flights.path / "trials.csv").is_file()


@pytest.mark.slow
@pytest.mark.skipif(
    not (reference_folder() / "regression").is_dir(), reason="the package carries no reference memory"
)
def test_the_guide_tunes_with_the_memory(flights: Flights) -> None:
    done = flights.tune(*_options(BLOCKS[2]), "--trials=2")
    assert done.exit_code == 0, done.output
    assert "the memory of xgboost leads" in done.output


def test_the_guide_tunes_a_function(capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = re.findall(r"^```python\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    exec(block, names)
    assert names["result"].best_score > 0.3
    assert len(names["result"].trials) == 6
    assert "max_features" in capsys.readouterr().out


def test_every_option_of_the_guide_is_one_of_the_command() -> None:
    known = {
        name for option in commands.commands["tune"].params for name in [*option.opts, *option.secondary_opts]
    }
    ours = set(re.findall(r"--[a-z][a-z-]+", GUIDE)) - {"--url"}
    assert ours <= known


def test_the_readme_has_a_door_to_it() -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"`(kedro tune [^`]+)`", readme)
    context = commands.commands["tune"].make_context("tune", shlex.split(command)[2:])
    assert context.params["space"] == {"model_options.max_depth": "int(2,10)"}
    assert "(docs/kedro-tune.md)" in readme
