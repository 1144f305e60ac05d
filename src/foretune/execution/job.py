"""Jobs, and the outcomes of their items."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

from foretune.base import describe_error

PREPARING = "while preparing: "


class Job(ABC):
    """Base class of a job: independent items with a shared preparation.

    A job and its items are pickled and sent to the workers, where :meth:`prepare` runs once and
    :meth:`evaluate` for each item. If several workers share a job, each prepares it.

    Attributes
    ----------
    task_id
        Task to which the budget ``seconds_per_task`` and the list of trials not started refer.
    items
        Items to evaluate, in this order.
    """

    task_id: str
    items: Sequence[Any]

    @property
    def shared_key(self) -> Hashable:
        """Key of the preparation: jobs with an equal key, other than None, share it in a worker."""
        return None

    @abstractmethod
    def prepare(self) -> Any:
        """Compute what all items need, such as the preprocessed folds.

        Import here what the items need: imports take seconds in a new process, and would count as an item's
        time.
        """

    @abstractmethod
    def evaluate(self, shared: Any, item: Any) -> Any:
        """Evaluate an item and return a picklable result.

        Parameters
        ----------
        shared
            Result of :meth:`prepare`; not to be modified.
        item
            One of the items, or a part of one.
        """

    def split(self, item: Any) -> Sequence[Any]:
        """Split an item that failed, timed out or crashed, so that its sound parts can be evaluated."""
        return [item]

    def expected_seconds(self, item: Any) -> float:
        """Return how long an item is expected to take; one that takes longer than is left is not started."""
        return 0.0

    def count(self, item: Any) -> int:
        """Return the number of trials in an item."""
        return 1


@dataclass(frozen=True)
class Reply:
    """Result of the evaluation of an item, or its error.

    Attributes
    ----------
    status
        ``ok``, ``failed`` (it raised), ``timeout`` or ``crashed`` (its process ended).
    value
        What ``evaluate`` returned; None unless ok.
    error
        Error in one line; empty if ok.
    seconds
        Wall time.
    while_preparing
        Whether the job's preparation failed, so that none of its items can be evaluated.
    """

    status: str
    value: Any = None
    error: str = ""
    seconds: float = field(default=0.0, compare=False)
    while_preparing: bool = False


@dataclass(frozen=True)
class Outcome:
    """An item of a job (or a part of one, see :meth:`Job.split`) with its reply."""

    job: Job
    item: Any
    reply: Reply


def reply_of(work: Callable[[], Any], while_preparing: bool = False) -> Reply:
    """Call a function and return its value or exception as a reply; only KeyboardInterrupt is raised."""
    start = time.perf_counter()
    try:
        value = work()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - sys.exit in a learner is a failure like any other
        seconds = time.perf_counter() - start
        problem = describe_error(error)
        if while_preparing:
            problem = PREPARING + problem
        return Reply("failed", None, problem, seconds, while_preparing)
    return Reply("ok", value, "", time.perf_counter() - start)
