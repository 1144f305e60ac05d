"""What goes wrong with a database is said in one line that names the place and the fix."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from foretune.ledger import LedgerError, StoredTrial
from foretune.ledger.ledger import Ledger, _library_versions

MakeTrial = Callable[..., StoredTrial]


@pytest.fixture
def guarded_folder() -> Iterator[Path]:
    """Give a folder whose permissions hold: for root they do not, so the test runs as somebody else."""
    folder = Path(tempfile.mkdtemp(prefix="foretune-ledger-"))
    user = os.geteuid()
    # Somebody else may not read the interpreter's own files: what loads late must be there before
    _library_versions()
    if user == 0:
        shutil.chown(folder, "nobody")
        os.seteuid(folder.stat().st_uid)
    yield folder
    os.seteuid(user)
    folder.chmod(0o700)
    shutil.rmtree(folder)


def fails(url: str, message: str, *, read_only: bool = False, timeout: float = 5.0) -> None:
    with pytest.raises(LedgerError, match=message) as caught:
        Ledger.open(url, read_only=read_only, timeout=timeout)
    assert len(str(caught.value).splitlines()) == 1


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a database\n" * 100)
    fails(f"sqlite:///{file}", f"{file} is not a SQLite database; choose another file")


def test_a_database_of_somebody_else_gets_no_tables_by_reading(tmp_path: Path) -> None:
    file = tmp_path / "other.sqlite"
    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE trials (id INTEGER)")
    other.close()
    fails(f"sqlite:///{file}", "there is no ledger in", read_only=True)
    with Ledger.open(f"sqlite:///{file}") as ledger:
        assert list(ledger.rows()) == []


def test_a_read_only_file(guarded_folder: Path, make_trial: MakeTrial) -> None:
    file = guarded_folder / "ledger.sqlite"
    with Ledger.open(f"sqlite:///{file}") as ledger:
        ledger.record([make_trial(0)])
    file.chmod(0o400)
    with (
        Ledger.open(f"sqlite:///{file}") as ledger,
        pytest.raises(LedgerError, match="is read-only; allow writing to the file and its folder"),
    ):
        ledger.record([make_trial(1)])


def test_a_read_only_folder(guarded_folder: Path, make_trial: MakeTrial) -> None:
    file = guarded_folder / "ledger.sqlite"
    with Ledger.open(f"sqlite:///{file}") as ledger:
        ledger.record([make_trial(0)])
    guarded_folder.chmod(0o500)
    fails(f"sqlite:///{file}", "is read-only; allow writing to the file and its folder")
    fails(f"sqlite:///{guarded_folder}/new.sqlite", f"{guarded_folder} is read-only; allow writing to it")
    fails(f"sqlite:///{guarded_folder}/new/ledger.sqlite", "cannot be made: Permission denied")
    with Ledger.open(f"sqlite:///{file}", read_only=True) as reader:
        assert len(list(reader.rows())) == 1


def test_a_full_disk_loses_nothing_that_was_stored(sqlite_url: str, make_trial: MakeTrial) -> None:
    with Ledger.open(sqlite_url) as ledger:
        ledger.record([make_trial(0)])
        with ledger._database._engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(LedgerError, match="the disk is full; free some space and run again"):
            ledger.record(make_trial(number) for number in range(1, 500))
        assert [trial.key for trial in ledger.rows()] == [make_trial(0).key]


def test_a_quota_is_an_error_of_one_line(sqlite_url: str, make_trial: MakeTrial) -> None:
    with Ledger.open(sqlite_url) as ledger:
        ledger.record([make_trial(0)])
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, limits[1]))
        try:
            with pytest.raises(LedgerError, match="disk full, quota or a defect"):
                ledger.record(make_trial(number) for number in range(1, 5000))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert ledger.record([make_trial(1)]) == 1
        assert len(list(ledger.rows())) == 2


def test_a_locked_file(sqlite_url: str, make_trial: MakeTrial) -> None:
    with Ledger.open(sqlite_url, timeout=0.3) as ledger:
        holder = sqlite3.connect(ledger.place, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match=r"has been locked by another process for 0\.3 s; end that"):
            ledger.record([make_trial(0)])
        assert ledger.lookup([make_trial(0).key]) == {}
        holder.execute("ROLLBACK")
        holder.close()
        assert ledger.record([make_trial(0)]) == 1


def test_a_missing_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    fails(
        "postgresql://me:secret@host/db",
        r"me:\*\*\*@host/db needs a driver .*pip install '\.\[postgres",
    )


def test_a_server_that_does_not_answer() -> None:
    url = "postgresql://me:secret@127.0.0.1:1/db?sslpassword=secret"
    with pytest.raises(
        LedgerError, match=r"127\.0\.0\.1:1/db.* cannot be reached: .*check the server"
    ) as caught:
        Ledger.open(url)
    assert "secret" not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_database_that_does_not_exist(postgres_server: str) -> None:
    url = make_url(postgres_server).set(database="nowhere").render_as_string(hide_password=False)
    fails(url, 'cannot be reached: .*database "nowhere" does not exist')


def test_a_locked_table(postgres_url: str, make_trial: MakeTrial) -> None:
    engine = create_engine(make_url(postgres_url).set(drivername="postgresql+psycopg"))
    with Ledger.open(postgres_url, timeout=0.3) as ledger:
        with engine.begin() as holder:
            holder.execute(text("LOCK TABLE ledger_trials IN ACCESS EXCLUSIVE MODE"))
            with pytest.raises(LedgerError, match=r"has been locked by another session for 0\.3 s"):
                ledger.record([make_trial(0)])
        assert ledger.record([make_trial(0)]) == 1
    engine.dispose()


def test_the_package_is_light_to_import() -> None:
    heavy = "{'sqlalchemy', 'pandas', 'optuna'}"
    code = f"import sys, foretune.ledger; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
