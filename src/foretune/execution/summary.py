"""Summary of a run: trials by status, and trials that were not started."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class CutOff:
    """Trials of a task that were not started.

    Attributes
    ----------
    reason
        The exhausted budget (``seconds_per_task``, ``seconds_total``, or one of the caller's own), or
        ``interrupted``.
    """

    task_id: str
    reason: str
    n_trials: int


@dataclass
class Summary:
    """Counts and times of a run.

    Attributes
    ----------
    n_trials
        Trials done, by the status of their item: ``ok`` (the evaluation returned), ``failed``, ``timeout``,
        ``crashed``.
    cut_off
        Trials not started, by task and reason.
    seconds
        Wall time.
    busy_seconds
        Working time of all workers.
    """

    n_trials: Counter[str] = field(default_factory=Counter)
    cut_off: list[CutOff] = field(default_factory=list)
    seconds: float = 0.0
    busy_seconds: float = 0.0

    @property
    def n_cut_off(self) -> int:
        """Number of trials that were not started."""
        return sum(entry.n_trials for entry in self.cut_off)

    def __str__(self) -> str:
        counts = ", ".join(f"{number} {status}" for status, number in sorted(self.n_trials.items()))
        return f"{self.n_trials.total()} trials in {self.seconds:.1f} s ({counts or 'none'})"


def describe_cut_off(cut_off: Iterable[CutOff]) -> str:
    """Describe in one line how many trials were not started, why and on which tasks."""
    by_reason: dict[str, Counter[str]] = {}
    for entry in cut_off:
        by_reason.setdefault(entry.reason, Counter())[entry.task_id] += entry.n_trials
    return "; ".join(
        f"{tasks.total()} trials not started ({reason}) on {len(tasks)} tasks: {shorten(sorted(tasks))}"
        for reason, tasks in sorted(by_reason.items())
    )


def shorten(names: list[str], most: int = 5) -> str:
    """Join the first names and count the others."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
