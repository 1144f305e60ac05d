"""Kedro-Viz serves the project and writes it as a static site."""

from __future__ import annotations

import contextlib
import json
import os
import random
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
from playwright.sync_api import Browser
from tests.browser import PATIENCE_MS
from tests.pipelines.conftest import Workspace

PROJECT = Path(__file__).parents[2]
KEDRO = Path(sys.executable).with_name("kedro")
STAGES = {"task_generation", "hpo", "metafeatures", "meta_training", "evaluation"}

# The port that was free may be taken by the time the server asks for it
ATTEMPTS = 3

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
def served(project: Path, tmp_path: Path) -> Iterator[str]:
    """Serve the project; give the address."""
    log = tmp_path / "viz.log"
    for _ in range(ATTEMPTS):
        port = _free_port()
        command = [KEDRO, "viz", "run", "--no-browser", "--host", "127.0.0.1", "--port", str(port)]
        with log.open("a") as output:
            # A session of its own: the server is a child that outlives a kill of the command
            server = subprocess.Popen(
                command,
                cwd=project,
                env=_environment(),
                start_new_session=True,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            if _answers(f"http://127.0.0.1:{port}/api/main", server):
                yield f"http://127.0.0.1:{port}"
                return
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)
            server.wait()
    raise AssertionError(f"kedro viz run does not answer: {log.read_text()[-3000:]}")


def _free_port() -> int:
    # Kedro-Viz takes no port of those that the system gives away by itself
    for port in random.sample(range(20_000, 40_000), 50):
        with socket.socket() as free, contextlib.suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port
    raise OSError("no port is free")


def _answers(address: str, server: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=30):
                return True
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.5)
    return False


def _get(address: str) -> Any:
    with urllib.request.urlopen(address, timeout=30) as answer:
        return json.load(answer)


def test_it_serves_the_graph_with_layers_and_previews(served: str) -> None:
    graph = _get(f"{served}/api/main")
    assert {pipeline["id"] for pipeline in graph["pipelines"]} == {*STAGES, "recommendation", "__default__"}
    # The evaluation fits surrogates of its own, so models and model_output stand side by side
    assert graph["layers"][:5] == ["raw", "intermediate", "primary", "feature", "model_input"]
    assert set(graph["layers"][5:]) == {"models", "model_output", "reporting"}
    by_name = {node["name"]: node["id"] for node in graph["nodes"]}
    assert {"evaluate_configurations", "hold_out_tasks", "regret_curves"} <= set(by_name)
    for name in ("regret_curves", "critical_differences", "metafeature_correlations", "task_map_figure"):
        details = _get(f"{served}/api/nodes/{by_name[name]}")
        assert details["preview_type"] == "PlotlyPreview"
        assert len(details["preview"]["data"]) > 1


def test_it_opens_with_a_group_for_each_pipeline(served: str) -> None:
    graph = _get(f"{served}/api/main")
    groups = graph["modular_pipelines"]
    assert set(groups) == {"__root__", *STAGES}
    root = {child["id"] for child in groups["__root__"]["children"]}
    # Neither nodes nor figures of the report stand outside of the groups
    outside = [node for node in graph["nodes"] if node["id"] in root and node["type"] != "parameters"]
    assert {node["name"] for node in outside if node["type"] != "data"} == STAGES
    assert len(outside) < 30
    assert not {"regret_curves", "shap_figure"} & {node["name"] for node in outside}


# Pairs of texts of the preview that stand on each other
OVERLAPS = """() => {
    const figure = document.querySelector(".pipeline-metadata .js-plotly-plot")
    const texts = [...figure.querySelectorAll("text")].filter(one => one.getBoundingClientRect().width > 1)
    const boxes = texts.map(one => [one.textContent, one.getBoundingClientRect()])
    const meet = (one, other) => Math.min(one.right, other.right) - Math.max(one.left, other.left) > 2
        && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 2
    return boxes.flatMap(([text, box], at) => boxes.slice(at + 1)
        .filter(([, other]) => meet(box, other)).map(([other]) => [text, other]))
}"""


def test_it_is_seen_as_groups_and_previews_without_overlap(served: str, browser: Browser) -> None:
    graph = _get(f"{served}/api/main")
    ids = {node["name"]: node["id"] for node in graph["nodes"]}
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(PATIENCE_MS)
    page.goto(served)
    page.wait_for_selector(".pipeline-node")
    assert page.locator(".pipeline-node").count() < 30
    for name in ("regret_curves", "critical_differences", "shap_figure", "calibration_figure"):
        page.goto(f"{served}/?pid=__default__&sid={ids[name]}")
        page.wait_for_selector(".pipeline-metadata .js-plotly-plot .main-svg text")
        assert page.evaluate(OVERLAPS) == [], name
    page.close()


def test_it_builds_a_static_site(project: Path) -> None:
    built = subprocess.run(
        [KEDRO, "viz", "build"], cwd=project, env=_environment(), capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stdout + built.stderr
    site = project / "build"
    assert (site / "index.html").is_file()
    graph = json.loads((site / "api/main").read_text())
    assert {pipeline["id"] for pipeline in graph["pipelines"]} == {*STAGES, "recommendation", "__default__"}
