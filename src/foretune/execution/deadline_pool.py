"""Worker processes whose items end by a point in time, also in native code."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from foretune.execution.errors import WorkerClosedError
from foretune.execution.guarded_process import GuardedProcess
from foretune.execution.job import Job, Reply, reply_of
from foretune.execution.parameters import Limits
from foretune.execution.worker_main import dump

# A process is killed at the deadline; so much later it has told
GRACE = 0.3
_NOT_STARTED = Reply("timeout", None, "the worker did not start in time", while_preparing=True)


class _DeadlineProcess(GuardedProcess):
    """Process with a deadline of each item."""

    def evaluate_until(self, token: str, job: bytes, item: bytes, deadline: float) -> Reply:
        """Evaluate an item once; it is not tried again after a crash, which would take the time twice."""
        self.deadline = deadline
        if self._clock() >= deadline:
            return Reply("timeout", None, "no time was left to start it", while_preparing=True)
        try:
            return self._try(token, job, item)
        except WorkerClosedError:
            return _NOT_STARTED


class DeadlinePool:
    """Worker processes for items that have to end by a point in time; started when they are needed.

    Parameters
    ----------
    n_workers
        Number of processes.
    clock
        Returns the time of the deadlines, in seconds.
    """

    def __init__(self, n_workers: int, clock: Callable[[], float] = time.perf_counter) -> None:
        self._processes = [_DeadlineProcess(Limits(), clock=clock) for _ in range(n_workers)]
        self._threads = [ThreadPoolExecutor(1) for _ in self._processes]
        self._clock = clock
        self._loaded: tuple[Job, str, bytes] | None = None
        self._n_loaded = 0
        self.is_warm = False

    def warm_up(self, job: Job, item: Any, deadline: float) -> None:
        """Start the processes and evaluate an item of a job in each, without waiting for it."""
        self.is_warm = True
        token, pickled = self._load(job)
        for process, thread in zip(self._processes, self._threads, strict=True):
            thread.submit(process.evaluate_until, token, pickled, dump(item), deadline)

    def evaluate(self, job: Job, items: Sequence[Any], deadline: float) -> list[Reply]:
        """Evaluate items of a job; those that are not done by the deadline are timeouts.

        Parameters
        ----------
        job
            The job, which is sent once if it is used again.
        items
            A worker goes on to its next item only if the last was ``ok``.
        deadline
            Point in time by the clock.

        Returns
        -------
        list of Reply
            In the order of the items.
        """
        pickled = reply_of(lambda: self._load(job))
        if pickled.status != "ok":
            return [pickled for _ in items]
        n_workers = len(self._processes)
        parts = [list(items)[at::n_workers] for at in range(n_workers)]
        futures: list[Future[list[Reply]]] = [
            thread.submit(_evaluate_part, process, pickled.value[0], pickled.value[1], part, deadline)
            for process, thread, part in zip(self._processes, self._threads, parts, strict=True)
            if part
        ]
        self.is_warm = True
        replies = [self._wait(future, part, deadline) for future, part in zip(futures, parts, strict=False)]
        return [replies[at % n_workers][at // n_workers] for at in range(len(items))]

    def _wait(self, future: Future[list[Reply]], part: Sequence[Any], deadline: float) -> list[Reply]:
        try:
            return future.result(timeout=max(deadline - self._clock(), 0.0) + GRACE)
        except TimeoutError:
            # The worker is still starting; what comes too late ends at once
            return [_NOT_STARTED for _ in part]

    def close(self) -> None:
        """Kill the processes."""
        for process, thread in zip(self._processes, self._threads, strict=True):
            process.close()
            thread.shutdown(wait=False, cancel_futures=True)

    def _load(self, job: Job) -> tuple[str, bytes]:
        if self._loaded is None or self._loaded[0] is not job:
            self._n_loaded += 1
            self._loaded = job, str(self._n_loaded), dump(job)
        return self._loaded[1:]


def _evaluate_part(
    process: _DeadlineProcess, token: str, job: bytes, items: Sequence[Any], deadline: float
) -> list[Reply]:
    replies: list[Reply] = []
    for item in items:
        if replies and replies[-1].status != "ok":
            replies.append(replace(replies[-1], value=None, seconds=0.0))
        else:
            replies.append(process.evaluate_until(token, job, dump(item), deadline))
    return replies
