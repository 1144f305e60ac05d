"""Thread-safe queue that distributes the items of all jobs to the workers."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any
from uuid import uuid4

from foretune.execution.budget import BudgetAccount
from foretune.execution.job import Job
from foretune.execution.summary import CutOff
from foretune.execution.worker_main import dump


class OpenJob:
    """A job with the items that are left to do.

    Attributes
    ----------
    job
        The job.
    token
        Identifier, unique among all runs.
    items
        Items that no worker has taken yet.
    """

    def __init__(self, job: Job, items: Iterable[Any]) -> None:
        self.job = job
        self.token = uuid4().hex
        self.items = deque(items)

    @cached_property
    def pickled(self) -> bytes:
        """The job as bytes: pickled once, sent to every worker of the job."""
        return dump(self.job)


class Dispatcher:
    """Queue of pending jobs; its methods are thread-safe.

    A worker keeps its job until the items run out, then takes the next job; when all jobs have begun, it
    helps with the one that has most items left.

    Parameters
    ----------
    account
        Account of the time budget.
    """

    def __init__(self, account: BudgetAccount) -> None:
        self._account = account
        self._changed = threading.Condition()
        self._fresh: deque[OpenJob] = deque()
        self._begun: dict[str, OpenJob] = {}
        # Trials by task whose results are not delivered yet
        self._under_way: Counter[str] = Counter()
        self._n_waiting = 0
        self._more_to_come = True
        self._stopped = False

    def add(self, jobs: Iterable[Job]) -> None:
        """Append jobs to the queue."""
        for job in jobs:
            with self._changed:
                if self._stopped:
                    self._account.cut_off(job, job.items, "interrupted")
                elif job.items:
                    self._fresh.append(OpenJob(job, job.items))
                    self._changed.notify_all()

    def end(self) -> None:
        """Mark the input as exhausted, so that only results of running items may add jobs."""
        with self._changed:
            self._more_to_come = False
            self._changed.notify_all()

    def take(
        self, current: OpenJob | None, n_items: int = 1, wait: bool = True
    ) -> tuple[OpenJob, list[Any]] | None:
        """Take items of one job from the queue; None at the end of the run.

        Parameters
        ----------
        current
            The job that the worker has already prepared.
        n_items
            Maximum number of items.
        wait
            Whether to wait for work that may still be added.
        """
        with self._changed:
            while not self._stopped:
                if (chosen := self._choose(current)) is not None:
                    return chosen, self._remove(chosen, n_items)
                if not wait or not (self._under_way or self._more_to_come):
                    break
                self._n_waiting += 1
                self._changed.wait()
                self._n_waiting -= 1
            return None

    def take_rest(self, current: OpenJob) -> list[Any]:
        """Take all remaining items of a job."""
        with self._changed:
            return self._remove(current, len(current.items))

    def put_back(self, current: OpenJob, item: Any, parts: Sequence[Any]) -> None:
        """Replace an item that was taken by its parts, which are next in the queue."""
        with self._changed:
            self._land(current.job, item)
            if self._stopped:
                self._account.cut_off(current.job, parts, "interrupted")
            else:
                current.items.extendleft(reversed(parts))
                self._begun[current.token] = current
            self._changed.notify_all()

    def settle(self, job: Job, item: Any, seconds: float) -> None:
        """Record that the result of an item is delivered, and its working time."""
        with self._changed:
            self._account.spend(job.task_id, seconds)
            self._land(job, item)
            self._changed.notify_all()

    def stop(self) -> None:
        """Stop the distribution of items."""
        with self._changed:
            self._stopped = True
            for left in [*self._fresh, *self._begun.values()]:
                self._account.cut_off(left.job, left.items, "interrupted")
                left.items.clear()
            self._fresh.clear()
            self._begun.clear()
            self._changed.notify_all()

    def list_cut_off(self) -> list[CutOff]:
        """List the trials that were not done; after :meth:`stop` including those that were running."""
        with self._changed:
            return self._account.list_cut_off(self._under_way if self._stopped else Counter())

    @property
    def n_fresh(self) -> int:
        """Number of jobs that no worker has begun."""
        return len(self._fresh)

    @property
    def more_to_come(self) -> bool:
        """Whether :meth:`end` was not called yet."""
        return self._more_to_come

    @property
    def stopped(self) -> bool:
        """Whether :meth:`stop` was called."""
        return self._stopped

    @property
    def idle(self) -> bool:
        """Whether a worker waits for work."""
        return self._n_waiting > 0

    def _choose(self, current: OpenJob | None) -> OpenJob | None:
        while (chosen := self._next(current)) is not None:
            reason = self._account.used_up(chosen.job.task_id)
            if reason is not None:
                self._account.cut_off(chosen.job, chosen.items, reason)
                chosen.items.clear()
            self._skip_too_long(chosen)
            if chosen.items:
                return chosen
            self._begun.pop(chosen.token, None)
        return None

    def _skip_too_long(self, chosen: OpenJob) -> None:
        """Cut off the next items of a job that are not expected to end within the budget."""
        while chosen.items and (reason := self._account.too_long(chosen.job, chosen.items[0])):
            self._account.cut_off(chosen.job, [chosen.items.popleft()], reason)

    def _next(self, current: OpenJob | None) -> OpenJob | None:
        if current is not None and current.items:
            return current
        if self._fresh:
            chosen = self._fresh.popleft()
            self._begun[chosen.token] = chosen
            return chosen
        return max(self._begun.values(), key=lambda job: len(job.items), default=None)

    def _remove(self, chosen: OpenJob, n_items: int) -> list[Any]:
        items = [chosen.items.popleft() for _ in range(min(n_items, len(chosen.items)))]
        self._under_way[chosen.job.task_id] += sum(chosen.job.count(item) for item in items)
        if not chosen.items:
            self._begun.pop(chosen.token, None)
        return items

    def _land(self, job: Job, item: Any) -> None:
        self._under_way[job.task_id] -= job.count(item)
        self._under_way += Counter()  # drops zero counts
