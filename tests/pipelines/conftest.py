"""Real Kedro sessions, on ``conf/test`` if nothing else is said, each in a folder of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from kedro.framework.project import configure_project
from kedro.framework.session import KedroSession

PROJECT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Workspace:
    """A folder with the project's configuration and room for data."""

    path: Path
    env: str = "test"

    def run(self, *pipelines: str, **parameters: Any) -> None:
        """Run pipelines in it, as ``kedro run --env=<env>`` does."""
        configure_project("foretune")
        with (
            chdir(self.path),
            KedroSession.create(
                project_path=self.path,
                env=self.env,
                conf_source=str(self.configuration()),
                runtime_params=parameters,
            ) as session,
        ):
            names = list(pipelines) or ["__default__"]
            cast("KedroSession", session).run(pipeline_names=names)

    def configuration(self) -> Path:
        """Copy the project's configuration into the workspace, without what is local to a developer."""
        folder = self.path / "conf"
        if not folder.exists():
            shutil.copytree(PROJECT / "conf", folder, ignore=shutil.ignore_patterns("local"))
        return folder

    def files(self) -> dict[str, bytes]:
        """Content of everything that was written below ``data``, by path."""
        data = self.path / "data"
        return {
            str(path.relative_to(data)): path.read_bytes()
            for path in sorted(data.rglob("*"))
            if path.is_file()
        }


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Give a workspace in which the default run has ended, with one worker."""
    workspace = Workspace(tmp_path_factory.mktemp("finished"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DO_NOT_TRACK", "1")
        workspace.run(parallel={"n_workers": 1})
        yield workspace


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Give an empty workspace."""
    monkeypatch.setenv("DO_NOT_TRACK", "1")
    assert os.environ["DO_NOT_TRACK"]
    return Workspace(tmp_path)
