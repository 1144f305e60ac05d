from __future__ import annotations

import operator
import os
from typing import Any

import pytest
from joblib.externals.loky import get_reusable_executor

from foretune.base.processes import IDLE_SECONDS, in_processes


def test_results_come_in_the_order_of_the_calls() -> None:
    found = list(in_processes(operator.truediv, ((number, 2) for number in range(20)), 2))
    assert found == [number / 2 for number in range(20)]


def test_workers_are_other_processes_that_stay() -> None:
    assert os.getpid() not in set(in_processes(os.getpid, [()] * 4, 2))
    # A call that arrives while joblib ends its idle workers has waited for ever
    executor: Any = get_reusable_executor(max_workers=2, reuse=True)
    assert executor._timeout == IDLE_SECONDS


def test_one_worker_stays_in_this_process() -> None:
    assert list(in_processes(os.getpid, [(), ()], 1)) == [os.getpid(), os.getpid()]


def test_errors_reach_the_caller() -> None:
    with pytest.raises(ZeroDivisionError):
        list(in_processes(operator.truediv, [(3, 2), (5, 0)], 2))
