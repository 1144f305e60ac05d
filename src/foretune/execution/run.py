"""Parallel execution of jobs, with delivery of results as they arrive and a clean end on Ctrl-C."""

from __future__ import annotations

import contextlib
import logging
import math
import queue
import signal
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from foretune.execution.budget import BudgetAccount
from foretune.execution.capped_output import capped_streams
from foretune.execution.dispatcher import Dispatcher, OpenJob
from foretune.execution.errors import ClusterError, RunInterrupted
from foretune.execution.job import Job, Outcome, Reply
from foretune.execution.parallelism import count_workers, describe_parallelism
from foretune.execution.parameters import Budget, Limits, ParallelParameters
from foretune.execution.pinned_threads import PinnedThreads
from foretune.execution.summary import Summary
from foretune.execution.workers import InlineWorker, ProcessWorker, Worker

OnResult = Callable[[Sequence[Outcome]], Iterable[Job] | None]


logger = logging.getLogger(__name__)

# A delivery may commit to a database: at most this share of the time, but often enough to lose little
SHARE_OF_DELIVERIES = 0.05
MOST_SECONDS_BETWEEN_DELIVERIES = 1.0
SECONDS_BETWEEN_LOOKS = 0.1
SECONDS_TO_END = 2.0


def run_jobs(
    jobs: Iterable[Job],
    parallel: ParallelParameters,
    on_result: OnResult,
    limits: Limits | None = None,
    budget: Budget | None = None,
    deadline: float = math.inf,
) -> Summary:
    """Evaluate all items of all jobs in parallel.

    Every item is passed to ``on_result`` exactly once, whole or in parts, unless the summary lists it as cut
    off. An item that raises, times out or crashes its process is an outcome like any other.

    Parameters
    ----------
    jobs
        Jobs in the order of their execution, consumed lazily.
    parallel
        Backend: ``processes`` (a single worker without limits is this process), ``threads`` or ``dask``.
    on_result
        Called in the calling thread with the outcomes since the last call. It may return more jobs; the run
        ends when there are none. Ctrl-C waits for it.
    limits
        Limits of one item; none by default. Not for threads, which cannot be killed.
    budget
        Time after which no item is started; none by default.
    deadline
        Point in time by :func:`time.monotonic` at which running items are ended, as by a limit of time; on a
        Dask cluster they are not.

    Returns
    -------
    Summary
        Counts by status, trials not started, seconds.

    Raises
    ------
    RunInterrupted
        After the first Ctrl-C: finished items have been delivered, running ones are abandoned.
    ValueError
        If limits are set with threads.
    ClusterError
        If the Dask cluster fails; finished items have been delivered.
    """
    limits, budget = limits or Limits(), budget or Budget()
    if parallel.backend == "threads" and (limits.need_processes or deadline < math.inf):
        raise ValueError(
            "a limit of time or memory needs processes, which can be ended; threads cannot: "
            "choose backend = processes or dask, or set no limit"
        )
    logger.info("Running on %s", describe_parallelism(parallel))
    run = _Run(jobs, on_result, budget)
    with _handle_interrupts(run):
        try:
            _work(run, parallel, limits, deadline)
        except KeyboardInterrupt:  # where Python itself handles Ctrl-C, outside of the main thread
            run.interrupted = True
        except ClusterError:
            run.deliver()
            raise
        return run.finish()


def _work(run: _Run, parallel: ParallelParameters, limits: Limits, deadline: float) -> None:
    if _works_here(parallel, limits) and deadline == math.inf:
        with capped_streams():
            run.work_here()
        return
    with _open_workers(parallel, limits, deadline) as workers:
        run.work_with(workers)


