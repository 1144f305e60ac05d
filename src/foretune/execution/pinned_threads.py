"""Pins the thread pools of numerical libraries in this process, for as long as a run takes."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from types import TracebackType

from foretune.execution.parallelism import THREADS_PER_WORKER


class PinnedThreads:
    """A context in which libraries use one thread; :meth:`renew` pins what was loaded since."""

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
        # The last first: the first one knows what it was before all of them
        self._limits.close()

    def renew(self) -> None:
        """Pin all libraries that are loaded now."""
        from threadpoolctl import threadpool_limits

        with self._lock:
            self._limits.enter_context(threadpool_limits(THREADS_PER_WORKER))
