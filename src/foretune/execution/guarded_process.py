"""Worker process that is killed when an item exceeds its limits of time or memory."""

from __future__ import annotations

import contextlib
import math
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from foretune.base import describe_error
from foretune.execution.capped_output import PrintBudget
from foretune.execution.errors import WorkerClosedError
from foretune.execution.job import PREPARING, Reply
from foretune.execution.parallelism import pinned_environment
from foretune.execution.parameters import Limits
from foretune.execution.worker_main import read_frame, write_frame

SECONDS_BETWEEN_MEMORY_CHECKS = 0.05
SHORTEST = 0.01
BYTES_PER_MB = 1_000_000
PROGRAM = "from foretune.execution.worker_main import main; main()"


class GuardedProcess:
    """Evaluates items one at a time in a separate process that can be killed.

    The limits are enforced from outside, so they hold even for native code that keeps the interpreter's lock.
    A crash affects only the item under evaluation; the next one gets a new process.

    Attributes
    ----------
    limits
        Limits of time and memory of one item.
    deadline
        Point in time, by the clock, at which whatever runs is ended.
    """

    def __init__(
        self,
        limits: Limits,
        deadline: float = math.inf,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = limits
        self.deadline = deadline
        self._clock = clock
        self._loaded: str | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._replies: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._ended_here = False
        self._output = PrintBudget()

    def evaluate(self, token: str, pickled_job: bytes, pickled_item: bytes) -> Reply:
        """Evaluate an item; a crash, timeout or excess of memory is a reply too.

        Parameters
        ----------
        token
            Identifier of the job, which is sent and prepared only if the last item was of another job.
        pickled_job, pickled_item
            The job and its item.

        Raises
        ------
        WorkerClosedError
            If :meth:`close` was called meanwhile.
        """
        reply = self._try(token, pickled_job, pickled_item)
        if reply.status == "crashed" and not self._ended_here:
            # The OOM killer may hit an innocent process: an item counts as crashed only the second time
            reply = self._try(token, pickled_job, pickled_item)
        return reply

    @property
    def closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return self._closed

    def close(self) -> None:
        """Kill the process; a thread that waits for it gets a WorkerClosedError."""
        with self._lock:
            self._closed = True
            process = self._process
        if process is not None:
            _end(process)

    def _try(self, token: str, pickled_job: bytes, pickled_item: bytes) -> Reply:
        if self._loaded != token or not self._is_alive():
            if not self._is_alive():
                self._start()
            self._loaded = None
            reply = self._ask(("job", pickled_job), self._left(self.limits.seconds_to_prepare))
            if reply.status != "ok":
                problem = reply.error if reply.while_preparing else PREPARING + reply.error
                return Reply(reply.status, None, problem, reply.seconds, while_preparing=True)
            self._loaded = token
        return self._ask(("item", pickled_item), self._left(self.limits.seconds_per_trial))

    def _left(self, seconds: float | None) -> float | None:
        """Limit seconds to those that are left until the deadline."""
        if self.deadline == math.inf:
            return seconds
        left = max(self.deadline - self._clock(), SHORTEST)
        return left if seconds is None else min(seconds, left)

    def _is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _start(self) -> None:
        with self._lock:
            if self._closed:
                raise WorkerClosedError
            if self._process is not None:
                _end(self._process)
            self._replies = queue.SimpleQueue()
            # In a session of its own, so that Ctrl-C reaches only the parent, which ends its workers
            self._process = subprocess.Popen(  # noqa: S603 - a constant command
                [sys.executable, "-P", "-c", PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=pinned_environment(),
                start_new_session=True,
            )
        threading.Thread(target=_pass_on, args=(self._process, self._replies), daemon=True).start()
        threading.Thread(target=self._output.copy, args=(self._process.stderr,), daemon=True).start()

    def _ask(self, request: tuple[str, bytes], seconds: float | None) -> Reply:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        start = time.monotonic()
        # If the process has ended meanwhile, its replies end too
        with contextlib.suppress(OSError, ValueError):
            write_frame(process.stdin, pickle.dumps(request))
        status, problem = "crashed", ""
        while (reply := self._wait(start, seconds)) is _NOTHING_YET:
            if (used := self._excess_memory()) is not None:
                problem = f"used {used:,.0f} MB, more than max_memory_mb = {self.limits.max_memory_mb:,.0f}"
            elif seconds is not None and time.monotonic() - start >= seconds:
                status, problem = "timeout", f"took more than {seconds:.6g} s"
            if problem:
                _end(process)
                break
        self._ended_here = bool(problem)
        if isinstance(reply, bytes):
            return _unpickle(reply)
        if self._closed:
            raise WorkerClosedError
        problem = problem or describe_end(process.wait())
        return Reply(status, None, problem, time.monotonic() - start)

    def _wait(self, start: float, seconds: float | None) -> bytes | object | None:
        waits = []
        if seconds is not None:
            waits.append(max(0.0, start + seconds - time.monotonic()))
        if self.limits.max_memory_mb is not None:
            waits.append(SECONDS_BETWEEN_MEMORY_CHECKS)
        try:
            return self._replies.get(timeout=min(waits, default=None))
        except queue.Empty:
            return _NOTHING_YET

    def _excess_memory(self) -> float | None:
        if self.limits.max_memory_mb is None or self._process is None:
            return None
        used = _resident_bytes(self._process.pid) / BYTES_PER_MB
        return used if used > self.limits.max_memory_mb else None


_NOTHING_YET = object()


def _resident_bytes(pid: int) -> float:
    """Return how much memory a process has in use; 0 if it has just ended."""
    if sys.platform != "linux":
        import psutil

        try:
            return float(psutil.Process(pid).memory_info().rss)
        except psutil.Error:
            return 0.0
    try:
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return 0.0
    return float(pages) * os.sysconf("SC_PAGE_SIZE")


def _unpickle(reply: bytes) -> Reply:
    try:
        return pickle.loads(reply)  # type: ignore[no-any-return]  # noqa: S301 - our own process wrote it
    except Exception as error:  # noqa: BLE001 - whatever a foreign __reduce__ raises
        return Reply("failed", None, f"the result cannot be unpickled: {describe_error(error)}")


def describe_end(exit_code: int) -> str:
    """Describe the unexpected end of a process."""
    if exit_code >= 0:
        return f"the worker process ended with exit code {exit_code}"
    try:
        name = signal.Signals(-exit_code).name
    except ValueError:
        name = f"signal {-exit_code}"
    hint = "; the system kills like this when memory runs out" if name == "SIGKILL" else ""
    return f"the worker process was ended by {name}{hint}"


def _pass_on(process: subprocess.Popen[bytes], replies: queue.SimpleQueue[bytes | None]) -> None:
    assert process.stdout is not None
    with process.stdout as stream:
        while (frame := read_frame(stream)) is not None:
            replies.put(frame)
    replies.put(None)


def _end(process: subprocess.Popen[bytes]) -> None:
    if os.name == "posix" and process.poll() is None:
        # The whole session, including processes that the item started
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
