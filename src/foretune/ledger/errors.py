"""Errors of a ledger's database, in one line that names the place and the fix."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from foretune.base import UserError, first_line

if TYPE_CHECKING:
    from sqlalchemy.exc import DBAPIError

DAMAGED = "is damaged; restore it from a backup, or move it away to begin a new one"
CHANGED = "was changed by another program ({reason}); restore it from a backup, or move it away"
# Beginnings of SQLite's error names; the first that fits counts
_SQLITE_PROBLEMS = {
    "SQLITE_NOTADB": "is not a SQLite database; choose another file for the ledger",
    "SQLITE_CORRUPT": DAMAGED,
    "SQLITE_READONLY": "is read-only; allow writing to the file and its folder, or choose another file",
    "SQLITE_PERM": "is read-only; allow writing to the file and its folder, or choose another file",
    "SQLITE_FULL": "cannot grow: the disk is full; free some space and run again, what was stored is kept",
    "SQLITE_IOERR": "cannot be read or written (disk full, quota or a defect); what was stored is kept",
    "SQLITE_BUSY": "has been locked by another process for {timeout:g} s; end that process, or run again",
    "SQLITE_LOCKED": "has been locked by another process for {timeout:g} s; end that process, or run again",
    "SQLITE_PROTOCOL": "has been locked by another process for {timeout:g} s; end that process, or run again",
    # A table or a column that is missing, or that was made anew without its constraints
    "SQLITE_ERROR": CHANGED,
    "SQLITE_SCHEMA": CHANGED,
    "SQLITE_CONSTRAINT": CHANGED,
}
_SQLITE_TRANSIENT = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL")

_POSTGRES_PROBLEMS = {
    "53100": "cannot grow: the server's disk is full; free some space and run again, what was stored is kept",
    "42501": "does not allow this: {reason}; grant the user the right to it",
    "25006": "is read-only; grant the user the right to write, or choose another database",
    "55P03": "has been locked by another session for {timeout:g} s; end that session, or run again",
    "40P01": "kept running into deadlocks for {timeout:g} s; run again",
    "40001": "kept running into conflicting transactions for {timeout:g} s; run again",
}
_POSTGRES_TRANSIENT = ("40P01", "40001")


class LedgerError(UserError, RuntimeError):
    """The ledger cannot be used; one line with the reason, the place and the fix."""


class BackupError(UserError, ValueError):
    """A file that is no backup, or cannot become one."""


def describe_problem(error: DBAPIError, place: str, timeout: float) -> str:
    """Describe an error of the database in one line.

    Parameters
    ----------
    error
        What SQLAlchemy raised.
    place
        File of the database, or its URL without the password.
    timeout
        How long was waited for locks, in seconds.
    """
    name = _sqlite_name(error)
    if name is not None:
        return f"the ledger {place} {_describe_sqlite(name, error, place, timeout)}"
    reason = first_line(error.orig) or type(error.orig).__name__
    state = getattr(error.orig, "sqlstate", None)
    if state is None and is_lost(error):
        return f"the ledger {place} cannot be reached: {reason}; check the server, the URL and the password"
    problem = _POSTGRES_PROBLEMS.get(str(state), "cannot be used: {reason}")
    return f"the ledger {place} {problem.format(timeout=timeout, reason=reason)}"


def is_transient(error: DBAPIError, *, was_connected: bool) -> bool:
    """Whether a retry may help: another process held a lock, or the connection to the server was lost."""
    name = _sqlite_name(error)
    if name is not None:
        return name.startswith(_SQLITE_TRANSIENT)
    state = getattr(error.orig, "sqlstate", None)
    return state in _POSTGRES_TRANSIENT or (was_connected and is_lost(error))


def is_lost(error: DBAPIError) -> bool:
    """Whether there is no connection to a server."""
    from sqlalchemy.exc import DataError

    # What a driver cannot send is no fault of the connection
    if _sqlite_name(error) is not None or isinstance(error, DataError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    # Class 57 is a server that is shut down or starts; no state at all is a connection that failed
    return error.connection_invalidated or state is None or str(state).startswith(("08", "57P"))


def is_writable(folder: Path) -> bool:
    """Whether this process may make files in a folder."""
    return os.access(folder, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _sqlite_name(error: DBAPIError) -> str | None:
    """Return SQLite's name of an error: empty if Python's driver raised it, None of another database."""
    if not isinstance(error.orig, sqlite3.Error):
        return None
    return str(getattr(error.orig, "sqlite_errorname", ""))


def _describe_sqlite(name: str, error: DBAPIError, place: str, timeout: float) -> str:
    for beginning, problem in _SQLITE_PROBLEMS.items():
        if name.startswith(beginning):
            return problem.format(timeout=timeout, reason=first_line(error.orig))
    folder = Path(place).parent
    if name.startswith("SQLITE_CANTOPEN") and not is_writable(folder):
        return f"cannot be opened: the folder {folder} is read-only; allow writing to it, or choose another"
    return f"cannot be used: {first_line(error.orig) or type(error.orig).__name__}"
