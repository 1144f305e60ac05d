from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, insert, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from foretune.learners.growing.rounds import Rounds
from foretune.ledger import StoredTrial
from foretune.ledger.database import Database
from foretune.ledger.errors import LedgerError
from foretune.ledger.ledger import Ledger
from foretune.ledger.tables import ADDED_BY_2, LEASES, SCHEMA, SCHEMA_VERSION


def open_database(url: str, *, read_only: bool = False, timeout: float = 5.0) -> Database:
    return Database(url, read_only=read_only, timeout=timeout)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = open_database(url)
    yield opened
    opened.close()


def lease(key: str) -> dict[str, object]:
    return {"key": key, "run_id": "r", "host": "h", "pid": 1, "expires_at": 2.5}


def keys(connection: Connection) -> list[str]:
    return list(connection.execute(select(LEASES.c.key).order_by(LEASES.c.key)).scalars())


def test_what_is_written_is_there_for_the_next_one(database: Database, url: str) -> None:
    def work(connection: Connection) -> list[str]:
        connection.execute(insert(LEASES), [lease("a"), lease("b")])
        return keys(connection)

    assert database.write(work) == ["a", "b"]
    other = open_database(url, read_only=True)
    assert other.read(keys) == ["a", "b"]
    assert other.place == database.place
    with pytest.raises(LedgerError, match="is read-only"):
        other.write(lambda c: c.execute(insert(LEASES), [lease("c")]))
    other.close()


def test_a_transaction_that_raises_leaves_nothing(database: Database) -> None:
    def work(connection: Connection) -> None:
        connection.execute(insert(LEASES), [lease("a")])
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        database.write(work)
    assert database.read(keys) == []


def test_the_clock_is_that_of_the_database(database: Database) -> None:
    assert database.read(database.now) == pytest.approx(time.time(), abs=60)


def failing(n_times: int, name: str) -> tuple[Callable[[Connection], str], list[int]]:
    """Make work that fails the way SQLite does, so many times."""
    calls: list[int] = []

    def work(connection: Connection) -> str:
        calls.append(1)
        if len(calls) <= n_times:
            error = sqlite3.OperationalError("it happened")
            error.sqlite_errorname = name
            raise OperationalError("SELECT", {}, error)
        return "done"

    return work, calls


