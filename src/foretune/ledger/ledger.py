"""The ledger: look up, record and reserve trials."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Connection, Double, Row, cast, delete, func, null, select

from foretune.base import shortened
from foretune.ledger.database import Database, schema_of
from foretune.ledger.errors import LedgerError
from foretune.ledger.leases import (
    SECONDS_BETWEEN_RENEWALS,
    Owner,
    drop_leases,
    renew_leases,
    take_leases,
)
from foretune.ledger.row_checks import DamagedRowError
from foretune.ledger.statements import in_chunks, insert_new
from foretune.ledger.stored_trial import COLUMNS, StoredTrial, utc_now
from foretune.ledger.tables import ADDED_BY_2, RUNS, SCHEMA_VERSION, TRIALS

Result = TypeVar("Result")
Accept = Callable[[StoredTrial], bool]

PAGE = 5000
# Packages whose version may change a score
LIBRARIES = ("foretune", "numpy", "scipy", "scikit-learn", "xgboost", "xgboost-cpu")


@dataclass(frozen=True)
class Reservation:
    """Trials that are known, granted to this run to evaluate, or busy in another run.

    Attributes
    ----------
    known
        Trials in the ledger, by key.
    granted, busy
        Keys for this run to evaluate and record, and keys that another run is evaluating.
    """

    known: dict[str, StoredTrial]
    granted: set[str]
    busy: set[str]


class Summary(NamedTuple):
    """Number of trials in a group, their cost in seconds, and the time of the last one."""

    task_id: str
    learner: str
    status: str
    engine_version: str
    n_trials: int
    seconds: float
    last_at: str


class Ledger:
    """An append-only table of trials in a database, safe for concurrent processes and threads.

    A trial that is ``ok`` is final; any other, also one that a race ``stopped``, is replaced if it is
    recorded again. Create one with :meth:`open`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._owner = Owner()
        self._renewal: threading.Thread | None = None
        self._is_closed = threading.Event()

    @classmethod
    def open(cls, url: str, *, read_only: bool = False, timeout: float = 30.0) -> Ledger:
        """Open a ledger, creating it if absent.

        Parameters
        ----------
        url
            ``sqlite:///file`` (the folder is made) or ``postgresql://user:password@host/database``.
        read_only
            Never write; the ledger must exist.
        timeout
            Maximum waiting time for locks of other processes and for a lost server, in seconds.

        Raises
        ------
        LedgerError
            If it cannot be opened, is no ledger, or was written by a newer version.
        """
        return cls(Database(url, read_only=read_only, timeout=timeout))

    @property
    def place(self) -> str:
        """File of the database, or its URL without the password."""
        return self._database.place

    def lookup(
        self,
        keys: Iterable[str],
        *,
        retry: Collection[str] = (),
        time_limit: float | None = None,
        accept: Accept | None = None,
    ) -> dict[str, StoredTrial]:
        """Find the trials that are known.

        Parameters
        ----------
        keys
            Keys of trials, see :func:`foretune.ledger.key.trial_key`.
        retry
            Statuses that count as unknown, to be evaluated again: ``failed``, ``timeout``, ``crashed``.
        time_limit
            The limit on a trial that holds now, in seconds (infinity for none): a ``timeout`` after a
            shorter time counts as unknown. None takes every timeout for known.
        accept
            Returns whether a trial that is left counts as known; None for all.

        Raises
        ------
        LedgerError
            If the database cannot be read.
        """
        return self._read(lambda connection: _find(connection, set(keys), retry, time_limit, accept))

    def record(self, trials: Iterable[StoredTrial]) -> int:
        """Store a batch of trials in one transaction; all of it is on the disk when this returns.

        An existing row is kept if it is ``ok``, and replaced otherwise. Leases on the keys end. Returns the
        number of inserted or replaced rows.

        Raises
        ------
        LedgerError
            If it fails; nothing of the batch is stored then.
        """
        rows = [{**trial.to_row(), "run_id": self._owner.run_id} for trial in trials]

        def store(connection: Connection) -> int:
            self._register_run(connection)
            written = insert_new(connection, TRIALS, rows, replace_failures=True)
            drop_leases(connection, self._owner, {row["key"] for row in rows})
            return written

        return self._database.write(store) if rows else 0

    def reserve(
        self,
        keys: Iterable[str],
        *,
        retry: Collection[str] = (),
        time_limit: float | None = None,
        accept: Accept | None = None,
    ) -> Reservation:
        """Look up trials as :meth:`lookup`, and lease the unknown ones, so that no other run evaluates them.

        Raises
        ------
        LedgerError
            If the database cannot be written.
        """
        wanted = set(keys)

        def lease(connection: Connection) -> Reservation:
            held = take_leases(connection, wanted, self._owner, self._database.now(connection))
            # After leasing: what another run recorded a moment ago, ending its lease, must be seen
            known = _find(connection, wanted, retry, time_limit, accept)
            drop_leases(connection, self._owner, held & known.keys())
            return Reservation(known, held - known.keys(), wanted - held - known.keys())

        with self._named_damage():
            reservation = self._database.write(lease)
        if reservation.granted:
            self._keep_leases_alive()
        return reservation

    def release(self, keys: Iterable[str]) -> None:
        """Give up the leases on trials that are not recorded, so that any run may evaluate them.

        Raises
        ------
        LedgerError
            If the database cannot be written.
        """
        given_up = set(keys)
        if given_up:
            self._database.write(lambda connection: drop_leases(connection, self._owner, given_up))

    def rows(self) -> Iterator[StoredTrial]:
        """Iterate over all trials, in the order in which they were recorded.

        Raises
        ------
        LedgerError
            If the database cannot be read.
        """
        last = 0
        while rows := self._database.read(partial(_page_after, last)):
            with self._named_damage():
                trials = [StoredTrial.from_row(row[1:]) for row in rows]
            yield from trials
            last = rows[-1][0]

    def asked_by(self, strategy: str, task_hashes: Iterable[str]) -> list[StoredTrial]:
        """Find the trials on some tasks that a strategy was the first to propose, sorted by key.

        Raises
        ------
        LedgerError
            If the database cannot be read.
        """

        def find(connection: Connection) -> list[StoredTrial]:
            found: list[StoredTrial] = []
            for chunk in in_chunks(sorted(set(task_hashes))):
                query = select(*_stored(connection)).where(
                    TRIALS.c.strategy == strategy, TRIALS.c.task_hash.in_(chunk)
                )
                found += [StoredTrial.from_row(row) for row in connection.execute(query)]
            return sorted(found, key=lambda trial: trial.key)

        return self._read(find)

    def remove(self, **wanted: str) -> int:
        """Remove the trials that have all of some values.

        Parameters
        ----------
        wanted
            Values by column: ``key`` (its beginning is enough), ``task_id``, ``learner``, ``strategy`` or
            ``status``; at least one.

        Returns
        -------
        int
            How many were removed.

        Raises
        ------
        ValueError
            If no value is given.
        LedgerError
            If the database cannot be written.
        """
        conditions = _conditions(wanted)
        return self._database.write(lambda found: found.execute(delete(TRIALS).where(*conditions)).rowcount)

    def remove_damaged(self) -> int:
        """Remove the rows that are no trials; return how many there were.

        Raises
        ------
        LedgerError
            If the database cannot be written.
        """

        def remove(connection: Connection) -> int:
            numbers = _find_damaged(connection)
            for chunk in in_chunks(numbers):
                connection.execute(delete(TRIALS).where(TRIALS.c.id.in_(chunk)))
            return len(numbers)

        return self._database.write(remove)

    def count_damaged(self) -> int:
        """Count the rows that :meth:`remove_damaged` would remove."""
        return len(self._database.read(_find_damaged))

    def count(self, **wanted: str) -> int:
        """Count the trials that :meth:`remove` would remove."""
        query = select(func.count()).select_from(TRIALS).where(*_conditions(wanted))
        return self._database.read(lambda connection: connection.execute(query).scalar_one())

    def summary(self) -> list[Summary]:
        """Count the trials by task, learner, status and engine version; damaged values count as their text.

        Raises
        ------
        LedgerError
            If the database cannot be read.
        """
        groups = [TRIALS.c[name] for name in ("task_id", "learner", "status", "engine_version")]
        seconds = func.coalesce(func.sum(cast(TRIALS.c.fit_seconds, Double)), 0.0)
        totals = [func.count(), seconds, func.max(TRIALS.c.created_at)]
        query = select(*groups, *totals).group_by(*groups).order_by(*groups)
        return self._database.read(lambda found: [_summarise(*row) for row in found.execute(query)])

    def close(self) -> None:
        """Give up all leases and close the connections; a closed ledger must not be used any more."""
        if self._is_closed.is_set():
            return
        self._is_closed.set()
        # Leases that cannot be given up expire; what ended the run must not be hidden by another error
        with contextlib.closing(self._database), contextlib.suppress(LedgerError):
            if self._renewal is not None:
                self._renewal.join()
                if not self._database.is_gone:
                    self._database.write(lambda connection: drop_leases(connection, self._owner))

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _read(self, work: Callable[[Connection], Result]) -> Result:
        with self._named_damage():
            return self._database.read(work)

    @contextlib.contextmanager
    def _named_damage(self) -> Iterator[None]:
        try:
            yield
        except DamagedRowError as error:
            which = "--damaged" if error.key is None else f"--key {error.key}"
            raise LedgerError(
                f"in the ledger {self.place} {error}; remove it: foretune ledger remove {which}"
            ) from error

    def _register_run(self, connection: Connection) -> None:
        row = {**vars(self._owner), "versions": json.dumps(_library_versions()), "started_at": utc_now()}
        insert_new(connection, RUNS, [row], key="run_id")

    def _keep_leases_alive(self) -> None:
        if self._renewal is None:
            self._renewal = threading.Thread(target=self._renew_leases, name="ledger-leases", daemon=True)
            self._renewal.start()

    def _renew_leases(self) -> None:
        def renew(connection: Connection) -> None:
            renew_leases(connection, self._owner, self._database.now(connection))

        while not self._is_closed.wait(SECONDS_BETWEEN_RENEWALS):
            # A lease that expires costs time at most; recording trials raises what is wrong with the database
            with contextlib.suppress(LedgerError):
                self._database.write(renew)


