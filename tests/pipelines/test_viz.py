"""Kedro-Viz serves the project and writes it as a static site."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.pipelines.conftest import Workspace

PROJECT = Path(__file__).parents[2]
KEDRO = Path(sys.executable).with_name("kedro")
STAGES = {"task_generation", "hpo", "metafeatures", "meta_training", "evaluation"}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def project(finished_run: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the project together with the data of a finished run."""
    folder = tmp_path_factory.mktemp("viz") / "project"
    for name in ("conf", "src"):
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", ".telemetry"):
        shutil.copy(PROJECT / name, folder)
    shutil.copytree(finished_run.path / "data", folder / "data")
    return folder


def _environment() -> dict[str, str]:
    return {**os.environ, "DO_NOT_TRACK": "1"}


@pytest.fixture
def served(project: Path) -> Iterator[str]:
    """Serve the project; give the address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [KEDRO, "viz", "run", "--no-browser", "--host", "127.0.0.1", "--port", str(port)]
    # A session of its own: the server is a child that outlives a kill of the command
    server = subprocess.Popen(
        command,
        cwd=project,
        env=_environment(),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/api/main", server)
        yield address
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        assert server.poll() is None, "kedro viz run has ended"
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.5)
    raise AssertionError("kedro viz run does not answer")


def _get(address: str) -> Any:
    with urllib.request.urlopen(address, timeout=30) as answer:
        return json.load(answer)


def test_it_serves_the_graph_with_layers_and_previews(served: str) -> None:
    graph = _get(f"{served}/api/main")
    assert {pipeline["id"] for pipeline in graph["pipelines"]} == {*STAGES, "__default__"}
    # The evaluation fits surrogates of its own, so models and model_output stand side by side
    assert graph["layers"][:5] == ["raw", "intermediate", "primary", "feature", "model_input"]
    assert set(graph["layers"][5:]) == {"models", "model_output", "reporting"}
    by_name = {node["name"]: node["id"] for node in graph["nodes"]}
    assert {"evaluate_configurations", "hold_out_tasks", "regret_curves"} <= set(by_name)
    details = _get(f"{served}/api/nodes/{by_name['regret_curves']}")
    assert details["preview_type"] == "PlotlyPreview"
    assert len(details["preview"]["data"]) > 1


def test_it_builds_a_static_site(project: Path) -> None:
    built = subprocess.run(
        [KEDRO, "viz", "build"], cwd=project, env=_environment(), capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stdout + built.stderr
    site = project / "build"
    assert (site / "index.html").is_file()
    graph = json.loads((site / "api/main").read_text())
    assert {pipeline["id"] for pipeline in graph["pipelines"]} == {*STAGES, "__default__"}
