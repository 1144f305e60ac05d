"""The worker's side of the pipe, in this process and in one of its own."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import count

import pytest

from foretune.execution.job import Job, Reply
from foretune.execution.parallelism import pinned_environment
from foretune.execution.worker_main import N_PREPARED, Evaluator, dump, read_frame, write_frame

MakeJob = Callable[..., Job]


def test_frames_are_read_as_they_were_written() -> None:
    stream = BytesIO()
    for content in (b"first", b"", b"x" * 70_000):
        write_frame(stream, content)
    assert stream.getvalue()[:13] == b"\x00\x00\x00\x00\x00\x00\x00\x05first"
    stream.seek(0)
    assert [read_frame(stream) for _ in range(4)] == [b"first", b"", b"x" * 70_000, None]


@pytest.mark.parametrize("n_bytes", [3, 8, 12])
def test_a_frame_that_breaks_off_is_the_end(n_bytes: int) -> None:
    stream = BytesIO()
    write_frame(stream, b"first")
    assert read_frame(BytesIO(stream.getvalue()[:n_bytes])) is None


def test_functions_of_a_notebook_can_be_pickled() -> None:
    assert pickle.loads(dump(lambda x: x + 1))(1) == 2


def test_items_are_evaluated_with_what_their_job_prepared(make_job: MakeJob) -> None:
    evaluator = Evaluator()
    assert evaluator.load(dump(make_job("a", [1]))).status == "ok"
    assert evaluator.evaluate(7).value[0]["made_by"] == "a"
    assert evaluator.evaluate_pickled(dump(7)).value[0]["did"] == 7
    evaluator.begin(make_job("b", [1]))
    assert evaluator.evaluate(7).value[0]["made_by"] == "b"
    assert evaluator.evaluate("raise:no") == Reply("failed", None, "ValueError: no")


def test_a_failed_preparation_is_said_to_be_one(make_job: MakeJob) -> None:
    reply = Evaluator().load(dump(make_job("a", [1], preparation="raise:bad table")))
    assert reply == Reply("failed", None, "while preparing: ValueError: bad table", while_preparing=True)
    reply = Evaluator().load(b"no pickle")
    assert (reply.status, reply.while_preparing) == ("failed", True)


def test_the_last_preparations_are_kept_by_key(make_job: MakeJob) -> None:
    evaluator = Evaluator()
    numbers = count()

    def made_by(key: str | None) -> str:
        evaluator.begin(make_job(f"{key}{next(numbers)}", [1], shared_key=key))
        return str(evaluator.evaluate(1).value[0]["made_by"])

    assert N_PREPARED == 2
    assert [made_by(key) for key in ("a", "b", "a", "c", "a", "b")] == ["a0", "b1", "a0", "c3", "a0", "b5"]
    assert [made_by(None), made_by(None)] == ["None6", "None7"]


@pytest.fixture
def worker() -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", "from foretune.execution.worker_main import main; main()"]
    environment = pinned_environment()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        yield process
        process.kill()


def test_each_request_is_answered_until_the_input_ends(
    worker: subprocess.Popen[bytes], make_job: MakeJob
) -> None:
    assert worker.stdin is not None
    assert worker.stdout is not None
    items = [5, "print:hello", "unpicklable", "raise:no"]
    requests = [("job", dump(make_job("a", items))), *(("item", dump(item)) for item in items)]
    replies: list[Reply] = []
    for request in requests:
        write_frame(worker.stdin, pickle.dumps(request))
        replies.append(pickle.loads(read_frame(worker.stdout) or b""))
    loaded, five, printed, unpicklable, failed = replies
    assert loaded == Reply("ok")
    assert five.value == [{"made_by": "a", "pid": worker.pid, "did": 5}]
    assert printed.status == "ok"
    assert unpicklable.error.startswith("the result cannot be pickled: TypeError")
    assert (unpicklable.status, unpicklable.value) == ("failed", None)
    assert failed == Reply("failed", None, "ValueError: no")
    worker.stdin.close()
    assert worker.wait(timeout=30) == 0
