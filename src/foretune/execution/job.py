"""What is to be done, and what came out."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any


class Job(ABC):
    """Independent items that share a preparation.

    A job and its items are pickled to the workers, where :meth:`prepare` runs once and :meth:`evaluate` item
    by item. A job may be spread over several workers; then each of them prepares it.

    Attributes
    ----------
    task_id
        What the budget of seconds per task and the list of what was cut off go by.
    items
        What is evaluated, in this order.
    """

    task_id: str
    items: Sequence[Any]

    @property
    def shared_key(self) -> Hashable:
        """Jobs with an equal key, other than None, share one preparation in a worker."""
        return None

    @abstractmethod
    def prepare(self) -> Any:
        """Make what all items need, such as the preprocessed folds.

        Import here what the items need: that takes seconds in a new process, which are not on an item's time.
        """

    @abstractmethod
    def evaluate(self, shared: Any, item: Any) -> Any:
        """Evaluate an item; the result is pickled back.

        Parameters
        ----------
        shared
            What :meth:`prepare` made; not to be modified.
        item
            One of the items, or a part of one.
        """

    def split(self, item: Any) -> Sequence[Any]:
        """Split an item that failed, timed out or crashed, so that only the guilty part suffers."""
        return [item]

    def count(self, item: Any) -> int:
        """Count the trials in an item."""
        return 1


@dataclass(frozen=True)
class Reply:
    """How the evaluation of an item went.

    Attributes
    ----------
    status
        ``ok``, ``failed`` (it raised), ``timeout`` or ``crashed`` (its process ended).
    value
        What ``evaluate`` returned; None unless ok.
    error
        What went wrong; empty where nothing did.
    seconds
        Wall time.
    while_preparing
        Whether it was the job's preparation that went wrong, so that no item of it can be evaluated.
    """

    status: str
    value: Any = None
    error: str = ""
    seconds: float = field(default=0.0, compare=False)
    while_preparing: bool = False


@dataclass(frozen=True)
class Outcome:
    """An item of a job (or a part of one, see :meth:`Job.split`) and how it went."""

    job: Job
    item: Any
    reply: Reply


def reply_of(work: Callable[[], Any], while_preparing: bool = False) -> Reply:
    """Call a function; its value or its exception as a reply. Only a keyboard interrupt gets through."""
    start = time.perf_counter()
    try:
        value = work()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - sys.exit in a learner is a failure like any other
        seconds = time.perf_counter() - start
        return Reply("failed", None, describe_error(error), seconds, while_preparing)
    return Reply("ok", value, "", time.perf_counter() - start)


def describe_error(error: BaseException) -> str:
    """Describe an exception in one line."""
    first_line = next(iter(str(error).splitlines()), "")
    return f"{type(error).__name__}: {first_line}"
