"""Leases on trials, by which several runs on one ledger share the work.

A lease is only advice: if one is lost or taken over, a trial is computed twice, but stored once, since its
key is unique. It ends when the trial is stored, when its run closes the ledger, when its process is found
dead on the same host, or when it is not renewed in time.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import uuid4

from sqlalchemy import Connection, delete, select, update

from foretune.ledger.statements import in_chunks, insert_new
from foretune.ledger.tables import LEASES

LIFETIME = 60.0
SECONDS_BETWEEN_RENEWALS = LIFETIME / 4
LARGEST_PID = 2**31 - 1


@dataclass(frozen=True)
class Owner:
    """The run that holds leases."""

    run_id: str = field(default_factory=lambda: uuid4().hex)
    host: str = field(default_factory=platform.node)
    pid: int = field(default_factory=os.getpid)


def take_leases(connection: Connection, keys: Collection[str], owner: Owner, now: float) -> set[str]:
    """Lease the keys that no other run has leased.

    Parameters
    ----------
    connection
        A connection in a writing transaction.
    keys
        Keys of trials.
    owner
        Who leases.
    now
        The time by the database's clock, in seconds.

    Returns
    -------
    set of str
        Keys that the owner holds now, also those that it held before.
    """
    drop_stale_leases(connection, owner, now)
    columns = {**vars(owner), "expires_at": now + LIFETIME}
    insert_new(connection, LEASES, [{"key": key, **columns} for key in keys])
    held: set[str] = set()
    for chunk in in_chunks(sorted(keys)):
        ours = select(LEASES.c.key).where(LEASES.c.run_id == owner.run_id, LEASES.c.key.in_(chunk))
        held.update(connection.execute(ours).scalars())
    return held


def drop_stale_leases(connection: Connection, owner: Owner, now: float) -> None:
    """Remove leases that were not renewed in time, and those of processes of this host that have ended."""
    connection.execute(delete(LEASES).where(LEASES.c.expires_at < now))
    runs = select(LEASES.c.run_id, LEASES.c.pid).where(LEASES.c.host == owner.host).distinct()
    dead = [run_id for run_id, pid in connection.execute(runs) if not _is_alive(pid)]
    if dead:
        connection.execute(delete(LEASES).where(LEASES.c.run_id.in_(dead)))


def renew_leases(connection: Connection, owner: Owner, now: float) -> None:
    """Renew all leases of an owner."""
    connection.execute(
        update(LEASES).where(LEASES.c.run_id == owner.run_id).values(expires_at=now + LIFETIME)
    )


def drop_leases(connection: Connection, owner: Owner, keys: Collection[str] | None = None) -> None:
    """Give up leases of an owner: those on some keys, or all."""
    ours = delete(LEASES).where(LEASES.c.run_id == owner.run_id)
    if keys is None:
        connection.execute(ours)
        return
    for chunk in in_chunks(sorted(keys)):
        connection.execute(ours.where(LEASES.c.key.in_(chunk)))


def _is_alive(pid: object) -> bool:
    if not isinstance(pid, int) or not 0 < pid <= LARGEST_PID:
        return False
    if sys.platform == "win32":  # there signal 0 is Ctrl-C; leases of the dead expire all the same
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
