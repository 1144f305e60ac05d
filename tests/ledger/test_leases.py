from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from foretune.ledger.database import Database
from foretune.ledger.leases import (
    LIFETIME,
    SECONDS_BETWEEN_RENEWALS,
    Owner,
    drop_leases,
    drop_stale_leases,
    renew_leases,
    take_leases,
)
from foretune.ledger.tables import LEASES

NOW = 1000.0
OURS, THEIRS = Owner("ours"), Owner("theirs")


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = Database(url, read_only=False, timeout=5.0)
    yield opened
    opened.close()


def take(database: Database, keys: str, owner: Owner, now: float = NOW) -> set[str]:
    return database.write(lambda connection: take_leases(connection, list(keys), owner, now))


def held(database: Database) -> dict[str, str]:
    """Return the run that holds each key."""
    query = select(LEASES.c.key, LEASES.c.run_id)
    return database.read(lambda c: {row.key: row.run_id for row in c.execute(query)})


def test_a_lease_is_for_one_owner(database: Database) -> None:
    assert take(database, "abc", OURS) == {"a", "b", "c"}
    assert take(database, "bcd", THEIRS) == {"d"}
    # What is held already is held on
    assert take(database, "acd", OURS) == {"a", "c"}
    assert held(database) == {"a": "ours", "b": "ours", "c": "ours", "d": "theirs"}


def test_a_lease_that_is_not_renewed_ends(database: Database) -> None:
    take(database, "a", OURS)
    assert take(database, "a", THEIRS, NOW + LIFETIME - 1) == set()
    assert take(database, "a", THEIRS, NOW + LIFETIME + 1) == {"a"}
    assert SECONDS_BETWEEN_RENEWALS < LIFETIME / 2


def test_renewing_lets_the_leases_of_one_owner_live_on(database: Database) -> None:
    take(database, "a", OURS)
    take(database, "b", THEIRS)
    database.write(lambda connection: renew_leases(connection, OURS, NOW + 50))
    database.write(lambda connection: drop_stale_leases(connection, OURS, NOW + LIFETIME + 40))
    assert held(database) == {"a": "ours"}


def test_leases_are_given_up_by_their_owner_only(database: Database) -> None:
    take(database, "abc", OURS)
    take(database, "d", THEIRS)
    database.write(lambda connection: drop_leases(connection, OURS, ["a", "d"]))
    assert held(database) == {"b": "ours", "c": "ours", "d": "theirs"}
    database.write(lambda connection: drop_leases(connection, OURS, []))
    assert len(held(database)) == 3
    database.write(lambda connection: drop_leases(connection, OURS))
    assert held(database) == {"d": "theirs"}


def test_leases_of_dead_processes_of_this_host_are_removed(database: Database) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    take(database, "a", Owner("dead", OURS.host, ended.pid))
    take(database, "b", Owner("elsewhere", "another host", ended.pid))
    take(database, "c", Owner("alive", OURS.host, os.getpid()))
    database.write(lambda connection: drop_stale_leases(connection, OURS, NOW))
    assert held(database) == {"b": "elsewhere", "c": "alive"}


def test_an_owner_is_this_process_in_this_run() -> None:
    one, other = Owner(), Owner()
    assert one.pid == os.getpid()
    assert one.host == other.host
    assert len({one.run_id, other.run_id}) == 2
    assert len(one.run_id) == 32
