"""Jobs that misbehave on demand."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cloudpickle
import pytest

from foretune.execution import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

# Workers cannot import the tests
cloudpickle.register_pickle_by_value(sys.modules[__name__])


class ScriptedJob(Job):
    """Does what its items say: a name or a call of :data:`ACTIONS`; a tuple is a group of items."""

    def __init__(
        self,
        task_id: str,
        items: Sequence[Any],
        preparation: str = "",
        shared_key: Hashable = None,
    ) -> None:
        self.task_id = task_id
        self.items = items
        self.preparation = preparation
        self._shared_key = shared_key

    @property
    def shared_key(self) -> Hashable:
        return self._shared_key

    def prepare(self) -> dict[str, Any]:
        if self.preparation:
            act(self.preparation)
        return {"made_by": self.task_id, "pid": os.getpid()}

    def evaluate(self, shared: dict[str, Any], item: Any) -> Any:
        parts = item if isinstance(item, tuple) else (item,)
        return [{**shared, "did": act(part)} for part in parts]

    def split(self, item: Any) -> Sequence[Any]:
        return list(item) if isinstance(item, tuple) else [item]

    def count(self, item: Any) -> int:
        return len(item) if isinstance(item, tuple) else 1


def act(item: Any) -> Any:
    if not isinstance(item, str):
        return item
    action, _, argument = item.partition(":")
    return ACTIONS[action](argument) if action in ACTIONS else item


def hold_the_interpreter(_: str) -> int:
    # Neither a thread nor a signal handler of Python runs meanwhile
    return sum(range(10**12))


def take_memory(megabytes: str) -> int:
    taken = bytearray(int(megabytes) * 1_000_000)
    time.sleep(5)
    return len(taken)


def die_the_first_time(marker: str) -> str:
    if Path(marker).exists():
        return "survived"
    Path(marker).touch()
    os.kill(os.getpid(), signal.SIGKILL)
    return "never"


def kill_the_parent(_: str) -> None:
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)


def sleep(seconds: str) -> str:
    time.sleep(float(seconds))
    return seconds


def raise_error(message: str) -> None:
    raise ValueError(f"{message}\nmore lines")


def unpicklable(_: str) -> Any:
    return (number for number in range(3))


def count_threads(_: str) -> list[int]:
    import sklearn.ensemble  # noqa: F401 - loads OpenMP
    import threadpoolctl

    return [pool["num_threads"] for pool in threadpoolctl.threadpool_info()]


ACTIONS: dict[str, Callable[[str], Any]] = {
    "raise": raise_error,
    "exit": lambda code: sys.exit(int(code)),
    "_exit": lambda code: os._exit(int(code)),
    "kill": lambda _: os.kill(os.getpid(), signal.SIGKILL),
    "kill_parent": kill_the_parent,
    "segfault": lambda _: ctypes.string_at(0),
    "hold": hold_the_interpreter,
    "memory": take_memory,
    "die_once": die_the_first_time,
    "sleep": sleep,
    "unpicklable": unpicklable,
    "threads": count_threads,
    "print": print,
}


@pytest.fixture(scope="session")
def make_job() -> type[ScriptedJob]:
    """Give the class of scripted jobs: what a conftest holds cannot be imported by name."""
    return ScriptedJob