def test_what_fails_for_a_passing_reason_is_tried_again(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    work, calls = failing(3, "SQLITE_BUSY")
    assert database.write(work) == "done"
    assert len(calls) == 4
    database.close()


def test_what_fails_for_good_or_for_too_long_is_an_error(sqlite_url: str) -> None:
    database = open_database(sqlite_url, timeout=0.1)
    work, calls = failing(1, "SQLITE_CORRUPT")
    with pytest.raises(LedgerError, match="is damaged"):
        database.write(work)
    assert len(calls) == 1
    work, calls = failing(10_000, "SQLITE_BUSY")
    start = time.monotonic()
    with pytest.raises(LedgerError, match=r"has been locked by another process for 0\.1 s"):
        database.read(work)
    assert 1 < len(calls) < 50
    assert time.monotonic() - start < 5
    database.close()


def test_a_lock_that_ends_in_time_is_waited_for(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    holder = sqlite3.connect(database.place, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN EXCLUSIVE")
    release = threading.Timer(0.3, holder.execute, ["ROLLBACK"])
    release.start()
    database.write(lambda c: c.execute(insert(LEASES), [lease("a")]))
    release.join()
    holder.close()
    assert database.read(keys) == ["a"]
    database.close()


@pytest.mark.slow
def test_a_connection_that_breaks_is_made_again(postgres_url: str) -> None:
    engine = create_engine(make_url(postgres_url).set(drivername="postgresql+psycopg"))
    backends: list[int] = []

    def work(connection: Connection) -> None:
        backends.append(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())
        if len(backends) == 1:
            with engine.begin() as killer:
                killer.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": backends[0]})
        connection.execute(insert(LEASES), [lease("a")])

    database = open_database(postgres_url)
    database.write(work)
    assert len(set(backends)) == 2
    assert database.read(keys) == ["a"]
    database.close()
    engine.dispose()


def test_tables_are_made_once_and_a_newer_ledger_is_left_alone(database: Database, url: str) -> None:
    def versions(connection: Connection) -> list[int]:
        return list(connection.execute(select(SCHEMA.c.version)).scalars())

    again = open_database(url)
    assert again.read(versions) == [SCHEMA_VERSION]
    again.write(lambda c: c.execute(update(SCHEMA).values(version=SCHEMA_VERSION + 1)))
    again.close()
    with pytest.raises(LedgerError, match=r"was written by a newer Foretune .* upgrade Foretune"):
        open_database(url)


def _make_older(url: str) -> None:
    """Give a ledger the tables of version 1."""
    database = open_database(url)
    for column in ADDED_BY_2:
        drop = text(f"ALTER TABLE ledger_trials DROP COLUMN {column}")
        database.write(lambda c, drop=drop: c.execute(drop))
    database.write(lambda c: c.execute(update(SCHEMA).values(version=1)))
    database.close()


def test_an_older_ledger_is_migrated_when_it_is_opened_for_writing(
    url: str, make_trial: Callable[..., StoredTrial]
) -> None:
    with Ledger.open(url) as ledger:
        ledger.record([make_trial(1)])
    _make_older(url)
    with Ledger.open(url, read_only=True) as old:
        assert [repr(trial.trial) for trial in old.rows()] == [repr(make_trial(1).trial)]
        assert set(old.lookup([make_trial(1).key])) == {make_trial(1).key}
        assert old.count_damaged() == 0
    rounds = Rounds(3, "auc", 9)
    more = replace(make_trial(2), trial=replace(make_trial(2).trial, rounds=rounds))
    for _ in range(2):
        with Ledger.open(url) as ledger:
            ledger.record([more])
            assert [trial.trial.rounds for trial in ledger.rows()] == [None, rounds]
    database = open_database(url)
    assert database.read(lambda c: list(c.execute(select(SCHEMA.c.version)).scalars())) == [SCHEMA_VERSION]
    database.close()


def test_several_processes_migrate_once(url: str) -> None:
    open_database(url).close()
    _make_older(url)
    errors: list[Exception] = []

    def migrate() -> None:
        try:
            open_database(url).close()
        except Exception as error:  # noqa: BLE001
            errors.append(error)

    threads = [threading.Thread(target=migrate) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    open_database(url).close()


def test_readers_make_nothing(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="there is no ledger in"):
        open_database(f"sqlite:///{tmp_path}/new/ledger.sqlite", read_only=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("data/ledger.sqlite", r"URL data/ledger.sqlite is none; write sqlite:///FILE or"),
        ("nonsense me:secret@host", r"URL given \(not shown, it may hold a password\) is none"),
        ("mysql://me:secret@host/db", "cannot be kept in mysql; write sqlite:///FILE or postgresql"),
        ("sqlite://", "in memory would be lost"),
        ("sqlite:///:memory:", "in memory would be lost"),
        ("sqlite:///file::memory:?uri=true", "in memory would be lost"),
        ("sqlite:///file:a.sqlite?mode=memory&uri=true", "in memory would be lost"),
        (
            "sqlite:///file:a.sqlite?mode=ro",
            r"a file called 'file:a.sqlite': write sqlite:///FILE, or add uri",
        ),
        ("sqlite:///file://server/a.sqlite?uri=true", "names the host 'server': write file:///FILE"),
        ("postgresql+pg8000x://me:secret@host/db", "knows no driver"),
    ],
)
def test_a_wrong_url(url: str, message: str) -> None:
    with pytest.raises(LedgerError, match=message) as caught:
        open_database(url)
    assert "secret" not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_uri_of_sqlite_names_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "a b" / "trials.sqlite"
    relative, absolute = "sqlite:///file:a%20b/trials.sqlite?", f"sqlite:///{file.as_uri()}?"
    with pytest.raises(LedgerError, match="there is no ledger in"):
        open_database(f"{relative}mode=rw&uri=true")
    assert list(tmp_path.iterdir()) == []
    made = open_database(f"{relative}uri=true&mode=rwc")
    made.write(lambda c: c.execute(insert(LEASES), [lease("a")]))
    made.close()
    assert file.is_file()
    for url in (f"{absolute}uri=true", f"{relative}mode=ro&uri=true", f"{relative}immutable=1&uri=true"):
        read = open_database(url, read_only=True)
        assert read.read(keys) == ["a"]
        assert read.place.endswith("a b/trials.sqlite")
        read.close()
    for url in (f"{relative}mode=ro&uri=true", f"{absolute}immutable=1&uri=true"):
        with pytest.raises(LedgerError, match="is to be written, but its URL forbids that: leave mode=ro"):
            open_database(url)
    with pytest.raises(LedgerError, match="no such vfs"):
        open_database(f"{relative}vfs=none&uri=true")
    # Nothing is named after the scheme
    assert [one.name for one in tmp_path.iterdir()] == ["a b"]


def test_a_folder_in_the_place_of_the_file_or_a_file_in_that_of_the_folder(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="is a folder; name a file in it"):
        open_database(f"sqlite:///{tmp_path}")
    (tmp_path / "file").touch()
    with pytest.raises(LedgerError, match=r"folder of the ledger .* cannot be made"):
        open_database(f"sqlite:///{tmp_path}/file/ledger.sqlite")


def _is_gone(database: Database) -> bool:
    return database.is_gone


@pytest.mark.slow
def test_a_server_that_is_gone_is_waited_for_once(postgres_url: str) -> None:
    database = open_database(postgres_url, timeout=1.0)
    calls: list[float] = []

    def lose(_: Connection) -> None:
        calls.append(time.monotonic())
        raise OperationalError("SELECT", {}, ConnectionError("server closed the connection"))

    assert not _is_gone(database)
    start = time.monotonic()
    with pytest.raises(LedgerError, match="cannot be reached: server closed the connection"):
        database.write(lose)
    assert len(calls) > 2
    assert 0.2 < time.monotonic() - start < 5
    assert _is_gone(database)
    calls.clear()
    with pytest.raises(LedgerError):
        database.read(lose)
    assert len(calls) == 1
    # It has come back
    database.write(lambda connection: connection.execute(insert(LEASES), [lease("a")]))
    assert not _is_gone(database)
    calls.clear()
    with pytest.raises(LedgerError):
        database.read(lose)
    assert len(calls) > 2
    database.close()


def test_a_lock_does_not_make_a_database_gone(sqlite_url: str) -> None:
    database = open_database(sqlite_url, timeout=0.1)
    for _ in range(2):
        work, calls = failing(10_000, "SQLITE_BUSY")
        with pytest.raises(LedgerError):
            database.read(work)
        assert len(calls) > 1
        assert not _is_gone(database)
    database.close()
