"""Connections and transactions of a ledger, on SQLite and PostgreSQL alike."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, func, inspect, select, text, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import QueuePool

from foretune.base import how_to_install, shortened
from foretune.ledger.errors import DAMAGED, LedgerError, describe_problem, is_lost, is_transient, is_writable
from foretune.ledger.sqlite_file import SQLiteFile, read_sqlite_url
from foretune.ledger.tables import ADDED_BY_2, METADATA, SCHEMA, SCHEMA_VERSION, TRIALS

Result = TypeVar("Result")

SHORTEST_PAUSE, LONGEST_PAUSE = 0.01, 1.0
CONNECT_SECONDS = 10
# Any number of our own: it keeps two processes from creating the tables at once
CREATION_LOCK = 0x666F7265


class Database:
    """The database of a ledger.

    Parameters
    ----------
    url
        ``sqlite:///file``, ``sqlite:///file:file?uri=true`` with options of SQLite, or
        ``postgresql://user:password@host/database``.
    read_only
        Never write; the ledger must exist. One of an older version is then read as it is, not migrated.
    timeout
        How long to wait for locks of other processes and for a server that went away, in seconds.

    Raises
    ------
    LedgerError
        If it cannot be opened, is no ledger, or was written by a newer version.
    """

    def __init__(self, url: str, *, read_only: bool, timeout: float) -> None:
        parsed = _parse_url(url)
        self.is_sqlite = _is_sqlite(parsed)
        self.place = describe_address(url)
        self._timeout = timeout
        self._was_connected = False
        # A server that was waited for in vain is not waited for again, not even by another thread
        self._is_gone = False
        if self.is_sqlite:
            self._engine = _sqlite_engine(read_sqlite_url(parsed), read_only=read_only, timeout=timeout)
        else:
            self._engine = _postgres_engine(parsed, read_only=read_only, timeout=timeout)
        try:
            self._check_schema(read_only=read_only)
        except BaseException:
            self.close()
            raise

    def read(self, work: Callable[[Connection], Result]) -> Result:
        """Run some queries in one transaction; see :meth:`write`."""
        return self._run(work, self._engine)

    def write(self, work: Callable[[Connection], Result]) -> Result:
        """Run some statements in one transaction, again where another process was in the way.

        Parameters
        ----------
        work
            Called with the connection; more than once where a transaction failed for a passing reason.

        Raises
        ------
        LedgerError
            If it fails for another reason, or for a passing one until the timeout.
        """
        return self._run(work, self._engine.execution_options(is_writing=True))

    @property
    def is_gone(self) -> bool:
        """Whether the server went away and did not come back in time."""
        return self._is_gone

    def now(self, connection: Connection) -> float:
        """Return the time in seconds since 1970, by the one clock that all processes share."""
        if self.is_sqlite:
            return time.time()
        return float(connection.execute(select(func.extract("epoch", func.clock_timestamp()))).scalar_one())

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _run(self, work: Callable[[Connection], Result], engine: Engine) -> Result:
        deadline = time.monotonic() + self._timeout
        pause = SHORTEST_PAUSE
        while True:
            try:
                with engine.begin() as connection:
                    result = work(connection)
                self._was_connected, self._is_gone = True, False
                return result
            except DBAPIError as error:
                passing = is_transient(error, was_connected=self._was_connected)
                if not passing or self._is_gone or time.monotonic() + pause > deadline:
                    self._is_gone |= passing and is_lost(error)
                    raise LedgerError(describe_problem(error, self.place, self._timeout)) from error
            except UnicodeDecodeError as error:
                # Python's driver, where SQLite quotes a damaged name in its error
                raise LedgerError(f"the ledger {self.place} {DAMAGED}") from error
            # Jitter, so that contending processes do not retry in lockstep
            time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311
            pause = min(2 * pause, LONGEST_PAUSE)

    def _check_schema(self, *, read_only: bool) -> None:
        version = self.read(_schema_version)
        if version is None and not read_only:
            version = self.write(self._create_tables)
        if version is None:
            raise LedgerError(f"there is no ledger in {self.place} yet; check the URL, or run hpo first")
        if not isinstance(version, int):
            raise LedgerError(
                f"{self.place} is no ledger of Foretune: its schema is {shortened(repr(version))}; "
                f"restore it from a backup, or choose another file"
            )
        if version > SCHEMA_VERSION:
            raise LedgerError(
                f"the ledger {self.place} was written by a newer Foretune (schema {version}, this one knows "
                f"{SCHEMA_VERSION}); upgrade Foretune, or choose another ledger"
            )
        if version < SCHEMA_VERSION and read_only:
            self._engine = self._engine.execution_options(schema_version=version)
        elif version < SCHEMA_VERSION:
            self.write(self._migrate)

    def _create_tables(self, connection: Connection) -> int:
        self._lock_schema(connection)
        version = _schema_version(connection)  # another process may have been faster
        if version is None:
            METADATA.create_all(connection)
            connection.execute(SCHEMA.insert().values(version=SCHEMA_VERSION))
        return version or SCHEMA_VERSION

    def _migrate(self, connection: Connection) -> None:
        """Add what the tables of older versions lack."""
        self._lock_schema(connection)
        version = _schema_version(connection)  # another process may have been faster
        for name in ADDED_BY_2 if version is not None and version < SCHEMA_VERSION else ():
            connection.execute(text(f"ALTER TABLE {TRIALS.name} ADD COLUMN {name} TEXT"))
        connection.execute(update(SCHEMA).values(version=SCHEMA_VERSION))

    def _lock_schema(self, connection: Connection) -> None:
        # A writer of SQLite is alone
        if not self.is_sqlite:
            connection.execute(select(func.pg_advisory_xact_lock(CREATION_LOCK)))


def schema_of(connection: Connection) -> int:
    """Return the version of the tables that a connection reads."""
    version: int = connection.get_execution_options().get("schema_version", SCHEMA_VERSION)
    return version


def describe_address(url: str) -> str:
    """Return the file of a SQLite database, or another URL without its password.

    Raises
    ------
    LedgerError
        If a ledger cannot be kept there.
    """
    parsed = _parse_url(url)
    return str(read_sqlite_url(parsed).path) if _is_sqlite(parsed) else _without_password(parsed)


def _schema_version(connection: Connection) -> int | None:
    if not inspect(connection).has_table(SCHEMA.name):
        return None
    return connection.execute(select(func.max(SCHEMA.c.version))).scalar()


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _parse_url(url: str) -> URL:
    wanted = "write sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE"
    try:
        parsed = make_url(url)
    except ArgumentError:
        # The text may be a URL with a password and a slip
        shown = url if "@" not in url else "given (not shown, it may hold a password)"
        raise LedgerError(f"the ledger's URL {shown} is none; {wanted}") from None
    backend = parsed.get_backend_name()
    if backend in ("postgres", "postgresql"):
        return parsed.set(drivername="postgresql+psycopg") if "+" not in parsed.drivername else parsed
    if backend != "sqlite":
        raise LedgerError(f"a ledger cannot be kept in {backend}; {wanted}")
    if read_sqlite_url(parsed).path is None:
        raise LedgerError("a ledger in memory would be lost; write sqlite:///FILE")
    return parsed


def _without_password(url: URL) -> str:
    hidden = {name: "***" for name in url.query if "password" in name}
    return url.update_query_dict(hidden).render_as_string(hide_password=True)


def _sqlite_engine(given: SQLiteFile, *, read_only: bool, timeout: float) -> Engine:
    file = Path(str(given.path))
    if given.is_read_only and not read_only:
        raise LedgerError(
            f"the ledger {file} is to be written, but its URL forbids that: leave mode=ro and immutable out"
        )
    if (read_only or given.mode == "rw") and not file.exists():
        raise LedgerError(f"there is no ledger in {file} yet; check the URL, or run hpo first")
    if not read_only:
        _make_folder(file)
    file = file.absolute()  # the process may change its folder before it connects again

    def connect() -> sqlite3.Connection:
        return _connect_sqlite(file, given.options, read_only=read_only, timeout=timeout)

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool, max_overflow=-1)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer takes its lock at once: one that begins as a reader could only fail when another was faster
        writing = connection.get_execution_options().get("is_writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _connect_sqlite(file: Path, options: str, *, read_only: bool, timeout: float) -> sqlite3.Connection:
    mode = "rwc"
    if read_only:
        # A reader of a WAL database writes files beside it, unless the database is opened as immutable
        is_still = not is_writable(file.parent) and not Path(f"{file}-wal").exists()
        mode = "ro&immutable=1" if is_still else "ro"
    connection = sqlite3.connect(
        f"{file.as_uri()}?mode={mode}{options}",
        uri=True,
        timeout=timeout,
        isolation_level=None,
        check_same_thread=False,
    )
    # A text that is not UTF-8 is a damaged cell, which the checks of rows name, and no error of the driver
    connection.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
    try:
        if not read_only:
            # Readers and a writer do not wait for one another; each commit is on the disk when it returns
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
    except BaseException:
        connection.close()
        raise
    return connection


def _make_folder(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerError(
            f"the folder of the ledger {file} cannot be made: {error.strerror}; choose another"
        ) from error
    if file.is_dir():
        raise LedgerError(f"the ledger {file} is a folder; name a file in it")


def _postgres_engine(url: URL, *, read_only: bool, timeout: float) -> Engine:
    options: dict[str, Any] = {"postgresql_readonly": True} if read_only else {}
    arguments: dict[str, Any] = {}
    if "connect_timeout" not in url.query:
        arguments["connect_timeout"] = CONNECT_SECONDS
    try:
        engine = create_engine(
            url, pool_pre_ping=True, max_overflow=-1, connect_args=arguments, execution_options=options
        )
    except ModuleNotFoundError as error:
        raise LedgerError(
            f"the ledger {_without_password(url)} needs a driver ({error.name} is missing): "
            f"{how_to_install('postgres')}"
        ) from error
    except NoSuchModuleError as error:
        raise LedgerError(f"SQLAlchemy knows no driver {url.drivername}; write postgresql://...") from error

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.execute(text(f"SET LOCAL lock_timeout = {max(int(1000 * timeout), 1)}"))

    return engine
