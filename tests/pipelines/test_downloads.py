"""Tables of OpenML and PMLB through real Kedro sessions on ``conf/test``, from a server on this machine."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from tests.local_server import LocalServer, Reply, features_of, run_local_server
from tests.pipelines.conftest import PROJECT, Workspace

from foretune.tasks import TaskGenerationParameters

ROWS = "".join(f"{(i * 7) % 50},{'ab'[i % 2]},{'xyz'[i % 3]}\n" for i in range(120))
ARFF = f"@relation r\n@attribute n numeric\n@attribute c {{a,b}}\n@attribute class {{x,y,z}}\n@data\n{ROWS}"
FRAME = pd.DataFrame(
    {
        "u": np.arange(100) % 13,
        "code": np.arange(100) % 4,
        "target": np.sqrt(np.arange(100)) + np.arange(100) % 4,
    }
)
METADATA = {"task": "regression", "features": [{"name": "code", "type": "categorical"}]}


def fill(server: LocalServer) -> None:
    server.add_openml(61, "iris", ARFF, features_of(ARFF))
    server.before("/data/v1/download/61/iris.arff", Reply(b"", 500), Reply(ARFF.encode(), cut=99))
    server.add_openml(1590, "adult", ARFF, features_of(ARFF), md5_checksum="0" * 32)
    server.add_suite(99, [61, 1590, 12345])
    server.add_pmlb("wind", FRAME, METADATA)


def chosen(server: LocalServer, **downloads: Any) -> dict[str, Any]:
    return {
        "task_ids": ["iris", "yacht"],
        "openml": {"suites": [99], "server": server.url},
        "pmlb": {"names": ["wind"], "server": server.url},
        "downloads": {"delay": 0.01, **downloads},
    }


def read(workspace: Workspace, path: str) -> pd.DataFrame:
    full = workspace.path / "data" / path
    return pd.read_csv(full) if full.suffix == ".csv" else pd.read_parquet(full)


def parquet_files(workspace: Workspace) -> dict[str, bytes]:
    return {name: content for name, content in workspace.files().items() if name.endswith(".parquet")}


@pytest.mark.slow
def test_tables_of_servers_are_tuned_on_and_what_cannot_be_had_is_a_row(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    with run_local_server() as server:
        fill(server)
        workspace.run("task_generation", task_generation=chosen(server))
        catalogue = read(workspace, "03_primary/task_catalogue.parquet").set_index("task_id")
        assert sorted(catalogue.index) == ["iris", "openml_61_iris", "pmlb_wind", "yacht"]
        assert catalogue.loc["openml_61_iris", "family"] == catalogue.loc["iris", "family"] == "iris"
        rejected = read(workspace, "03_primary/rejected_tasks.csv").set_index("task_id")
        assert sorted(rejected.index) == ["openml_12345", "openml_1590_adult"]
        assert "Unknown dataset" in rejected.loc["openml_12345", "reason"]
        assert "and not 00000000000000000000000000000000" in rejected.loc["openml_1590_adult", "reason"]
        n_requests = len(server.requests)
        stored = parquet_files(workspace)
        assert len(stored) == 5
        cached = workspace.path / "data/01_raw/downloads"
        assert (cached / "openml/data/61/table.arff.gz.sha256").is_file()
        # Offline, the same tasks, and trials of them
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            workspace.run("task_generation", task_generation=chosen(server, offline=True))
        assert len(server.requests) == n_requests
        assert parquet_files(workspace) == stored
        assert "is not in the cache" in caplog.text
    workspace.run("hpo", task_generation=chosen(server, offline=True))
    trials = read(workspace, "03_primary/trials.parquet")
    assert set(trials["task_id"]) == set(catalogue.index)
    assert set(trials["status"]) == {"ok"}


def test_make_run_downloads_nothing() -> None:
    for path in sorted((PROJECT / "conf").glob("*/parameters*.yml")):
        given = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("task_generation", {})
        parameters = TaskGenerationParameters.model_validate(
            {key: given[key] for key in ("openml", "pmlb", "downloads") if key in given}
        )
        chosen = (parameters.openml.data_ids, parameters.openml.names, parameters.openml.suites)
        assert (*chosen, parameters.pmlb.names) == ((), (), (), ()), path
    base = yaml.safe_load(Path(PROJECT / "conf/base/parameters_task_generation.yml").read_text())
    assert {"openml", "pmlb", "downloads"} <= set(base["task_generation"])
