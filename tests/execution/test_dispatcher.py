"""Who gets which items, in one thread; ``test_run`` has workers fetch them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from foretune.execution.budget import BudgetAccount
from foretune.execution.dispatcher import Dispatcher, OpenJob
from foretune.execution.job import Job
from foretune.execution.parameters import Budget
from foretune.execution.summary import CutOff

MakeJob = Callable[..., Job]


def dispatcher_with(*jobs: Job, **budget: float) -> Dispatcher:
    dispatcher = Dispatcher(BudgetAccount(Budget(**budget)))
    dispatcher.add(jobs)
    return dispatcher


def take(
    dispatcher: Dispatcher, current: OpenJob | None = None, n_items: int = 1
) -> tuple[OpenJob, list[Any]]:
    taken = dispatcher.take(current, n_items, wait=False)
    assert taken is not None
    return taken


def test_a_worker_stays_with_its_job_and_then_begins_the_next(make_job: MakeJob) -> None:
    dispatcher = dispatcher_with(make_job("a", [1, 2, 3]), make_job("b", [4]), make_job("none", []))
    assert dispatcher.n_fresh == 2
    current, items = take(dispatcher)
    assert (current.job.task_id, items, dispatcher.n_fresh) == ("a", [1], 1)
    assert take(dispatcher, current, n_items=5) == (current, [2, 3])
    following, items = take(dispatcher, current)
    assert (following.job.task_id, items, dispatcher.n_fresh) == ("b", [4], 0)
    assert dispatcher.take(following, wait=False) is None


def test_a_worker_without_a_job_helps_with_the_longest(make_job: MakeJob) -> None:
    dispatcher = dispatcher_with(make_job("short", [1, 2]), make_job("long", [*range(9)]))
    take(dispatcher)
    take(dispatcher)
    helped, items = take(dispatcher)
    assert (helped.job.task_id, items) == ("long", [1])


def test_the_rest_of_a_job_is_taken_at_once(make_job: MakeJob) -> None:
    dispatcher = dispatcher_with(make_job("a", [1, 2, 3]))
    current, _ = take(dispatcher)
    assert dispatcher.take_rest(current) == [2, 3]
    assert dispatcher.take(None, wait=False) is None


def test_the_parts_of_an_item_come_next(make_job: MakeJob) -> None:
    dispatcher = dispatcher_with(make_job("a", [("x", "y"), "z"]))
    current, [group] = take(dispatcher)
    dispatcher.put_back(current, group, ["x", "y"])
    assert take(dispatcher, None, n_items=3) == (current, ["x", "y", "z"])


def test_parts_of_the_last_item_open_their_job_again(make_job: MakeJob) -> None:
    dispatcher = dispatcher_with(make_job("a", [("x", "y")]))
    current, [group] = take(dispatcher)
    assert dispatcher.take(None, wait=False) is None
    dispatcher.put_back(current, group, ["x", "y"])
    assert take(dispatcher) == (current, ["x"])


def test_a_task_over_its_budget_starts_nothing_more(make_job: MakeJob) -> None:
    job = make_job("slow", [1, 2, ("x", "y")])
    dispatcher = dispatcher_with(job, make_job("quick", [5]), seconds_per_task=1)
    current, [item] = take(dispatcher)
    dispatcher.settle(job, item, seconds=0.6)
    current, [item] = take(dispatcher, current)
    dispatcher.settle(job, item, seconds=0.6)
    other, items = take(dispatcher, current)
    assert (other.job.task_id, items) == ("quick", [5])
    assert dispatcher.list_cut_off() == [CutOff("slow", "seconds_per_task", 2)]


def test_after_a_stop_nothing_is_handed_out_and_all_is_listed(make_job: MakeJob) -> None:
    begun = make_job("begun", [1, ("x", "y"), 3])
    dispatcher = dispatcher_with(begun, make_job("fresh", [4, 5]))
    current, [item] = take(dispatcher)
    dispatcher.settle(begun, item, seconds=0.0)
    _, [group] = take(dispatcher, current)
    dispatcher.stop()
    assert dispatcher.stopped
    assert dispatcher.take(current, wait=True) is None
    # Two trials under way, one not begun
    assert dispatcher.list_cut_off() == [CutOff("begun", "interrupted", 3), CutOff("fresh", "interrupted", 2)]
    dispatcher.add([make_job("late", [6])])
    dispatcher.put_back(current, group, ["x", "y"])
    assert dispatcher.list_cut_off() == [
        CutOff("begun", "interrupted", 3),
        CutOff("fresh", "interrupted", 2),
        CutOff("late", "interrupted", 1),
    ]


def waiting(dispatcher: Dispatcher) -> tuple[threading.Thread, list[Any]]:
    """Let a worker wait for work in a thread."""
    got: list[Any] = []
    thread = threading.Thread(target=lambda: got.append(dispatcher.take(None)), daemon=True)
    thread.start()
    while not dispatcher.idle and thread.is_alive():
        pass
    return thread, got


def test_a_worker_waits_while_more_may_come(make_job: MakeJob) -> None:
    dispatcher = dispatcher_with()
    assert dispatcher.more_to_come
    thread, got = waiting(dispatcher)
    assert dispatcher.idle
    dispatcher.add([make_job("a", [1])])
    thread.join(timeout=10)
    assert got[0][1] == [1]
    assert not dispatcher.idle


@pytest.mark.parametrize("end_first", [True, False])
def test_a_worker_is_sent_home_at_the_end(end_first: bool, make_job: MakeJob) -> None:
    job = make_job("a", [1])
    dispatcher = dispatcher_with(job)
    take(dispatcher)
    if end_first:
        dispatcher.end()
    # What is under way may bring more
    thread, got = waiting(dispatcher)
    assert not got
    dispatcher.settle(job, 1, seconds=0.1)
    dispatcher.end()
    thread.join(timeout=10)
    assert got == [None]
    assert not dispatcher.more_to_come


def test_a_job_is_pickled_once_and_known_by_its_token(make_job: MakeJob) -> None:
    one, other = (OpenJob(make_job("a", [1]), [1]) for _ in range(2))
    assert one.pickled is one.pickled
    assert one.token != other.token


class _Expected(Job):
    """Items that are expected to take as many seconds as they say."""

    def __init__(self, items: list[float]) -> None:
        self.task_id, self.items = "a", items

    def prepare(self) -> None:
        """Need nothing."""

    def evaluate(self, shared: None, item: float) -> None:
        """Do nothing."""

    def expected_seconds(self, item: float) -> float:
        return item


@pytest.mark.parametrize("name", ["seconds_total", "seconds_per_task"])
def test_items_that_would_overrun_a_budget_of_time_are_not_started(name: str) -> None:
    dispatcher = dispatcher_with(_Expected([500.0, 1.0, 200.0, 300.0, 2.0, 900.0]), **{name: 100.0})
    current, items = take(dispatcher)
    assert items == [1.0]
    _, items = take(dispatcher, current)
    assert items == [2.0]
    assert dispatcher.take(current, wait=False) is None
    assert dispatcher.list_cut_off() == [CutOff("a", name, 4)]


def test_without_a_budget_every_item_is_started() -> None:
    _, items = take(dispatcher_with(_Expected([1e9, 1e9])), n_items=2)
    assert len(items) == 2
