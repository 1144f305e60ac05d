"""Main program of a worker process, which reads jobs and items and writes replies.

Started by :class:`foretune.execution.guarded_process.GuardedProcess`; communicates over standard input and
output.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pickle
import queue
import signal
import struct
import sys
import threading
from typing import IO, Any

from foretune.base import describe_error
from foretune.execution.job import Job, Reply, reply_of

N_PREPARED = 2
PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LENGTH = struct.Struct("!Q")


def write_frame(stream: IO[bytes], content: bytes) -> None:
    """Write bytes, prefixed by their length."""
    stream.write(_LENGTH.pack(len(content)) + content)
    stream.flush()


def read_frame(stream: IO[bytes]) -> bytes | None:
    """Read bytes written by :func:`write_frame`; None at the end of the stream, even within a frame."""
    header = stream.read(_LENGTH.size)
    if len(header) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(header)
    content = stream.read(length)
    return content if len(content) == length else None


def dump(thing: Any) -> bytes:
    """Pickle an object, including functions and classes defined in a notebook."""
    import cloudpickle

    return cloudpickle.dumps(thing)  # type: ignore[no-any-return]


class Evaluator:
    """Evaluates items of one job after another, with a cache of the last preparations."""

    def __init__(self) -> None:
        self._job: Job | None = None
        self._shared: Any = None
        self._prepared: dict[Any, Any] = {}

    def load(self, pickled_job: bytes) -> Reply:
        """Unpickle and prepare a job."""
        # Written by the parent process
        return reply_of(lambda: self.begin(pickle.loads(pickled_job)), while_preparing=True)  # noqa: S301

    def begin(self, job: Job) -> None:
        """Prepare a job, unless a preparation with its key is cached."""
        key = job.shared_key
        self._shared = self._prepared.pop(key) if key in self._prepared else job.prepare()
        self._job = job
        if key is not None:
            self._prepared[key] = self._shared
            while len(self._prepared) > N_PREPARED:
                del self._prepared[next(iter(self._prepared))]

    def evaluate(self, item: Any) -> Reply:
        """Evaluate an item of the current job."""
        job = self._job
        assert job is not None
        return reply_of(lambda: job.evaluate(self._shared, item))

    def evaluate_pickled(self, pickled_item: bytes) -> Reply:
        """Unpickle and evaluate an item."""
        job = self._job
        assert job is not None
        return reply_of(lambda: job.evaluate(self._shared, pickle.loads(pickled_item)))  # noqa: S301


def serve(requests: IO[bytes], replies: IO[bytes]) -> None:
    """Answer requests ``("job", pickled job)`` and ``("item", pickled item)`` until the process is killed."""
    from threadpoolctl import threadpool_limits

    evaluator = Evaluator()
    arrived = _read_ahead(requests)
    while True:
        kind, content = pickle.loads(arrived.get())  # noqa: S301
        if kind == "job":
            reply = evaluator.load(content)
            # For libraries that ignore the environment variables
            threadpool_limits(1)
        else:
            reply = evaluator.evaluate_pickled(content)
        write_frame(replies, _pickle_reply(reply))


def _pickle_reply(reply: Reply) -> bytes:
    try:
        return dump(reply)
    except Exception as error:  # noqa: BLE001 - whatever a foreign __reduce__ raises
        problem = f"the result cannot be pickled: {describe_error(error)}"
        return dump(Reply("failed", None, problem, reply.seconds))


def _read_ahead(requests: IO[bytes]) -> queue.SimpleQueue[bytes]:
    """Read in a separate thread, so that the process exits with its parent even during a fit."""
    arrived: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def read() -> None:
        while (frame := read_frame(requests)) is not None:
            arrived.put(frame)
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    return arrived


def _end_with_parent() -> None:
    """Exit with the parent on Linux; elsewhere at the end of standard input, once native code returns."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def main() -> None:
    """Serve requests over standard input and output; prints of the items go to standard error."""
    _end_with_parent()
    replies = os.fdopen(os.dup(1), "wb")
    requests = os.fdopen(os.dup(0), "rb")
    os.dup2(2, 1)
    with contextlib.closing(open(os.devnull)) as nothing:
        os.dup2(nothing.fileno(), 0)
    with contextlib.suppress(BrokenPipeError):  # the parent has gone
        serve(requests, replies)