def _conditions(wanted: Mapping[str, str]) -> list[ColumnElement[bool]]:
    # Every key begins with nothing
    if not wanted or wanted.get("key") == "":
        raise ValueError("which trials? Give a key, task, learner, strategy or status")
    return [
        TRIALS.c[name].startswith(value, autoescape=True) if name == "key" else TRIALS.c[name] == value
        for name, value in wanted.items()
    ]


def _stored(connection: Connection) -> list[ColumnElement[Any]]:
    """Return the columns of a trial; NULL for one that an older ledger, which is only read, does not have."""
    lacking = ADDED_BY_2 if schema_of(connection) < SCHEMA_VERSION else ()
    return [null().label(name) if name in lacking else TRIALS.c[name] for name in COLUMNS]


def _find(
    connection: Connection,
    keys: set[str],
    retry: Collection[str],
    time_limit: float | None,
    accept: Accept | None,
) -> dict[str, StoredTrial]:
    found: dict[str, StoredTrial] = {}
    for chunk in in_chunks(sorted(keys)):
        query = select(*_stored(connection)).where(TRIALS.c.key.in_(chunk), TRIALS.c.status.not_in(retry))
        if time_limit is not None:
            query = query.where((TRIALS.c.status != "timeout") | (TRIALS.c.fit_seconds >= time_limit))
        for row in connection.execute(query):
            stored = StoredTrial.from_row(row)
            if accept is None or accept(stored):
                found[stored.key] = stored
    return found


