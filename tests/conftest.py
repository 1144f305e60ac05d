"""What several test modules share."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections import Counter
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, settings
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from foretune.hpo.parameters import HpoParameters
from foretune.learners import known_learners
from foretune.tasks.task import Task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from foretune.base.parameters import TaskType

PROJECT = Path(__file__).parents[1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_schema_numbers = count()

# pytest-xdist's workers ignore Ctrl-C, and so would every process that a test starts
signal.signal(signal.SIGINT, signal.default_int_handler)

# No test has a time to keep: a machine with other work is slower than any limit
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Make slow what the marker ``quick`` of a parametrized test does not name, before ``-m`` selects."""
    n_quick: Counter[str] = Counter()
    for item in items:
        marker = item.get_closest_marker("quick")
        if marker is None:
            continue
        is_quick = item.callspec.id in marker.args if isinstance(item, pytest.Function) else False
        n_quick[item.nodeid.partition("[")[0]] += is_quick
        if not is_quick:
            item.add_marker(pytest.mark.slow)
    forgotten = [name for name, count in n_quick.items() if not count]
    # Who asks for one case may ask for a slow one
    if forgotten and not any("::" in argument for argument in config.args):
        raise pytest.UsageError(f"the marker quick names no case of {', '.join(forgotten)}")


@pytest.fixture(scope="session")
def hpo_parameters() -> HpoParameters:
    """Give the parameters of the default run, with fewer configurations."""
    raw: dict[str, Any] = yaml.safe_load((PROJECT / "conf/base/parameters_hpo.yml").read_text())["hpo"]
    # Without limits one worker is this very process
    return HpoParameters(**{**raw, "n_configurations": 4, "limits": {}})


@pytest.fixture(scope="session")
def mixed_tasks() -> dict[str, Task]:
    """Give one task per type, with numbers, categories, a boolean and missing values."""
    return {f"mixed_{kind}": make_mixed_task(kind) for kind in ("classification", "regression")}


def installed_learners() -> list[str]:
    """Names of the learners whose packages are installed."""
    optional = {"catboost": "catboost", "realmlp": "pytabkit"}
    return [name for name in known_learners() if find_spec(optional.get(name, "sklearn"))]


def make_mixed_task(task_type: TaskType, n_rows: int = 90, seed: int = 0) -> Task:
    rng = np.random.default_rng(seed)
    features = pd.DataFrame(
        {
            "length": rng.normal(10, 3, n_rows),
            "weight": np.where(rng.random(n_rows) < 0.2, np.nan, rng.lognormal(0, 1, n_rows)),
            "colour": pd.Categorical(rng.choice(["red", "green", "blue", None], n_rows)),
            "old": rng.random(n_rows) < 0.3,
        }
    )
    signal = features["length"] + 5 * features["old"] + 3 * (features["colour"] == "red")
    if task_type == "regression":
        return Task("mixed_regression", task_type, features, (signal * 1000).rename("target"))
    classes = pd.cut(signal + rng.normal(0, 1, n_rows), 3, labels=["a", "b", "c"])
    return Task("mixed_classification", task_type, features, classes.astype("str").astype("category"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give a browser; not for longer than a module, for its event loop runs in the thread of the tests."""
    from playwright.sync_api import sync_playwright
    from tests.browser import PATIENCE_MS

    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is installed")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        started = playwright.chromium.launch(executable_path=found, args=arguments, timeout=PATIENCE_MS)
        yield started
        started.close()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """Give a URL in which all tables are in a schema of their own, removed in the end."""
    schema = f"foretune_test_{os.getpid()}_{next(_schema_numbers)}"
    engine = create_engine(make_url(postgres_server).set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    url = make_url(postgres_server).update_query_dict({"options": f"-csearch_path={schema}"})
    yield url.render_as_string(hide_password=False)
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Give the URL of a PostgreSQL: the one that the environment names, or one started for the tests."""
    if given := os.environ.get("FORETUNE_TEST_POSTGRES"):
        yield given
        return
    programs = _find_programs()
    if programs is None:
        pytest.skip("no PostgreSQL: FORETUNE_TEST_POSTGRES is not set and initdb is not installed")
    # A short path: that of the server's socket may have a hundred characters
    folder = Path(tempfile.mkdtemp(prefix="foretune-postgres-"))
    try:
        yield from _run_server(programs, folder)
    finally:
        shutil.rmtree(folder)


def _find_programs() -> Path | None:
    """Find the folder of ``initdb``: Debian keeps it off the path."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parts[-3]))
    return found[-1].parent if found else None


def _run_server(programs: Path, folder: Path) -> Iterator[str]:
    # PostgreSQL refuses to run as root
    identity: dict[str, Any] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        shutil.chown(folder, nobody.pw_uid, nobody.pw_gid)
    port = _free_port()
    settings = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"

    def call(program: str, *arguments: str) -> None:
        # To a file: the server would hold a pipe open for as long as it runs
        with (folder / "output").open("a") as output:
            command = [programs / program, "-D", folder / "data", *arguments]
            done = subprocess.run(command, cwd=folder, stdout=output, stderr=output, check=False, **identity)
        assert done.returncode == 0, (folder / "output").read_text()

    call("initdb", "-U", "foretune", "-A", "trust", "-E", "UTF8", "--no-sync")
    call("pg_ctl", "-o", settings, "-w", "start")
    try:
        yield f"postgresql://foretune@127.0.0.1:{port}/postgres"
    finally:
        call("pg_ctl", "-m", "immediate", "-w", "stop")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
