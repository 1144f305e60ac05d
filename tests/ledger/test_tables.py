"""The columns that ledgers on disks and servers have: to change one takes a new version of the schema."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Table, inspect

from foretune.ledger.database import Database
from foretune.ledger.errors import LedgerError
from foretune.ledger.tables import ADDED_BY_2, LEASES, METADATA, RUNS, SCHEMA, SCHEMA_VERSION, TRIALS

TEXT, NUMBER, WHOLE = "TEXT", "DOUBLE", "INTEGER"
COLUMNS = {
    "ledger_schema": {"version": WHOLE},
    "ledger_trials": {
        "id": WHOLE,
        "key": "VARCHAR(64)",
        "task_id": TEXT,
        "task_hash": "VARCHAR(64)",
        "task_type": TEXT,
        "learner": TEXT,
        "config_id": TEXT,
        "params": TEXT,
        "strategy": TEXT,
        "fidelity": NUMBER,
        "status": TEXT,
        "error": TEXT,
        "fold_metrics": TEXT,
        "fit_seconds": NUMBER,
        "engine_version": WHOLE,
        "run_id": TEXT,
        "created_at": TEXT,
        "rounds": TEXT,
        "context": TEXT,
    },
    "ledger_runs": {
        "run_id": "VARCHAR(32)",
        "host": TEXT,
        "pid": WHOLE,
        "versions": TEXT,
        "started_at": TEXT,
    },
    "ledger_leases": {
        "key": "VARCHAR(64)",
        "run_id": "VARCHAR(32)",
        "host": TEXT,
        "pid": WHOLE,
        "expires_at": NUMBER,
    },
}


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(f"sqlite:///{tmp_path}/ledger.sqlite", read_only=False, timeout=5.0)


def test_version_2_has_these_columns(database: Database) -> None:
    assert SCHEMA_VERSION == 2
    found = database.read(
        lambda connection: {
            name: {column["name"]: str(column["type"]) for column in inspect(connection).get_columns(name)}
            for name in METADATA.tables
        }
    )
    assert found == COLUMNS
    assert {table.name for table in (SCHEMA, TRIALS, RUNS, LEASES)} == set(COLUMNS)
    database.close()


@pytest.mark.parametrize(("table", "key"), [(TRIALS, "key"), (RUNS, "run_id"), (LEASES, "key")], ids=str)
def test_a_key_stands_there_once(table: Table, key: str, database: Database) -> None:
    columns = [column.name for column in table.columns if column.name != "id"]
    row = dict.fromkeys(columns, 1) | {key: "a"}

    def insert_twice(changed: str) -> None:
        database.write(lambda c: c.execute(table.insert(), [row, row | {key: changed}]))

    insert_twice("b")
    with pytest.raises(LedgerError, match="UNIQUE constraint failed"):
        insert_twice("b")
    database.close()


def test_nothing_may_be_missing() -> None:
    columns = [column for table in METADATA.tables.values() for column in table.columns]
    assert [column for column in columns if column.nullable] == [TRIALS.c[name] for name in ADDED_BY_2]
