"""What a budget of time still holds."""

from __future__ import annotations

import pytest

from foretune.execution.budget import BudgetAccount
from foretune.execution.job import Job
from foretune.execution.parameters import Budget
from foretune.execution.summary import CutOff


class Expected(Job):
    """Items that are expected to take as many seconds as they say."""

    def __init__(self, task_id: str) -> None:
        self.task_id, self.items = task_id, []

    def prepare(self) -> None:
        """Need nothing."""

    def evaluate(self, shared: None, item: float) -> None:
        """Do nothing."""

    def expected_seconds(self, item: float) -> float:
        return item


JOB, OTHER = Expected("a"), Expected("b")


def test_an_item_is_too_long_for_the_rest_of_the_run() -> None:
    account = BudgetAccount(Budget(seconds_total=100))
    assert account.too_long(JOB, 1_000.0) == "seconds_total"
    assert account.too_long(JOB, 50.0) is None
    assert account.used_up("a") is None


def test_an_item_is_too_long_for_the_rest_of_its_task() -> None:
    account = BudgetAccount(Budget(seconds_per_task=100))
    account.spend("a", 60.0)
    assert account.too_long(JOB, 50.0) == "seconds_per_task"
    assert account.too_long(JOB, 30.0) is None
    assert account.too_long(OTHER, 50.0) is None
    account.spend("a", 50.0)
    assert account.used_up("a") == "seconds_per_task"


@pytest.mark.parametrize("seconds", [0.0, 1e9])
def test_nothing_is_too_long_without_a_budget_and_unknown_times_for_none(seconds: float) -> None:
    assert BudgetAccount(Budget()).too_long(JOB, seconds) is None
    assert BudgetAccount(Budget(seconds_total=1e-9)).too_long(JOB, 0.0) is None


def test_what_is_cut_off_is_listed_by_reason() -> None:
    account = BudgetAccount(Budget())
    account.cut_off(JOB, [1, 2], "seconds_total")
    assert account.list_cut_off({"b": 1}) == [CutOff("a", "seconds_total", 2), CutOff("b", "interrupted", 1)]
