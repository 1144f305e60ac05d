from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from foretune.execution import Budget, Limits, ParallelParameters


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"n_workers": 0}, "must be -1"),
        ({"n_workers": 2, "backend": "dask"}, "needs the scheduler's address"),
        ({"n_workers": 2, "address": "tcp://here:8786"}, "but backend is processes"),
        ({"n_workers": 2, "backend": "loky"}, "processes"),
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        ParallelParameters(**settings)


def test_only_limits_need_processes() -> None:
    assert not Limits().need_processes
    assert Limits(max_memory_mb=100).need_processes


def test_nothing_is_limited_by_default() -> None:
    assert Budget().model_dump() == {"seconds_per_task": None, "seconds_total": None}
