"""Trials in an SQL table: a SQLite file, or PostgreSQL by its address."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from foretune.hpo.evaluation import Trial
from foretune.hpo.ledger.key import ENGINE_VERSION

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from sqlalchemy import Engine, Table

    from foretune.hpo.configuration import Configuration

SCHEMA_VERSION = 1
# SQLite takes a limited number of values in one statement
KEYS_AT_ONCE = 500
SECONDS_TO_WAIT_FOR_A_LOCK = 30


class LedgerError(RuntimeError):
    """The ledger cannot be used; the message names it and says what to do."""


@dataclass(frozen=True)
class LedgerEntry:
    """A trial with what identifies it.

    Attributes
    ----------
    key
        As :func:`foretune.hpo.ledger.key.trial_key` makes it.
    task_id, task_hash
        The task; its name is for the reader only.
    configuration, trial
        What was evaluated, and what came out.
    """

    key: str
    task_id: str
    task_hash: str
    configuration: Configuration
    trial: Trial


class Ledger:
    """An append-only table of trials.

    Parameters
    ----------
    url
        Address as SQLAlchemy writes it, for example ``sqlite:///ledger.sqlite`` or
        ``postgresql+psycopg://user:password@host/database``.
    """

    def __init__(self, url: str) -> None:
        self._engine = _connect(url)
        self._trials = _make_tables(self._engine)

    def __enter__(self) -> Self:
        """Return the ledger."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the ledger."""
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def lookup(self, keys: Collection[str]) -> dict[str, Trial]:
        """Return the trials that are known, by key."""
        from sqlalchemy import select

        table = self._trials.c
        columns = (table.key, table.fold_metrics, table.status, table.error, table.fit_seconds)
        found: dict[str, Trial] = {}
        with _explained(self._engine), self._engine.connect() as connection:
            for part in _in_parts(sorted(keys)):
                rows = connection.execute(select(*columns).where(table.key.in_(part)))
                for key, fold_metrics, status, error, seconds in rows:
                    found[key] = Trial(json.loads(fold_metrics), status, error, seconds)
        return found

    def record(self, entries: Iterable[LedgerEntry]) -> None:
        """Add trials in one transaction; one that is there already stays as it is.

        Raises
        ------
        LedgerError
            If the ledger cannot be written.
        """
        rows = [_to_row(entry) for entry in entries]
        if not rows:
            return
        with _explained(self._engine), self._engine.begin() as connection:
            connection.execute(_insert(self._engine, self._trials), rows)

    def __len__(self) -> int:
        """Count the trials."""
        from sqlalchemy import func, select

        with _explained(self._engine), self._engine.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(self._trials)).scalar_one())


def _to_row(entry: LedgerEntry) -> dict[str, Any]:
    return {
        "key": entry.key,
        "task_id": entry.task_id,
        "task_hash": entry.task_hash,
        "learner": entry.configuration.learner,
        "config_id": entry.configuration.config_id,
        "params": json.dumps(entry.configuration.params),
        "strategy": entry.configuration.strategy,
        # Python's JSON keeps every digit of a float, so what comes back is what went in
        "fold_metrics": json.dumps(entry.trial.fold_metrics),
        "status": entry.trial.status,
        "error": entry.trial.error,
        "fit_seconds": entry.trial.fit_seconds,
        "engine_version": ENGINE_VERSION,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _in_parts(keys: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(keys), KEYS_AT_ONCE):
        yield keys[start : start + KEYS_AT_ONCE]


def _insert(engine: Engine, table: Table) -> Any:
    if engine.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert

        return insert(table).on_conflict_do_nothing()
    from sqlalchemy.dialects.sqlite import insert as insert_or_ignore

    return insert_or_ignore(table).on_conflict_do_nothing()


def _connect(url: str) -> Engine:
    from sqlalchemy import create_engine, event, make_url

    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        try:
            return create_engine(address, pool_pre_ping=True)
        except ModuleNotFoundError as error:
            raise LedgerError(
                f"ledger {address.render_as_string(hide_password=True)} needs a driver ({error}): "
                "pip install 'foretune[postgres]'"
            ) from None
    if address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(address, connect_args={"timeout": SECONDS_TO_WAIT_FOR_A_LOCK})

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _: Any) -> None:
        # Readers and a writer do not block each other; a commit survives the process
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")

    return engine


def _make_tables(engine: Engine) -> Table:
    from sqlalchemy import Column, Float, Integer, MetaData, String, Table, Text, select
    from sqlalchemy.schema import CreateTable

    metadata = MetaData()
    schema = Table("foretune_schema", metadata, Column("version", Integer, primary_key=True))
    trials = Table(
        "trials",
        metadata,
        Column("key", String(64), primary_key=True),
        Column("task_id", String, nullable=False),
        Column("task_hash", String, nullable=False),
        Column("learner", String, nullable=False),
        Column("config_id", String, nullable=False),
        Column("params", Text, nullable=False),
        Column("strategy", String, nullable=False),
        Column("fold_metrics", Text, nullable=False),
        Column("status", String, nullable=False),
        Column("error", Text, nullable=False),
        Column("fit_seconds", Float, nullable=False),
        Column("engine_version", Integer, nullable=False),
        Column("created_at", String, nullable=False),
    )
    # Two runs may open a new ledger at once: the database decides who makes the tables
    with _explained(engine), engine.begin() as connection:
        for table in (schema, trials):
            connection.execute(CreateTable(table, if_not_exists=True))
        connection.execute(_insert(engine, schema), [{"version": SCHEMA_VERSION}])
        newest = max(connection.execute(select(schema.c.version)).scalars())
    if newest > SCHEMA_VERSION:
        raise LedgerError(
            f"ledger {_name(engine)} has schema version {newest}, this Foretune knows {SCHEMA_VERSION}: "
            "update Foretune, or use another ledger"
        )
    return trials


def _name(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=True)


class _explained:  # noqa: N801 - reads as a word in a with statement
    """Turns what a database driver raises into one line that names the ledger."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, _: Any, error: BaseException | None, __: Any) -> None:
        """Raise a LedgerError for an error of the database."""
        from sqlalchemy.exc import SQLAlchemyError

        if isinstance(error, SQLAlchemyError):
            reason = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise LedgerError(
                f"ledger {_name(self._engine)} cannot be used: {reason}; "
                "check the address, the disk and who else is writing to it"
            ) from error
