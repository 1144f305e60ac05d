"""A time limit for a block of code, in any thread and on any platform."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class TimeLimitExceeded(BaseException):
    """The block took longer than it may.

    No ``Exception``: a handler within the block that catches those must not swallow it.
    """


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise within the block as soon as it has run for too long.

    A timer thread asks the interpreter to raise in the calling thread. That happens between two bytecodes: a
    single long call into compiled code ends first. No signal is used, which only the main thread could take.

    Parameters
    ----------
    seconds
        Wall time the block may take.

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
    """Raises in a thread when the time is up, and never after it was stopped."""

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
            # The request may still be on its way: it must arrive here and not in the code after the block
            if self._rang:
                _raise_in(self._thread, None)
                time.sleep(0)
        except TimeLimitExceeded:
            self._stopped = True
            raise


def _raise_in(thread: ctypes.c_ulong, kind: type[BaseException] | None) -> None:
    """Ask the interpreter to raise in a thread; None withdraws a request that has not been served."""
    exception = ctypes.py_object(kind) if kind is not None else None
    ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, exception)