@contextlib.contextmanager
def _handle_interrupts(run: _Run) -> Iterator[None]:
    """Let the first Ctrl-C end the run at a safe point; Python handles the second."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return

    def handle(*_: object) -> None:
        run.interrupted = True
        signal.signal(signal.SIGINT, before)
        if run.may_raise:
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _works_here(parallel: ParallelParameters, limits: Limits) -> bool:
    return parallel.backend != "dask" and count_workers(parallel) == 1 and not limits.need_processes


@contextlib.contextmanager
def _open_workers(parallel: ParallelParameters, limits: Limits, deadline: float) -> Iterator[list[Worker]]:
    if parallel.backend == "dask":
        from foretune.execution.dask_worker import DaskWorker, connect, count_slots, disconnect

        client = connect(str(parallel.address))
        try:
            yield [DaskWorker(client, limits) for _ in range(count_slots(client))]
        finally:
            disconnect(client)
    elif parallel.backend == "threads":
        with PinnedThreads() as pinned, capped_streams():
            yield [InlineWorker(pinned) for _ in range(count_workers(parallel))]
    else:
        yield [ProcessWorker(limits, deadline) for _ in range(count_workers(parallel))]


class _Run:
    """The state of a run. Only :meth:`_drive` runs in other threads."""

    def __init__(self, jobs: Iterable[Job], on_result: OnResult, budget: Budget) -> None:
        self.dispatcher = Dispatcher(BudgetAccount(budget))
        self.summary = Summary()
        self.interrupted = False
        self.may_raise = False  # whether Ctrl-C may raise where the main thread is
        self._jobs = iter(jobs)
        self._on_result = on_result
        self._arrived: queue.SimpleQueue[Outcome | BaseException | None] = queue.SimpleQueue()
        self._waiting: list[Outcome] = []
        self._n_drivers = 0
        self._error: BaseException | None = None
        self._start = self._next_delivery = time.monotonic()

    def work_here(self) -> None:
        """Evaluate all items in this thread."""
        current = None
        with PinnedThreads() as pinned:
            worker = InlineWorker(pinned)
            while not self.interrupted:
                self._feed(1)
                taken = self.dispatcher.take(current, wait=False)
                if taken is None:
                    if not self.deliver() and not self.dispatcher.more_to_come:
                        return
                    continue
                current, items = taken
                self._evaluate_here(worker, current, items)
                if self._is_due():
                    self.deliver()

    def _evaluate_here(self, worker: InlineWorker, current: Any, items: list[Any]) -> None:
        try:
            self.may_raise = True
            replies = worker.evaluate(current, items)
        except KeyboardInterrupt:
            self.interrupted = True
            return
        finally:
            self.may_raise = False
        self._waiting += _sort_replies(self.dispatcher, current, items, replies)

    def work_with(self, workers: Sequence[Worker]) -> None:
        """Drive each worker in a thread, deliver the outcomes, and close the workers."""
        from joblib import Parallel, delayed

        # One more than workers: with one job joblib would not start a thread
        threads = Parallel(
            n_jobs=len(workers) + 1,
            backend="threading",
            return_as="generator_unordered",
            pre_dispatch="all",
            batch_size=1,
        )
        self._n_drivers = len(workers)
        drivers = threads(delayed(self._drive)(worker) for worker in workers)
        try:
            while self._n_drivers and not self.interrupted and self._error is None:
                self._feed(len(workers))
                self._receive()
                if self._is_due() or self.dispatcher.idle:
                    self.deliver()
        finally:
            self._end(workers, drivers)
        if self._error is not None:
            raise self._error

    def _feed(self, n_ahead: int) -> None:
        """Fetch jobs until ``n_ahead`` are queued."""
        while self.dispatcher.more_to_come and self.dispatcher.n_fresh < n_ahead and not self.interrupted:
            job = next(self._jobs, None)
            if job is None:
                self.dispatcher.end()
            else:
                self.dispatcher.add([job])

    def _end(self, workers: Sequence[Worker], drivers: Generator[None, None, None]) -> None:
        self.dispatcher.stop()
        for worker in workers:
            worker.close()
        until = time.monotonic() + SECONDS_TO_END
        while self._n_drivers and time.monotonic() < until:
            self._receive()
        with warnings.catch_warnings():
            # joblib warns of abandoned threads, which are stuck in an item
            warnings.simplefilter("ignore")
            drivers.close()

    def _drive(self, worker: Worker) -> None:
        """Evaluate items with a worker until none are left; runs in a thread of its own."""
        current = None
        try:
            while (taken := self.dispatcher.take(current, worker.wish(current))) is not None:
                current, items = taken
                replies = worker.evaluate(current, items)
                for outcome in _sort_replies(self.dispatcher, current, items, replies):
                    self._arrived.put(outcome)
        except BaseException as error:  # noqa: BLE001 - the main thread raises it
            self._arrived.put(error)
        else:
            self._arrived.put(None)

    def _receive(self) -> None:
        """Wait briefly for outcomes, and collect all that have arrived."""
        with contextlib.suppress(queue.Empty):
            arrived = self._arrived.get(timeout=SECONDS_BETWEEN_LOOKS)
            while True:
                if isinstance(arrived, Outcome):
                    self._waiting.append(arrived)
                else:
                    self._n_drivers -= 1
                    if arrived is not None and not self.dispatcher.stopped:
                        self._error = arrived
                arrived = self._arrived.get_nowait()

    def _is_due(self) -> bool:
        return time.monotonic() >= self._next_delivery

    def deliver(self) -> bool:
        """Deliver the collected outcomes; return whether there were any."""
        outcomes, self._waiting = self._waiting, []
        if not outcomes:
            return False
        start = time.monotonic()
        more = self._on_result(outcomes)
        now = time.monotonic()
        self._next_delivery = now + min((now - start) / SHARE_OF_DELIVERIES, MOST_SECONDS_BETWEEN_DELIVERIES)
        if more is not None:
            self.dispatcher.add(more)
        for outcome in outcomes:
            seconds = outcome.reply.seconds
            self.summary.n_trials[outcome.reply.status] += outcome.job.count(outcome.item)
            self.summary.busy_seconds += seconds
            self.dispatcher.settle(outcome.job, outcome.item, seconds)
        return True

    def finish(self) -> Summary:
        """Deliver the remaining outcomes and complete the summary."""
        if self.interrupted:
            self.dispatcher.stop()
        self.deliver()
        self.summary.cut_off = self.dispatcher.list_cut_off()
        self.summary.seconds = time.monotonic() - self._start
        if self.interrupted:
            raise RunInterrupted(self.summary)
        return self.summary


def _sort_replies(
    dispatcher: Dispatcher, current: OpenJob, items: Sequence[Any], replies: Sequence[Reply]
) -> list[Outcome]:
    """Return outcomes; put failed items that can be split back into the queue."""
    job, outcomes = current.job, []
    for item, reply in zip(items, replies, strict=True):
        if reply.status != "ok" and not reply.while_preparing and len(parts := job.split(item)) > 1:
            dispatcher.put_back(current, item, parts)
        else:
            outcomes.append(Outcome(job, item, reply))
    if any(reply.while_preparing for reply in replies):
        spoilt = replace(replies[-1], seconds=0.0)
        outcomes += [Outcome(job, item, spoilt) for item in dispatcher.take_rest(current)]
    return outcomes
