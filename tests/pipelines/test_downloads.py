"""Tables of OpenML and PMLB through real Kedro sessions on ``conf/test``, from a server on this machine."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner
from tests.local_server import LocalServer, Reply, features_of, run_local_server
from tests.pipelines.conftest import PROJECT, Workspace

from foretune.commands.tasks import tasks as tasks_command
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


GUIDE = (PROJECT / "docs/downloads.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)


def test_the_guides_yaml_is_valid() -> None:
    parsed = [yaml.safe_load(block)["task_generation"] for block in blocks("yaml")]
    chosen, overridden, offline = map(TaskGenerationParameters.model_validate, parsed)
    assert (chosen.openml.data_ids, chosen.openml.suites) == ((61, 1590), (99,))
    assert chosen.pmlb.names == ("adult", "1027_ESL")
    assert overridden.openml.overrides[1590].target == "class"
    assert overridden.pmlb.overrides["adult"].drop_columns == ("fnlwgt",)
    assert offline.downloads.offline


def test_the_guides_table_of_parameters_is_true() -> None:
    defaults = TaskGenerationParameters().downloads
    rows = dict(re.findall(r"^\| (`.*?`) \| .* \| (.+) \|$", GUIDE, re.MULTILINE))
    stated = {
        name: yaml.safe_load(value.strip("`"))
        for names, values in rows.items()
        if "task_generation" not in names
        for name, value in zip(names.replace("`", "").split(", "), values.split(", "), strict=True)
    }
    assert stated == defaults.model_dump()


def test_the_guides_command_runs(workspace: Workspace) -> None:
    (command,) = re.findall(r"^kedro run .*--params=(\S+)$", GUIDE, re.MULTILINE)
    given: dict[str, dict[str, Any]] = {"openml": {}, "pmlb": {}}
    for one in command.split(","):
        path, value = one.split("=")
        _, source, key = path.split(".")
        given[source][key] = value
    with run_local_server() as server:
        fill(server)
        server.add_openml(1590, "adult", ARFF, features_of(ARFF))
        server.add_pmlb("adult", FRAME, METADATA)
        for source in given.values():
            source["server"] = server.url
        workspace.run("task_generation", task_generation={**given, "task_ids": []})
    catalogue = read(workspace, "03_primary/task_catalogue.parquet").set_index("task_id")
    assert catalogue["family"].to_dict() == {
        "openml_1590_adult": "adult_census",
        "openml_61_iris": "iris",
        "pmlb_adult": "adult_census",
    }
    # What is not given stays as it is in conf/test
    assert set(catalogue["n_rows"]) == {90}


def test_the_guide_fills_the_cache_and_reads_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder,) = re.findall(r"^foretune tasks fill-cache (\S+)$", GUIDE, re.MULTILINE)
    monkeypatch.chdir(workspace.path)
    Path(folder).mkdir()
    FRAME.to_parquet(f"{folder}/wind.parquet")
    assert CliRunner().invoke(tasks_command, ["fill-cache", folder]).exit_code == 0
    offline = yaml.safe_load(blocks("yaml")[-1])["task_generation"]
    workspace.run("task_generation", task_generation={**offline, "task_ids": []})
    catalogue = read(workspace, "03_primary/task_catalogue.parquet")
    assert catalogue["task_id"].tolist() == ["pmlb_wind"]
    assert catalogue["task_type"].tolist() == ["regression"]


def test_the_guides_program_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (program,) = blocks("python")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    with run_local_server() as server:
        fill(server)
        exec(program.replace('"data_ids": [61]', f'"data_ids": [61], "server": "{server.url}"'), names)
    assert list(names["tasks"]) == ["openml_61_iris"]
    assert (tmp_path / "downloads/openml/data/61/table.arff.gz").is_file()


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
