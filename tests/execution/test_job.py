from __future__ import annotations

from typing import Any

import pytest

from foretune.execution.job import Job, Reply, reply_of


class Doubling(Job):
    task_id = "t"
    items = (1, 2)

    def prepare(self) -> int:
        return 2

    def evaluate(self, shared: int, item: int) -> int:
        return shared * item


def test_an_item_is_one_trial_in_one_part_unless_a_job_says_otherwise() -> None:
    job = Doubling()
    assert job.shared_key is None
    assert job.split((1, 2)) == [(1, 2)]
    assert job.count((1, 2)) == 1


def test_a_value_becomes_a_reply() -> None:
    reply = reply_of(lambda: 7)
    assert reply == Reply("ok", 7)
    assert reply.error == ""
    assert reply.seconds > 0
    assert not reply.while_preparing


@pytest.mark.parametrize(
    ("error", "described"),
    [
        (ValueError("first\nsecond"), "ValueError: first"),
        (SystemExit(3), "SystemExit: 3"),
        (RuntimeError(), "RuntimeError:"),
    ],
)
def test_whatever_is_raised_becomes_a_reply(error: BaseException, described: str) -> None:
    def fail() -> Any:
        raise error

    reply = reply_of(fail, while_preparing=True)
    assert reply == Reply("failed", None, f"while preparing: {described}", while_preparing=True)
    assert reply_of(fail) == Reply("failed", None, described)


def test_a_keyboard_interrupt_gets_through() -> None:
    def fail() -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reply_of(fail)


def test_replies_are_compared_without_their_seconds() -> None:
    assert Reply("ok", 1, seconds=1.0) == Reply("ok", 1, seconds=2.0)
    assert Reply("ok", 1) != Reply("ok", 2)


def test_an_item_that_fails_is_no_failed_preparation() -> None:
    assert reply_of(lambda: 1 / 0) == Reply("failed", None, "ZeroDivisionError: division by zero")
