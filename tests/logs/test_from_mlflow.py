from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from foretune.logs.errors import LogError
from foretune.logs.found_log import ScoreChoice
from foretune.logs.from_mlflow import is_mlflow_folder, read_mlflow

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
pytest.importorskip("mlflow")


def _client(uri: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    from mlflow import MlflowClient

    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    return MlflowClient(uri)


def _add(
    client: Any,
    experiment: str,
    params: dict[str, Any],
    metrics: dict[str, float],
    status: str = "FINISHED",
    name: str = "run",
    parent: str | None = None,
) -> str:
    tags = {"mlflow.parentRunId": parent} if parent else {}
    run = client.create_run(experiment, tags=tags, run_name=name)
    for key, value in params.items():
        client.log_param(run.info.run_id, key, value)
    for key, number in metrics.items():
        # The last value counts
        client.log_metric(run.info.run_id, key, number - 1, step=0)
        client.log_metric(run.info.run_id, key, number, step=1)
    client.set_terminated(run.info.run_id, status)
    return str(run.info.run_id)


def _fill(client: Any) -> None:
    churn = client.create_experiment("churn")
    _add(client, churn, {"eta": 0.1, "max_depth": 3}, {"auc": 0.8, "system/cpu": 3.0})
    _add(client, churn, {"eta": 0.2, "max_depth": 4}, {"auc": 0.9})
    _add(client, churn, {"eta": 0.3, "max_depth": 5}, {}, "FAILED")
    wine = client.create_experiment("wine")
    for search in ("red", "white"):
        parent = _add(client, wine, {"eta": 0.7}, {"best_auc": 0.7}, name=search)
        for eta in (0.5, 0.7):
            _add(client, wine, {"eta": eta}, {"auc": eta}, parent=parent)


def _check(uri: str) -> None:
    churn, *wine = read_mlflow(uri, ScoreChoice())
    assert churn.log["task_id"].tolist() == ["churn", "churn"]
    assert churn.log["score"].tolist() == [0.8, 0.9]
    assert churn.log["param_eta"].tolist() == ["0.1", "0.2"]
    assert churn.n_left_out == 1
    assert [one.log["task_id"].iloc[0] for one in wine] == ["wine/red", "wine/white"]
    # Without the parent, which repeats the best
    assert [one.log["score"].tolist() for one in wine] == [[0.5, 0.7]] * 2
    assert len(read_mlflow(uri, ScoreChoice(), "ch*")) == 1
    with pytest.raises(LogError, match=r"no run of .* \(pattern 'x\*'\)"):
        read_mlflow(uri, ScoreChoice(), "x*")


def test_runs_in_a_folder_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _fill(_client(str(tmp_path / "mlruns"), monkeypatch))
    monkeypatch.delenv("MLFLOW_ALLOW_FILE_STORE")
    assert is_mlflow_folder(tmp_path / "mlruns")
    assert not is_mlflow_folder(tmp_path)
    _check(str(tmp_path / "mlruns"))
    assert "MLFLOW_ALLOW_FILE_STORE" not in os.environ


def test_a_server_that_is_not_there_is_one_line() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(LogError, match=rf"http://127.0.0.1:{port} cannot be read by MLflow: ") as raised:
        read_mlflow(f"http://127.0.0.1:{port}", ScoreChoice())
    assert "\n" not in str(raised.value)


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "mlflow", "server", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder / 'server.db'}"]
    environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, env=environment, cwd=folder, start_new_session=True
        )
        try:
            for _ in range(120):
                with suppress(OSError), urllib.request.urlopen(f"{url}/health", timeout=1):
                    break
                time.sleep(1)
            yield url
        finally:
            # Its workers are in its session
            os.killpg(process.pid, 15)
            process.wait(30)


@pytest.mark.slow
def test_runs_of_a_server_and_of_its_database_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _server(tmp_path) as url:
        _fill(_client(url, monkeypatch))
        _check(url)
    _check(f"sqlite:///{tmp_path / 'server.db'}")
