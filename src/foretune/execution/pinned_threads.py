"""Context that limits numerical libraries to one thread in this process."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from types import TracebackType

from foretune.execution.parallelism import THREADS_PER_WORKER


class PinnedThreads:
    """Context in which libraries use one thread; :meth:`renew` includes those loaded since."""

    def __init__(self) -> None:
        self._limits = ExitStack()
        self._lock = threading.Lock()

    def __enter__(self) -> PinnedThreads:
        self.renew()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # In reverse order: the first limit holds the original number of threads
        self._limits.close()

    def renew(self) -> None:
        """Limit all libraries that are loaded now."""
        from threadpoolctl import threadpool_limits

        with self._lock:
            self._limits.enter_context(threadpool_limits(THREADS_PER_WORKER))