def _page_after(last: int, connection: Connection) -> Sequence[Row[Any]]:
    # Pages instead of one long query: a reader that takes its time keeps SQLite's log from shrinking
    page = (
        select(TRIALS.c.id, *_stored(connection)).where(TRIALS.c.id > last).order_by(TRIALS.c.id).limit(PAGE)
    )
    return connection.execute(page).all()


def _find_damaged(connection: Connection) -> list[int]:
    """Return the numbers of the rows that are no trials."""
    found: list[int] = []
    last = 0
    while rows := _page_after(last, connection):
        for row in rows:
            try:
                StoredTrial.from_row(row[1:])
            except DamagedRowError:
                found.append(row[0])
        last = rows[-1][0]
    return found


def _summarise(*row: Any) -> Summary:
    *names, n_trials, seconds, last_at = row
    task_id, learner, status, engine_version, last_at = map(_as_text, [*names, last_at])
    return Summary(task_id, learner, status, engine_version, n_trials, seconds, last_at)


def _as_text(value: object) -> str:
    text = value if isinstance(value, str) else shortened(repr(value))
    return text.encode("utf-8", "replace").decode("utf-8")


@cache
def _library_versions() -> dict[str, str]:
    versions = {}
    for name in LIBRARIES:
        with contextlib.suppress(PackageNotFoundError):
            versions[name] = version(name)
    return versions
