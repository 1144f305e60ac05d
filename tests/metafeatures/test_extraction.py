from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from foretune.base import TEXT
from foretune.metafeatures.caps import Caps
from foretune.metafeatures.description import TaskDescription
from foretune.metafeatures.extraction import (
    COST_COLUMNS,
    FAILURE_COLUMNS,
    Extraction,
    GroupResult,
    TaskResult,
    named_values,
    run_group,
    to_tables,
)
from foretune.metafeatures.group import Metafeature, MetafeatureGroup

if TYPE_CHECKING:
    from foretune.tasks.task import Task


def group_of(compute: Callable[[TaskDescription], Mapping[str, float]]) -> MetafeatureGroup:
    entries = (Metafeature("rows", "n"), Metafeature("columns", "p"))
    return MetafeatureGroup("custom", compute, entries)


@pytest.fixture
def description(small_classification: Task) -> TaskDescription:
    task = small_classification
    return TaskDescription(task.X, task.y, task.task_type)


def test_a_group_gives_its_values_in_the_order_of_the_catalogue(description: TaskDescription) -> None:
    group = group_of(lambda task: {"columns": task.n_features, "rows": task.n_rows})
    result = run_group(group, description, Caps())
    assert list(result.values.items()) == [("rows", 8.0), ("columns", 5.0)]
    assert (result.n_rows, result.n_columns, result.error) == (8, 5, "")
    assert result.seconds > 0


def test_a_group_sees_no_more_than_its_caps(description: TaskDescription) -> None:
    group = group_of(lambda task: {"columns": task.n_features, "rows": task.n_rows})
    long = TaskDescription(
        pd.concat([description.X] * 5), pd.concat([description.y] * 5), description.task_type
    )
    result = run_group(group, long, Caps(max_rows=24, max_columns=2))
    assert result.values == {"rows": 24, "columns": 2}
    assert (result.n_rows, result.n_columns) == (24, 2)


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"rows": 1.0}, "ValueError: the values computed are not those in the catalogue; "),
        ({"rows": 1.0, "columns": 1.0, "more": 1.0}, "they differ in ['more']"),
        ({"rows": 1.0, "columns": -math.inf}, "ValueError: infinite values for ['columns']"),
    ],
)
def test_a_broken_promise_is_an_error_without_values(
    values: dict[str, float], error: str, description: TaskDescription
) -> None:
    result = run_group(group_of(lambda _: values), description, Caps())
    assert error in result.error
    assert result.values == {}


def test_a_group_that_takes_too_long_is_stopped(description: TaskDescription) -> None:
    def compute(_: TaskDescription) -> dict[str, float]:
        while True:
            pass

    result = run_group(group_of(compute), description, Caps(max_seconds=0.1))
    assert result.error == "TimeLimitExceeded: stopped after 0.1 seconds"
    assert result.values == {}
    assert 0.1 <= result.seconds < 5


@pytest.fixture
def extraction() -> Extraction:
    """Two tasks: on one a group fails, the other could not be described."""
    good = GroupResult({"rows": 8.0}, 0.5, 8, 5)
    bad = GroupResult({}, 0.25, 4, 2, "ValueError: no")
    undescribed = GroupResult({}, error="ValueError: no rows")
    results = [
        TaskResult("first", {"custom": good, "other": bad}),
        TaskResult("second", {"custom": undescribed, "other": undescribed}),
    ]
    return to_tables(results, ["custom.rows", "other.area"], {"random_state": 1}, n_known=3)


def test_values_have_a_row_a_task_and_nan_where_a_group_failed(extraction: Extraction) -> None:
    expected = pd.DataFrame({"task_id": ["first", "second"], "custom.rows": [8.0, None], "other.area": None})
    expected = expected.astype({"task_id": TEXT, "custom.rows": float, "other.area": float})
    pd.testing.assert_frame_equal(extraction.values, expected)
    assert extraction.values.attrs["metafeature_settings"] == {"random_state": 1}
    assert extraction.n_known == 3


def test_costs_are_of_what_was_tried_and_failures_of_what_failed(extraction: Extraction) -> None:
    assert list(extraction.costs.columns) == COST_COLUMNS
    assert extraction.costs.to_numpy().tolist() == [
        ["first", "custom", 0.5, 8, 5],
        ["first", "other", 0.25, 4, 2],
    ]
    assert list(extraction.failures.columns) == FAILURE_COLUMNS
    assert extraction.failures.to_numpy().tolist() == [
        ["first", "other", "ValueError: no"],
        ["second", "custom", "ValueError: no rows"],
        ["second", "other", "ValueError: no rows"],
    ]
    assert extraction.describe_failures() == (
        "3 groups failed on 2 tasks (first, second), their values are missing; the first, other: "
        "ValueError: no"
    )


def test_a_message_names_five_tasks_at_most() -> None:
    failed = [TaskResult(f"t{at}", {"custom": GroupResult({}, error="E: no")}) for at in range(7)]
    described = to_tables(failed, ["custom.rows"], {}).describe_failures()
    assert "7 groups failed on 7 tasks (t0, t1, t2, t3, t4 and 2 more)" in described


def test_values_are_named_by_group() -> None:
    result = TaskResult("t", {"a": GroupResult({"x": 1.0, "y": 2.0}), "b": GroupResult({"x": 3.0})})
    assert named_values(result) == {"a.x": 1.0, "a.y": 2.0, "b.x": 3.0}
