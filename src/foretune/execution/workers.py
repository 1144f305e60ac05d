"""Workers that evaluate items in this process or in a process of their own."""

from __future__ import annotations

import math
from typing import Any, Protocol

from foretune.execution.capped_output import PrintBudget
from foretune.execution.dispatcher import OpenJob
from foretune.execution.guarded_process import GuardedProcess
from foretune.execution.job import Reply, reply_of
from foretune.execution.parameters import Limits
from foretune.execution.pinned_threads import PinnedThreads
from foretune.execution.worker_main import Evaluator, dump


class Worker(Protocol):
    """Protocol of a worker, which evaluates items for the thread that drives it."""

    def wish(self, open_job: OpenJob | None) -> int:
        """Return the number of items to take at once."""

    def evaluate(self, open_job: OpenJob, items: list[Any]) -> list[Reply]:
        """Evaluate items of a job and return a reply for each."""

    def close(self) -> None:
        """Kill running evaluations where possible; called from another thread."""


class InlineWorker:
    """Worker in the calling thread.

    Parameters
    ----------
    pinned
        Limits libraries loaded by preparations to one thread.
    """

    def __init__(self, pinned: PinnedThreads) -> None:
        self._pinned = pinned
        self._evaluator = Evaluator()
        self._token = ""
        self._output = PrintBudget()

    def wish(self, open_job: OpenJob | None) -> int:
        """Take one item at a time."""
        return 1

    def evaluate(self, open_job: OpenJob, items: list[Any]) -> list[Reply]:
        """Evaluate the items."""
        with self._output.counting():
            return self._evaluate(open_job, items)

    def close(self) -> None:
        """Do nothing: a thread cannot be killed."""

    def _evaluate(self, open_job: OpenJob, items: list[Any]) -> list[Reply]:
        if self._token != open_job.token:
            self._token = ""
            reply = reply_of(lambda: self._evaluator.begin(open_job.job), while_preparing=True)
            if reply.status != "ok":
                return [reply] * len(items)
            self._pinned.renew()
            self._token = open_job.token
        return [self._evaluator.evaluate(item) for item in items]


class ProcessWorker:
    """Worker in a guarded process.

    Parameters
    ----------
    limits, deadline
        As for :class:`.GuardedProcess`.
    """

    def __init__(self, limits: Limits, deadline: float = math.inf) -> None:
        self._process = GuardedProcess(limits, deadline)

    def wish(self, open_job: OpenJob | None) -> int:
        """Take one item at a time."""
        return 1

    def evaluate(self, open_job: OpenJob, items: list[Any]) -> list[Reply]:
        """Evaluate the items."""
        return [self._evaluate_item(open_job, item) for item in items]

    def close(self) -> None:
        """Kill the process."""
        self._process.close()

    def _evaluate_item(self, open_job: OpenJob, item: Any) -> Reply:
        job = reply_of(lambda: open_job.pickled, while_preparing=True)
        pickled = reply_of(lambda: dump(item))
        problem = next((reply for reply in (job, pickled) if reply.status != "ok"), None)
        if problem is not None:
            return problem
        return self._process.evaluate(open_job.token, job.value, pickled.value)
