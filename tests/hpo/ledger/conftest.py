"""Ledgers to test on: a SQLite file and a real PostgreSQL."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from foretune.hpo.configuration import Configuration
from foretune.hpo.evaluation import Trial
from foretune.hpo.ledger import EvaluationContext, StoredTrial, trial_key

CONTEXT = EvaluationContext("a" * 64, "StratifiedKFold", 3, 1, 2, {"max_categories": 20}, ("accuracy", "auc"))
_schema_numbers = count()


@pytest.fixture(scope="session")
def context() -> EvaluationContext:
    return CONTEXT


@pytest.fixture(scope="session")
def make_trial() -> Callable[..., StoredTrial]:
    """Give a function that makes the trial of a number."""

    def make(number: int, status: str = "ok", fit_seconds: float = 0.5, **changed: Any) -> StoredTrial:
        configuration = Configuration("svm", {"C": number / 3, "gamma": None, "kernel": "rbf"}, "sobol")
        folds = [{"accuracy": 1 / (3 + number + i), "auc": float("nan")} for i in range(3)]
        trial = Trial(folds if status == "ok" else [], status, "" if status == "ok" else "why", fit_seconds)
        parts: dict[str, Any] = {"task_id": "iris", "task_hash": "a" * 64, "task_type": "classification"}
        return StoredTrial(
            trial_key(CONTEXT, configuration), configuration=configuration, trial=trial, **(parts | changed)
        )

    return make


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """Give the URL of an empty ledger, in each database."""
    name: str = request.getfixturevalue(f"{request.param}_url")
    return name


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/ledgers/ledger.sqlite"


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
