"""Evaluation of items on a Dask cluster."""

from __future__ import annotations

import contextlib
import threading
import time
import warnings
from asyncio import CancelledError
from typing import Any

from foretune.base import describe_error, first_line, how_to_install
from foretune.execution.dispatcher import OpenJob
from foretune.execution.errors import ClusterError
from foretune.execution.guarded_process import GuardedProcess
from foretune.execution.job import Reply, reply_of
from foretune.execution.parameters import Limits
from foretune.execution.worker_main import dump

SECONDS_PER_CHUNK = 1.0
MOST_ITEMS_PER_CHUNK = 256
SECONDS_TO_CONNECT = 10
SECONDS_TO_CLOSE = 2
SECONDS_BETWEEN_LOOKS = 5
# A nanny starts another worker within seconds
SECONDS_WITHOUT_WORKERS = 60


def connect(address: str) -> Any:
    """Connect to a Dask scheduler.

    Returns
    -------
    distributed.Client

    Raises
    ------
    ClusterError
        If the extra is not installed, no scheduler answers at the address, or it has no workers.
    """
    try:
        from distributed import Client
    except ImportError:
        raise ClusterError(f"backend dask needs the extra: {how_to_install('dask')}") from None
    try:
        client = Client(address, timeout=SECONDS_TO_CONNECT, set_as_default=False)
    except Exception as error:  # TLS without certificates is a TypeError
        raise ClusterError(f"no Dask scheduler answers at {address}: {first_line(error)}") from error
    try:
        client.wait_for_workers(1, timeout=SECONDS_TO_CONNECT)
    except TimeoutError:
        client.close()
        raise ClusterError(
            f"the Dask scheduler at {address} has no workers; start one: dask worker {address}"
        ) from None
    return client


def count_slots(client: Any) -> int:
    """Return the number of chunks to keep in flight: two per core, so that no worker waits for the next."""
    n_cores: int = sum(client.ncores().values())
    return 2 * max(1, n_cores)


class DaskWorker:
    """Evaluates chunks of items on the cluster; one per driving thread.

    Parameters
    ----------
    client
        Connection to the scheduler, shared by all threads.
    limits
        Limits of time and memory of one item.
    """

    def __init__(self, client: Any, limits: Limits) -> None:
        self._client = client
        self._limits = limits
        self._seconds_per_trial = SECONDS_PER_CHUNK
        self._token = ""

    def wish(self, open_job: OpenJob | None) -> int:
        """Return the number of items that take about a second, or one for a new job."""
        if open_job is None or open_job.token != self._token:
            return 1
        return max(1, min(MOST_ITEMS_PER_CHUNK, int(SECONDS_PER_CHUNK / max(self._seconds_per_trial, 1e-6))))

    def evaluate(self, open_job: OpenJob, items: list[Any]) -> list[Reply]:
        """Evaluate a chunk.

        Raises
        ------
        ClusterError
            If the cluster fails.
        """
        job = reply_of(lambda: open_job.pickled, while_preparing=True)
        chunk = [reply_of(lambda item=item: dump(item)) for item in items]  # type: ignore[misc]
        if job.status != "ok":
            return [job] * len(items)
        sendable = [reply.value for reply in chunk if reply.status == "ok"]
        start = time.monotonic()
        replies = iter(self._send(open_job.token, job.value, sendable))
        self._token = open_job.token
        self._seconds_per_trial = (time.monotonic() - start) / len(items)
        return [next(replies) if reply.status == "ok" else reply for reply in chunk]

    def close(self) -> None:
        """Do nothing: the shared connection is closed by :func:`disconnect`."""

    def _send(self, token: str, pickled_job: bytes, pickled_items: list[bytes]) -> list[Reply]:
        """Evaluate items on the cluster; of those that kill its workers, each one alone again."""
        from distributed import KilledWorker

        try:
            return self._result(token, pickled_job, pickled_items)
        except KilledWorker:
            return [self._send_alone(token, pickled_job, item) for item in pickled_items]

    def _send_alone(self, token: str, pickled_job: bytes, pickled_item: bytes) -> Reply:
        """Evaluate an item whose chunk was killed, perhaps because of another one on the same worker."""
        from distributed import KilledWorker

        try:
            return self._result(token, pickled_job, [pickled_item])[0]
        except KilledWorker as error:
            return Reply("crashed", None, f"the Dask workers that evaluated it died: {describe_error(error)}")

    def _result(self, token: str, pickled_job: bytes, pickled_items: list[bytes]) -> list[Reply]:
        """Submit a chunk and wait for its replies.

        Raises
        ------
        KilledWorker
            If as many workers as Dask allows (``distributed.scheduler.allowed-failures``) died with it.
        ClusterError
            If the cluster fails in another way, or has no workers any more.
        """
        from distributed import KilledWorker

        try:
            # Not pure: the same chunk once more is evaluated once more
            future = self._client.submit(
                evaluate_chunk, token, pickled_job, tuple(pickled_items), self._limits, pure=False
            )
            return self._wait_for(future)
        except (KilledWorker, ClusterError):
            raise
        except (Exception, CancelledError) as error:
            raise ClusterError(f"the Dask cluster failed: {describe_error(error)}") from error

    def _wait_for(self, future: Any) -> list[Reply]:
        """Return the replies to a chunk; without any worker Dask itself would wait for ever."""
        alone_since: float | None = None
        while True:
            try:
                replies: list[Reply] = future.result(timeout=SECONDS_BETWEEN_LOOKS)
            except TimeoutError:
                if future.done():
                    raise
            else:
                return replies
            now = time.monotonic()
            alone_since = None if self._client.ncores() else alone_since or now
            if alone_since is not None and now - alone_since >= SECONDS_WITHOUT_WORKERS:
                raise ClusterError(
                    f"the Dask cluster has had no workers for {SECONDS_WITHOUT_WORKERS} s; start some, and "
                    f"run again"
                )


def evaluate_chunk(
    token: str, pickled_job: bytes, pickled_items: tuple[bytes, ...], limits: Limits
) -> list[Reply]:
    """Evaluate items in the guarded process of this thread of a Dask worker."""
    guarded = getattr(_of_this_thread, "guarded", None)
    if guarded is None or guarded.closed:
        guarded = _of_this_thread.guarded = GuardedProcess(limits)
        _all_guarded.append(guarded)
    guarded.limits = limits
    replies: list[Reply] = []
    for pickled_item in pickled_items:
        spoilt = bool(replies) and replies[-1].while_preparing
        replies.append(replies[-1] if spoilt else guarded.evaluate(token, pickled_job, pickled_item))
    return replies


def close_guarded() -> None:
    """Kill the guarded processes of a Dask worker."""
    while _all_guarded:
        _all_guarded.pop().close()


def disconnect(client: Any) -> None:
    """Disconnect from the cluster and kill its guarded processes; running items are abandoned."""
    with warnings.catch_warnings(), contextlib.suppress(OSError, RuntimeError):  # where it is gone already
        warnings.simplefilter("ignore")
        client.run(close_guarded, on_error="ignore")
    # A busy cluster may not answer in time; it notices the lost connection later
    with contextlib.suppress(TimeoutError):
        client.close(timeout=SECONDS_TO_CLOSE)


_of_this_thread = threading.local()
_all_guarded: list[GuardedProcess] = []
