"""Account of the time budget of a run."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from foretune.execution.job import Job
from foretune.execution.parameters import Budget
from foretune.execution.summary import CutOff


class BudgetAccount:
    """Time spent from a budget, and trials not started for lack of it. Not thread-safe: the owner locks.

    Parameters
    ----------
    budget
        Budget of the run, whose clock starts now.
    """

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._start = time.monotonic()
        self._seconds_of_task: Counter[str] = Counter()
        self._cut_off: Counter[tuple[str, str]] = Counter()

    def spend(self, task_id: str, seconds: float) -> None:
        """Charge working time to a task."""
        self._seconds_of_task[task_id] += seconds  # type: ignore[assignment]  # a Counter of floats

    def used_up(self, task_id: str) -> str | None:
        """Return the name of the exhausted time budget of a task, or None."""
        total, per_task = self._budget.seconds_total, self._budget.seconds_per_task
        if total is not None and time.monotonic() - self._start >= total:
            return "seconds_total"
        if per_task is not None and self._seconds_of_task[task_id] >= per_task:
            return "seconds_per_task"
        return None

    def too_long(self, job: Job, item: Any) -> str | None:
        """Return the name of the time budget that an item is expected to overrun, or None."""
        expected = job.expected_seconds(item)
        if not expected:
            return None
        total, per_task = self._budget.seconds_total, self._budget.seconds_per_task
        if total is not None and time.monotonic() - self._start + expected > total:
            return "seconds_total"
        if per_task is not None and self._seconds_of_task[job.task_id] + expected > per_task:
            return "seconds_per_task"
        return None

    def cut_off(self, job: Job, items: Iterable[Any], reason: str) -> None:
        """Record items that will not be started."""
        self._cut_off[job.task_id, reason] += sum(job.count(item) for item in items)

    def list_cut_off(self, lost: Mapping[str, int]) -> list[CutOff]:
        """List the trials that were not started, by task and reason.

        Parameters
        ----------
        lost
            Number of trials interrupted while running, by task.
        """
        counts = self._cut_off.copy()
        for task_id, n_trials in lost.items():
            counts[task_id, "interrupted"] += n_trials
        return [CutOff(task_id, reason, n) for (task_id, reason), n in sorted(counts.items())]
