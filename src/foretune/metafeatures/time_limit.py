"""Time limit for a block of code, in any thread and on any platform."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class TimeLimitExceeded(BaseException):
    """The block exceeded its time limit.

    Not an ``Exception``, so that handlers within the block do not swallow it.
    """


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeLimitExceeded within the block when it exceeds a time limit.

    A timer thread makes the interpreter raise in the calling thread between two bytecodes, so a long call
    into compiled code finishes first. Signals would work only in the main thread.

    Parameters
    ----------
    seconds
        Limit of wall time.

    Raises
    ------
    TimeLimitExceeded
        From within the block.
    """
    alarm = _Alarm(threading.get_ident(), seconds)
    alarm.start()
    try:
        yield
    finally:
        alarm.stop()


class _Alarm:
    """Timer that raises in a thread unless it is stopped before."""

    def __init__(self, thread: int, seconds: float) -> None:
        self._thread = ctypes.c_ulong(thread)
        self._lock = threading.Lock()
        self._stopped = False
        self._rang = False
        self._timer = threading.Timer(seconds, self._ring)
        self._timer.daemon = True

    def start(self) -> None:
        self._timer.start()

    def _ring(self) -> None:
        with self._lock:
            if not self._stopped:
                self._rang = True
                _raise_in(self._thread, TimeLimitExceeded)

    def stop(self) -> None:
        self._timer.cancel()
        try:
            with self._lock:
                self._stopped = True
            # A pending exception must be raised here and not in the code after the block
            if self._rang:
                _raise_in(self._thread, None)
                time.sleep(0)
        except TimeLimitExceeded:
            self._stopped = True
            raise


def _raise_in(thread: ctypes.c_ulong, kind: type[BaseException] | None) -> None:
    """Make the interpreter raise in a thread; None withdraws a pending exception."""
    exception = ctypes.py_object(kind) if kind is not None else None
    ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, exception)
