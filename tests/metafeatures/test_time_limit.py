from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from foretune.metafeatures.time_limit import TimeLimitExceeded, time_limit


def _never_end() -> None:
    while True:
        pass


def test_endless_work_is_stopped() -> None:
    start = time.monotonic()
    with pytest.raises(TimeLimitExceeded), time_limit(0.1):
        _never_end()
    assert 0.1 <= time.monotonic() - start < 10


def test_a_handler_of_exceptions_does_not_swallow_it() -> None:
    def stubborn() -> None:
        while True:
            try:
                _never_end()
            except Exception:  # noqa: BLE001
                continue

    with pytest.raises(TimeLimitExceeded), time_limit(0.1):
        stubborn()


def test_between_calls_into_compiled_code() -> None:
    def decompose() -> None:
        matrix = np.random.default_rng(0).random((300, 300))
        while True:
            np.linalg.svd(matrix)

    with pytest.raises(TimeLimitExceeded), time_limit(0.05):
        decompose()


def test_it_works_in_any_thread() -> None:
    caught: list[type[BaseException]] = []

    def work() -> None:
        try:
            with time_limit(0.1):
                _never_end()
        except TimeLimitExceeded as error:
            caught.append(type(error))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert caught == [TimeLimitExceeded] * 2


def test_work_that_is_fast_enough_is_left_alone() -> None:
    with time_limit(30):
        result = sum(range(1000))
    assert result == 499_500
    timers = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    assert all(timer.finished.is_set() for timer in timers)


def test_errors_pass_through() -> None:
    with pytest.raises(ZeroDivisionError), time_limit(30):
        _ = 1 / 0


def test_nothing_comes_late() -> None:
    # The time is up about when the block ends: either it is stopped, or nothing happens, also not afterwards
    n_stopped = 0
    for _ in range(200):
        try:
            with time_limit(0.001):
                time.sleep(0.001)
        except TimeLimitExceeded:
            n_stopped += 1
        time.sleep(0)
    time.sleep(0.05)
    assert 0 <= n_stopped <= 200
