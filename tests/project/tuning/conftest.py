"""Kedro projects that know nothing of Foretune."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from click.testing import CliRunner, Result
from kedro.framework.project import configure_project
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from tests.project.tuning.flights import make_project

from foretune.project.tuning.command import commands

# Made by the first project, for all
_table: list[bytes] = []
SCIENCE = ("--pipeline=data_science", "--metric=metrics:r2")
DEPTH, RATE = (
    "--param=model_options.max_depth=int(1,6)",
    "--param=model_options.learning_rate=float(0.01,0.5,log)",
)


@dataclass(frozen=True)
class Flights:
    """A project of flights in a folder."""

    path: Path

    def tune(self, *options: str) -> Result:
        """Call ``kedro tune`` in the project, in this process."""
        with chdir(self.path):
            metadata = bootstrap_project(self.path)
            return CliRunner().invoke(commands, ["tune", *options], obj=metadata)

    def run(self, *pipelines: str, env: str | None = None, **params: object) -> None:
        """Run pipelines, as ``kedro run`` does."""
        bootstrap_project(self.path)
        with KedroSession.create(project_path=self.path, env=env, runtime_params=params) as session:
            cast("KedroSession", session).run(pipeline_names=list(pipelines))

    def calls(self) -> Counter[str]:
        """Count the calls of nodes since the last time."""
        file = self.path / "calls.txt"
        counted = Counter(file.read_text().split() if file.exists() else ())
        file.unlink(missing_ok=True)
        return counted

    def files(self) -> dict[str, bytes]:
        """Content of everything below ``data`` and ``conf``, by path."""
        return {
            str(file.relative_to(self.path)): file.read_bytes()
            for folder in ("data", "conf")
            for file in sorted((self.path / folder).rglob("*"))
            if file.is_file()
        }


def scores_in(output: str) -> Sequence[str]:
    """Return the lines of trials of an output."""
    return [line for line in output.splitlines() if re.match(r"\[ *\d+/\d+\] ", line)]


@pytest.fixture
def flights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flights]:
    """Give a project whose model input table is made."""
    monkeypatch.setenv("DO_NOT_TRACK", "1")
    monkeypatch.setattr(sys, "path", list(sys.path))
    project = Flights(make_project(tmp_path / "project"))
    table = project.path / "data/03_primary/model_input_table.csv"
    if not _table:
        project.run("data_processing")
        project.calls()
        _table.append(table.read_bytes())
    table.parent.mkdir(exist_ok=True)
    table.write_bytes(_table[0])
    yield project
    configure_project("foretune")
