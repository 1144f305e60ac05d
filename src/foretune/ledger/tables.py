"""SQL tables of a ledger, with prefixed names, since a database may hold other tables."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Integer, MetaData, String, Table, Text

# 2: what early stopping found, and the hash of the context, by which a key can be checked
SCHEMA_VERSION = 2
ADDED_BY_2 = ("rounds", "context")

METADATA = MetaData()


def _serial() -> Column[int]:
    # SQLite numbers rows by itself only where the type is exactly INTEGER
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


SCHEMA = Table(
    "ledger_schema",
    METADATA,
    Column("version", Integer, primary_key=True),
)

TRIALS = Table(
    "ledger_trials",
    METADATA,
    _serial(),
    Column("key", String(64), nullable=False, unique=True),
    _text("task_id"),
    Column("task_hash", String(64), nullable=False),
    _text("task_type"),
    _text("learner"),
    _text("config_id"),
    _text("params"),
    _text("strategy"),
    Column("fidelity", Double, nullable=False),
    _text("status"),
    _text("error"),
    _text("fold_metrics"),
    Column("fit_seconds", Double, nullable=False),
    Column("engine_version", Integer, nullable=False),
    _text("run_id"),
    _text("created_at"),
    Column("rounds", Text),
    # NULL for trials that a ledger without this column has recorded
    Column("context", Text),
)

RUNS = Table(
    "ledger_runs",
    METADATA,
    Column("run_id", String(32), primary_key=True),
    _text("host"),
    Column("pid", Integer, nullable=False),
    _text("versions"),
    _text("started_at"),
)

LEASES = Table(
    "ledger_leases",
    METADATA,
    Column("key", String(64), primary_key=True),
    Column("run_id", String(32), nullable=False, index=True),
    _text("host"),
    Column("pid", Integer, nullable=False),
    Column("expires_at", Double, nullable=False),
)
