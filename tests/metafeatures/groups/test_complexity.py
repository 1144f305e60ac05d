from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd
from tests.metafeatures.conftest import describe

from foretune.metafeatures.groups.complexity import GROUP, compute

if TYPE_CHECKING:
    from foretune.tasks.task import Task


def test_easy_and_hard_tasks(real_tasks: dict[str, Task]) -> None:
    values = {name: compute(describe(task.X, task.y, task.task_type)) for name, task in real_tasks.items()}
    # One of the three species of iris is apart, the other two nearly so
    assert values["iris"]["overlap_share.mean"] < 0.2
    assert values["iris"]["neighbour_error"] < 0.1
    assert values["wine"]["linear_error.mean"] < 0.02
    assert values["breast_cancer"]["linear_error.mean"] < 0.06
    assert 0.45 < values["diabetes"]["linear_squared_residual"] < 0.52
    assert values["diabetes"]["neighbour_error"] > 0.8


def test_undefined_without_anything_to_tell_apart() -> None:
    X = pd.DataFrame({"x": [1.0, 2.0, 3.0]})
    for task in (
        describe(X, pd.Series(["a"] * 3), "classification"),
        describe(X, pd.Series([0.1] * 3), "regression"),
        describe(X[[]], pd.Series(list("aba")), "classification"),
    ):
        values = compute(task)
        assert set(values) == set(GROUP.keys([task.task_type]))
        assert all(math.isnan(value) for value in values.values())
