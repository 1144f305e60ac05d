"""Claims: which run is about to evaluate what, so that two runs at once share the work.

A claim is advice. If one is lost or taken over, a trial is computed twice and stored once: the unique key of
the trials decides. It ends when the trial is stored, when its run closes the ledger, when its process is
found dead on the same host, or when it is not renewed in time.
"""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import delete, select, update

from foretune.hpo.ledger.statements import in_chunks, insert_new
from foretune.hpo.ledger.tables import CLAIMS

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

LIFETIME = 60.0
SECONDS_BETWEEN_RENEWALS = LIFETIME / 4


@dataclass(frozen=True)
class Owner:
    """The run that holds claims."""

    run_id: str = field(default_factory=lambda: uuid4().hex)
    host: str = field(default_factory=platform.node)
    pid: int = field(default_factory=os.getpid)


def take_claims(connection: Connection, keys: Collection[str], owner: Owner, now: float) -> set[str]:
    """Claim what nobody else has claimed.

    Parameters
    ----------
    connection
        A connection in a writing transaction.
    keys
        Keys of trials.
    owner
        Who claims.
    now
        The time by the database's clock, in seconds.

    Returns
    -------
    set of str
        Keys that the owner holds now, also those that it held before.
    """
    drop_stale_claims(connection, owner, now)
    columns = {**vars(owner), "expires_at": now + LIFETIME}
    insert_new(connection, CLAIMS, [{"key": key, **columns} for key in keys])
    held: set[str] = set()
    for chunk in in_chunks(sorted(keys)):
        ours = select(CLAIMS.c.key).where(CLAIMS.c.run_id == owner.run_id, CLAIMS.c.key.in_(chunk))
        held.update(connection.execute(ours).scalars())
    return held


def drop_stale_claims(connection: Connection, owner: Owner, now: float) -> None:
    """Remove claims that were not renewed in time, and those of processes of this host that have ended."""
    connection.execute(delete(CLAIMS).where(CLAIMS.c.expires_at < now))
    runs = select(CLAIMS.c.run_id, CLAIMS.c.pid).where(CLAIMS.c.host == owner.host).distinct()
    dead = [run_id for run_id, pid in connection.execute(runs) if not _is_alive(pid)]
    if dead:
        connection.execute(delete(CLAIMS).where(CLAIMS.c.run_id.in_(dead)))


def renew_claims(connection: Connection, owner: Owner, now: float) -> None:
    """Let all claims of an owner live on."""
    connection.execute(
        update(CLAIMS).where(CLAIMS.c.run_id == owner.run_id).values(expires_at=now + LIFETIME)
    )


def drop_claims(connection: Connection, owner: Owner, keys: Collection[str] | None = None) -> None:
    """Give claims of an owner up: those of some keys, or all."""
    ours = delete(CLAIMS).where(CLAIMS.c.run_id == owner.run_id)
    if keys is None:
        connection.execute(ours)
        return
    for chunk in in_chunks(sorted(keys)):
        connection.execute(ours.where(CLAIMS.c.key.in_(chunk)))


def _is_alive(pid: int) -> bool:
    if sys.platform == "win32":  # there signal 0 is Ctrl-C; claims of the dead expire all the same
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
