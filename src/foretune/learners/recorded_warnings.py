"""Thread-safe recording of warnings."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


class _Recorder:
    """Replacement of Python's global ``showwarning`` that records warnings by thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._n_recording = 0
        self._before = warnings.catch_warnings()
        self._of_this_thread = threading.local()

    @contextmanager
    def record(self) -> Iterator[list[warnings.WarningMessage]]:
        outer = getattr(self._of_this_thread, "caught", None)
        caught: list[warnings.WarningMessage] = []
        self._of_this_thread.caught = caught
        self._begin()
        try:
            yield caught
        finally:
            self._end()
            self._of_this_thread.caught = outer

    def _begin(self) -> None:
        with self._lock:
            self._n_recording += 1
            if self._n_recording == 1:
                self._before = warnings.catch_warnings()
                self._before.__enter__()
                warnings.simplefilter("always")
                warnings.showwarning = self._show

    def _end(self) -> None:
        with self._lock:
            self._n_recording -= 1
            if not self._n_recording:
                self._before.__exit__(None, None, None)

    def _show(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        caught: list[warnings.WarningMessage] | None = getattr(self._of_this_thread, "caught", None)
        # Warnings of a thread that records none are dropped: its filters are replaced meanwhile
        if caught is not None:
            caught.append(warnings.WarningMessage(message, category, filename, lineno))


_RECORDER = _Recorder()


@contextmanager
def record_warnings() -> Iterator[list[warnings.WarningMessage]]:
    """Record all warnings of this thread, including those shown before.

    Yields the list to which they are appended.
    """
    with _RECORDER.record() as caught:
        yield caught
