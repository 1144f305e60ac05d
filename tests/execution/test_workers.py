from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator

import pytest
from threadpoolctl import threadpool_info

from foretune.execution.dispatcher import OpenJob
from foretune.execution.errors import WorkerClosedError
from foretune.execution.job import Job
from foretune.execution.parameters import Limits
from foretune.execution.pinned_threads import PinnedThreads
from foretune.execution.workers import InlineWorker, ProcessWorker, Worker

MakeJob = Callable[..., Job]


@pytest.fixture(params=["inline", "process"])
def worker(request: pytest.FixtureRequest) -> Iterator[Worker]:
    if request.param == "inline":
        with PinnedThreads() as pinned:
            yield InlineWorker(pinned)
        return
    process = ProcessWorker(Limits())
    yield process
    process.close()


def test_every_item_has_its_reply(worker: Worker, make_job: MakeJob) -> None:
    assert worker.wish(None) == 1
    replies = worker.evaluate(OpenJob(make_job("a", []), []), [1, "raise:no", 3])
    assert [reply.status for reply in replies] == ["ok", "failed", "ok"]
    assert [reply.value[0]["did"] for reply in replies if reply.value] == [1, 3]
    here = {reply.value[0]["pid"] for reply in replies if reply.value} == {os.getpid()}
    assert here == isinstance(worker, InlineWorker)


def test_a_job_is_prepared_once_and_another_anew(worker: Worker, make_job: MakeJob) -> None:
    first, second = (OpenJob(make_job(name, []), []) for name in ("a", "b"))
    made_by = [worker.evaluate(job, [1])[0].value[0]["made_by"] for job in (first, first, second, first)]
    assert made_by == ["a", "a", "b", "a"]


def test_a_failed_preparation_is_the_reply_of_every_item(worker: Worker, make_job: MakeJob) -> None:
    broken = OpenJob(make_job("a", [], preparation="raise:bad table"), [])
    for _ in range(2):
        replies = worker.evaluate(broken, [1, 2])
        assert [reply.status for reply in replies] == ["failed"] * 2
        assert all(reply.while_preparing for reply in replies)
        assert replies[1].error.endswith("ValueError: bad table")
    assert worker.evaluate(OpenJob(make_job("b", []), []), [3])[0].status == "ok"


def test_what_a_preparation_loads_is_pinned(make_job: MakeJob) -> None:
    with PinnedThreads() as pinned:
        InlineWorker(pinned).evaluate(OpenJob(make_job("a", [], preparation="threads"), []), [1])
        assert {pool["num_threads"] for pool in threadpool_info()} == {1}


def test_what_cannot_be_pickled_is_a_failed_reply(make_job: MakeJob) -> None:
    worker = ProcessWorker(Limits())
    (item,) = worker.evaluate(OpenJob(make_job("a", []), []), [threading.Lock()])
    assert (item.status, item.while_preparing) == ("failed", False)
    assert "pickle" in item.error
    (job,) = worker.evaluate(OpenJob(make_job(threading.Lock(), []), []), [1])
    assert (job.status, job.while_preparing) == ("failed", True)


def test_a_closed_process_evaluates_nothing(make_job: MakeJob) -> None:
    worker = ProcessWorker(Limits())
    worker.close()
    with pytest.raises(WorkerClosedError):
        worker.evaluate(OpenJob(make_job("a", []), []), [1])
