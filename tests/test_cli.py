"""Options of ``kedro run`` that are wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from kedro.framework.cli.project import run as run_of_kedro
from kedro.framework.startup import bootstrap_project

from foretune.cli import RunCommand, cli, run

PROJECT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("option", "line"),
    [
        (
            '--params=drop_columns="a\\x2c b"+c',
            "a value of --params is no YAML",
        ),
        (
            "--params=recommendation.drop_columns=[id,a name]",
            "Invalid format of `params` option: Item `a name]` must contain a key and a value separated by "
            "`=`; a comma ends a value: join the names of a list by +",
        ),
        ("--params=seed=[1", "a value of --params is no YAML"),
        ("--params=seed=${x", "the parameters cannot be read: "),
        ("--params=seed=${x}", "the parameters cannot be read: Interpolation key 'x' not found"),
        ("--nodes=fo", "Pipeline does not contain nodes named ['fo']; `kedro registry describe` lists nodes"),
        ("--tags=fo", "Pipeline contains no nodes after applying all provided filters"),
        ("--namespaces=fo", "Pipeline does not contain nodes with the following namespaces: ['fo']"),
        ("--from-inputs=fo", "Pipeline does not contain datasets named ['fo']"),
        ("--load-versions=fo:1", "'load_versions' keys [fo] are not found in the catalog"),
        ("--runner=fo", "module 'kedro.runner' has no attribute 'fo'"),
        ("--runner=fo.Runner", "No module named 'fo'"),
        ("--runner-params=a=3", "SequentialRunner.__init__() got an unexpected keyword argument 'a'"),
    ],
)
def test_a_wrong_option_is_one_line(option: str, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)
    bootstrap_project(PROJECT)
    ended = CliRunner().invoke(cli, ["run", option])
    assert ended.exit_code == 2
    (error,) = [one for one in ended.output.splitlines() if one.startswith("Error: ")]
    assert error.startswith(f"Error: {line}")
    assert "Traceback" not in ended.output


def test_an_error_of_a_node_is_not_taken_for_a_wrong_option() -> None:
    def node(**_: Any) -> None:
        raise ValueError("of a node")

    command = RunCommand("run", callback=node)
    with pytest.raises(ValueError, match="of a node"):
        command.main([], standalone_mode=False)


def test_the_command_of_kedro_stays_as_it_is() -> None:
    assert type(run_of_kedro) is click.Command
    assert [option.name for option in run.params] == [option.name for option in run_of_kedro.params]
