"""The worker process: reads a job and its items, evaluates them one by one, writes the replies.

Started by :class:`foretune.execution.guarded_process.GuardedProcess`, to which it talks over standard
input and output.
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

from foretune.execution.job import Job, Reply, reply_of

N_PREPARED = 2
PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LENGTH = struct.Struct("!Q")


def write_frame(stream: IO[bytes], content: bytes) -> None:
    """Write bytes with their length before them."""
    stream.write(_LENGTH.pack(len(content)) + content)
    stream.flush()


def read_frame(stream: IO[bytes]) -> bytes | None:
    """Read what :func:`write_frame` wrote; None at the end of the stream, also in the midst of a frame."""
    header = stream.read(_LENGTH.size)
    if len(header) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(header)
    content = stream.read(length)
    return content if len(content) == length else None


def dump(thing: Any) -> bytes:
    """Pickle, also functions and classes that were written in a notebook."""
    import cloudpickle

    return cloudpickle.dumps(thing)  # type: ignore[no-any-return]


class Evaluator:
    """Evaluates items of one job after another, and keeps what the last jobs prepared."""

    def __init__(self) -> None:
        self._job: Job | None = None
        self._shared: Any = None
        self._prepared: dict[Any, Any] = {}

    def load(self, pickled_job: bytes) -> Reply:
        """Unpickle and prepare a job."""
        # Our own parent wrote it
        return reply_of(lambda: self.begin(pickle.loads(pickled_job)), while_preparing=True)  # noqa: S301

    def begin(self, job: Job) -> None:
        """Prepare a job, unless another one with its key was prepared lately."""
        key = job.shared_key
        self._shared = self._prepared.pop(key) if key in self._prepared else job.prepare()
        self._job = job
        if key is not None:
            self._prepared[key] = self._shared
            while len(self._prepared) > N_PREPARED:
                del self._prepared[next(iter(self._prepared))]

    def evaluate(self, item: Any) -> Reply:
        """Evaluate an item of the job that was begun last."""
        job = self._job
        assert job is not None
        return reply_of(lambda: job.evaluate(self._shared, item))

    def evaluate_pickled(self, pickled_item: bytes) -> Reply:
        """Unpickle and evaluate an item."""
        job = self._job
        assert job is not None
        return reply_of(lambda: job.evaluate(self._shared, pickle.loads(pickled_item)))  # noqa: S301


def serve(requests: IO[bytes], replies: IO[bytes]) -> None:
    """Answer requests until the process is ended: ``("job", pickled job)`` or ``("item", pickled item)``."""
    from threadpoolctl import threadpool_limits

    evaluator = Evaluator()
    arrived = _read_ahead(requests)
    while True:
        kind, content = pickle.loads(arrived.get())  # noqa: S301
        if kind == "job":
            reply = evaluator.load(content)
            # The environment pinned libraries as they loaded; this pins those that read no environment
            threadpool_limits(1)
        else:
            reply = evaluator.evaluate_pickled(content)
        write_frame(replies, _pickle_reply(reply))


def _pickle_reply(reply: Reply) -> bytes:
    try:
        return dump(reply)
    except Exception as error:  # noqa: BLE001 - whatever a foreign __reduce__ raises
        problem = f"the result cannot be pickled: {type(error).__name__}: {error}"
        return dump(Reply("failed", None, problem, reply.seconds))


def _read_ahead(requests: IO[bytes]) -> queue.SimpleQueue[bytes]:
    """Read in a thread of its own, so that the process ends with its parent even in the midst of a fit."""
    arrived: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def read() -> None:
        while (frame := read_frame(requests)) is not None:
            arrived.put(frame)
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    return arrived


def _end_with_parent() -> None:
    """Ask Linux to; the end of standard input says it elsewhere, but is not heard in native code."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def main() -> None:
    """Serve over standard input and output; what the work prints goes to standard error."""
    _end_with_parent()
    replies = os.fdopen(os.dup(1), "wb")
    requests = os.fdopen(os.dup(0), "rb")
    os.dup2(2, 1)
    with contextlib.closing(open(os.devnull)) as nothing:
        os.dup2(nothing.fileno(), 0)
    with contextlib.suppress(BrokenPipeError):  # the parent has gone
        serve(requests, replies)
