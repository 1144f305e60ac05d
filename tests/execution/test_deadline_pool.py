"""Worker processes that are ended at a point in time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from foretune.execution.deadline_pool import DeadlinePool
from foretune.execution.job import Job

MakeJob = Callable[..., Job]


@pytest.fixture
def pool() -> Iterator[DeadlinePool]:
    pool = DeadlinePool(1)
    yield pool
    pool.close()


def test_items_end_by_the_deadline_and_the_next_ones_are_done(pool: DeadlinePool, make_job: MakeJob) -> None:
    job = make_job("a", [])
    was_warm = pool.is_warm
    first, second = pool.evaluate(job, [1, 2], time.perf_counter() + 60)
    assert (was_warm, pool.is_warm) == (False, True)
    assert [reply.value[0]["did"] for reply in (first, second)] == [1, 2]
    start = time.perf_counter()
    stuck, after = pool.evaluate(job, ["hold:", 3], start + 0.5)
    assert 0.4 < time.perf_counter() - start < 30
    assert (stuck.status, stuck.while_preparing) == ("timeout", False)
    assert (after.status, after.value) == ("timeout", None)
    (again,) = pool.evaluate(job, [4], time.perf_counter() + 60)
    assert again.value[0]["did"] == 4
    assert again.value[0]["pid"] != first.value[0]["pid"]


def test_what_never_started_says_so(pool: DeadlinePool, make_job: MakeJob) -> None:
    (late,) = pool.evaluate(make_job("a", []), [1], time.perf_counter() - 1)
    assert (late.status, late.while_preparing) == ("timeout", True)
    (short,) = pool.evaluate(make_job("a", [], preparation="hold:"), [1], time.perf_counter() + 0.2)
    assert (short.status, short.while_preparing) == ("timeout", True)


def test_an_item_that_dies_is_not_tried_again(pool: DeadlinePool, make_job: MakeJob) -> None:
    replies = pool.evaluate(make_job("a", []), ["_exit:7", 1], time.perf_counter() + 60)
    assert [reply.status for reply in replies] == ["crashed", "crashed"]


def test_a_job_that_cannot_be_pickled_is_a_reply(pool: DeadlinePool, make_job: MakeJob) -> None:
    job = make_job("a", [])
    job.lock = threading.Lock()  # type: ignore[attr-defined]
    (reply,) = pool.evaluate(job, [1], time.perf_counter() + 60)
    assert reply.status == "failed"
    assert "pickle" in reply.error


def test_it_warms_up_without_waiting_and_shares_items_between_processes(make_job: MakeJob) -> None:
    pool, job = DeadlinePool(2), make_job("a", [])
    pool.warm_up(job, 0, time.perf_counter() + 60)
    replies = pool.evaluate(job, [1, 2, 3], time.perf_counter() + 60)
    pool.close()
    assert [reply.value[0]["did"] for reply in replies] == [1, 2, 3]
    pids = [reply.value[0]["pid"] for reply in replies]
    assert pids[0] == pids[2] != pids[1]
    assert pool.evaluate(job, [], time.perf_counter() + 1) == []
