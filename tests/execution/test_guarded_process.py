"""One guarded process, asked item by item."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from foretune.execution.errors import WorkerClosedError
from foretune.execution.guarded_process import GuardedProcess, describe_end
from foretune.execution.job import Job, Reply
from foretune.execution.parameters import Limits
from foretune.execution.worker_main import dump

MakeJob = Callable[..., Job]
Ask = Callable[..., Reply]


@pytest.fixture
def ask(make_job: MakeJob) -> Iterator[Ask]:
    """Give a function that asks the processes of the test, one for each kind of limits."""
    processes: dict[Limits, GuardedProcess] = {}

    def evaluate(item: Any, task_id: str = "a", preparation: str = "", **limits: float) -> Reply:
        process = processes.setdefault(Limits(**limits), GuardedProcess(Limits(**limits)))
        job = make_job(task_id, [item], preparation=preparation)
        return process.evaluate(task_id, dump(job), dump(item))

    yield evaluate
    for process in processes.values():
        process.close()
        assert process.closed


def test_a_process_stays_until_it_dies_and_prepares_each_job(ask: Ask) -> None:
    first, second, other = ask(1), ask(2), ask(3, task_id="b")
    assert [reply.value[0]["did"] for reply in (first, second, other)] == [1, 2, 3]
    assert [reply.value[0]["made_by"] for reply in (first, second, other)] == ["a", "a", "b"]
    pid = first.value[0]["pid"]
    assert {reply.value[0]["pid"] for reply in (second, other)} == {pid}
    ended = ask("_exit:7", task_id="b")
    assert (ended.status, ended.error) == ("crashed", "the worker process ended with exit code 7")
    again = ask(4, task_id="b")
    assert again.value[0]["did"] == 4
    assert again.value[0]["pid"] != pid


def test_an_item_that_dies_once_is_tried_again(ask: Ask, tmp_path: Path) -> None:
    reply = ask(f"die_once:{tmp_path / 'marker'}")
    assert reply.status == "ok"
    assert reply.value[0]["did"] == "survived"


def test_limits_of_time_are_kept_and_said(ask: Ask) -> None:
    reply = ask("sleep:60", seconds_per_trial=0.3)
    assert (reply.status, reply.error) == ("timeout", "took more than 0.3 s")
    assert 0.3 <= reply.seconds < 20
    assert ask("sleep:0.01", seconds_per_trial=30).status == "ok"
    reply = ask(1, preparation="sleep:60", seconds_to_prepare=1)
    assert reply == Reply("timeout", None, "while preparing: took more than 1 s", while_preparing=True)


def test_a_limit_of_memory_ends_the_item_and_not_the_next(ask: Ask) -> None:
    reply = ask("memory:900", max_memory_mb=400)
    assert reply.status == "crashed"
    assert reply.error.endswith(" MB, more than max_memory_mb = 400")
    assert ask(1, max_memory_mb=400).status == "ok"


def test_what_raises_is_no_end_of_the_process(ask: Ask) -> None:
    reply = ask("raise:no")
    assert reply == Reply("failed", None, "ValueError: no")
    assert ask(1).status == "ok"


def test_what_cannot_be_unpickled_is_a_failure(make_job: MakeJob) -> None:
    process = GuardedProcess(Limits())
    job = dump(make_job("a", [1]))
    try:
        assert process.evaluate("a", job, b"no pickle").status == "failed"
        assert process.evaluate("b", b"no pickle", dump(1)).while_preparing
    finally:
        process.close()


def test_closing_ends_the_process_and_whoever_waits_for_it(make_job: MakeJob) -> None:
    process = GuardedProcess(Limits())
    job = dump(make_job("a", [1]))
    pid = process.evaluate("a", job, dump(1)).value[0]["pid"]
    closing = threading.Timer(0.5, process.close)
    closing.start()
    start = time.monotonic()
    with pytest.raises(WorkerClosedError):
        process.evaluate("a", job, dump("sleep:60"))
    assert time.monotonic() - start < 30
    closing.join()
    assert process.closed
    assert not psutil.pid_exists(pid)
    with pytest.raises(WorkerClosedError):
        process.evaluate("a", job, dump(1))


def test_an_end_is_described() -> None:
    assert describe_end(3) == "the worker process ended with exit code 3"
    assert describe_end(-signal.SIGSEGV) == "the worker process was ended by SIGSEGV"
    assert describe_end(-signal.SIGKILL) == (
        "the worker process was ended by SIGKILL; the system kills like this when memory runs out"
    )
    assert describe_end(-999) == "the worker process was ended by signal 999"


def test_what_items_print_is_shown_up_to_a_limit(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("foretune.execution.capped_output.MOST_PRINTED", 1000)
    process = GuardedProcess(Limits())
    job = dump(make_job("t", []))
    shown = ""
    try:
        for item in ("print:hello", f"print:{'x' * 100_000}", "print:again", "_exit:1", "print:still"):
            process.evaluate("t", job, dump(item))
        until = time.monotonic() + 30
        while "left out" not in shown and time.monotonic() < until:
            time.sleep(0.05)
            shown += capsys.readouterr().err
    finally:
        process.close()
    shown += capsys.readouterr().err
    assert shown.startswith("hello\n")
    assert 900 < shown.count("x") <= 1000
    assert shown.count("the rest is left out") == 1
    assert "again" not in shown
    assert "still" not in shown


def test_whatever_runs_is_ended_at_the_deadline(make_job: MakeJob) -> None:
    start = time.monotonic()
    process = GuardedProcess(Limits(seconds_per_trial=600), deadline=start + 1.5)
    job = dump(make_job("a", []))
    reply = process.evaluate("a", job, dump("hold:"))
    assert reply.status == "timeout"
    assert process.evaluate("a", job, dump("hold:")).status == "timeout"
    process.close()
    assert time.monotonic() - start < 30
