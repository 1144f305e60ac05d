from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select

from foretune.ledger import StoredTrial
from foretune.ledger.database import Database
from foretune.ledger.statements import CHUNK, in_chunks, insert_new
from foretune.ledger.tables import LEASES, TRIALS


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = Database(url, read_only=False, timeout=5.0)
    yield opened
    opened.close()


def lease(key: str, host: str = "first") -> dict[str, Any]:
    return {"key": key, "run_id": "r", "host": host, "pid": 1, "expires_at": 2.5}


def test_keys_are_cut_into_pieces_that_fit_into_a_statement() -> None:
    keys = [str(number) for number in range(2 * CHUNK + 1)]
    pieces = list(in_chunks(keys))
    assert [len(piece) for piece in pieces] == [CHUNK, CHUNK, 1]
    assert [key for piece in pieces for key in piece] == keys
    assert list(in_chunks([])) == []


def test_rows_whose_key_is_there_are_left_alone(database: Database) -> None:
    def insert(*rows: dict[str, Any]) -> int:
        return database.write(lambda connection: insert_new(connection, LEASES, rows))

    assert insert(lease("b"), lease("a")) == 2
    assert insert(lease("c", "second"), lease("b", "second"), lease("c", "third")) == 1
    hosts = select(LEASES.c.key, LEASES.c.host).order_by(LEASES.c.key)
    assert database.read(lambda c: [tuple(row) for row in c.execute(hosts)]) == [
        ("a", "first"),
        ("b", "first"),
        ("c", "second"),
    ]
    assert insert() == 0


def test_only_failures_are_replaced(database: Database, make_trial: Callable[..., StoredTrial]) -> None:
    about = {"run_id": "r", "created_at": "now", "engine_version": 1}

    def insert(*trials: StoredTrial) -> int:
        rows = [trial.to_row() | about for trial in trials]
        return database.write(lambda c: insert_new(c, TRIALS, rows, replace_failures=True))

    assert insert(make_trial(0, "failed"), make_trial(1)) == 2
    assert insert(make_trial(0), make_trial(1, "failed")) == 1
    assert insert(make_trial(0, "crashed")) == 0
    statuses = select(TRIALS.c.key, TRIALS.c.status)
    found = database.read(lambda c: {row.key: row.status for row in c.execute(statuses)})
    assert found == {make_trial(0).key: "ok", make_trial(1).key: "ok"}
