"""Cap on what items print: a learner may print without end."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterable, Iterator
from typing import IO, Any, TextIO

# By all items of one worker
MOST_PRINTED, LARGEST_READ = 20_000, 65_536
LEFT_OUT = "\n... (a worker has printed too much; the rest is left out)\n"


class PrintBudget:
    """What the items of one worker may still print."""

    def __init__(self) -> None:
        self._left = MOST_PRINTED
        self._is_over = False

    def take(self, text: str) -> str:
        """Return the part of a text that may be shown, with a note where the rest is left out."""
        if self._is_over:
            return ""
        shown, self._left = text[: self._left], self._left - len(text)
        if self._left >= 0:
            return shown
        self._is_over = True
        return shown + LEFT_OUT

    def copy(self, printed: IO[bytes]) -> None:
        """Copy what a process prints to standard error until it ends; the rest is read and dropped."""
        with printed, contextlib.suppress(OSError, ValueError):
            while content := printed.read1(LARGEST_READ):  # type: ignore[attr-defined]  # it is buffered
                if shown := self.take(content.decode(errors="replace")):
                    sys.stderr.write(shown)
                    sys.stderr.flush()

    @contextlib.contextmanager
    def counting(self) -> Iterator[None]:
        """Count what this thread prints, where :func:`capped_streams` is in force."""
        before = getattr(_OF_THREAD, "budget", None)
        _OF_THREAD.budget = self
        try:
            yield
        finally:
            _OF_THREAD.budget = before


_OF_THREAD = threading.local()


class _CappedStream:
    """A stream that asks the budget of the writing thread; threads without one write as before."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        budget: PrintBudget | None = getattr(_OF_THREAD, "budget", None)
        if budget is None:
            return self._stream.write(text)
        if shown := budget.take(text):
            self._stream.write(shown)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


_LOCK = threading.Lock()
_n_users = 0
_replaced: list[tuple[str, TextIO, Any]] = []


@contextlib.contextmanager
def capped_streams() -> Iterator[None]:
    """Let ``sys.stdout`` and ``sys.stderr`` heed the budgets of threads; several runs share the change."""
    global _n_users  # noqa: PLW0603 (the streams are global, too)
    with _LOCK:
        _n_users += 1
        if _n_users == 1:
            _replace_streams()
    try:
        yield
    finally:
        with _LOCK:
            _n_users -= 1
            if not _n_users:
                _restore_streams()


def _replace_streams() -> None:
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None:  # there is none without a console
            capped = _CappedStream(stream)
            setattr(sys, name, capped)
            _replaced.append((name, stream, capped))


def _restore_streams() -> None:
    while _replaced:
        name, stream, capped = _replaced.pop()
        if getattr(sys, name) is capped:  # nobody else has replaced it meanwhile
            setattr(sys, name, stream)
