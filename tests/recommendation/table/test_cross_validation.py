"""Rows, folds and classes of the evaluation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from foretune.recommendation.core.parameters import RecommendationParameters
from foretune.recommendation.table.cross_validation import CrossValidation, make_task, plan_cross_validation
from foretune.recommendation.table.user_table import UserTable
from foretune.tables import TableError


def _plan(answer: Any, task_type: Any = "classification", **group: Any) -> CrossValidation:
    return plan_cross_validation(_table(answer), task_type, RecommendationParameters(**group), 0)


def _table(answer: Any) -> UserTable:
    return UserTable(pd.DataFrame({"x": np.arange(len(answer)) * 1.5, "y": answer}), "t.csv", "y")


@pytest.mark.parametrize(
    ("sizes", "n_folds", "notes"),
    [
        ({"a": 50, "b": 40}, 5, ()),
        ({"a": 50, "b": 4}, 4, ("class 'b' has 4 rows: 4 folds instead of 5",)),
        (
            {"a": 50, "b": 40, "c": 2, "d": 1},
            3,
            ("class 'd' has 1 row, so not every fold has one: 3 folds instead of 5",),
        ),
        ({"a": 2, "b": 2}, 2, ("class 'a' has 2 rows: 2 folds instead of 5",)),
    ],
)
def test_folds_are_five_unless_a_class_is_small_and_every_class_is_kept(
    sizes: dict[str, int], n_folds: int, notes: tuple[str, ...]
) -> None:
    answer = [name for name, n in sizes.items() for _ in range(n)]
    plan = _plan(answer)
    assert (plan.n_folds, plan.notes, plan.problem) == (n_folds, notes, "")
    assert len(plan.rows) == len(answer)
    task = make_task(_table(answer), "classification", plan, RecommendationParameters(), 0)
    assert task.y.nunique() == len(sizes)


def test_rows_without_a_target_are_left_out_and_many_rows_are_sampled() -> None:
    answer = [None, *(["a"] * 60), *(["b"] * 40), None]
    table = _table(answer)
    parameters = RecommendationParameters(max_rows=50)
    plan = plan_cross_validation(table, "classification", parameters, 0)
    assert (plan.n_known, plan.strata_sizes, len(plan.rows)) == (100, (30, 20), 50)
    assert plan.codes is not None
    assert np.bincount(plan.codes).tolist() == [30, 20]
    task = make_task(table, "classification", plan, parameters, 0)
    # Counted among the rows with a target, the first of which is the second of the file
    assert task.X["x"].tolist() == [1.5 * (row + 1) for row in plan.rows]


def test_codes_are_in_the_order_of_the_labels_not_of_their_texts() -> None:
    plan = _plan([*[10] * 6, *[2] * 6])
    assert plan.codes is not None
    assert plan.codes.tolist() == [1] * 6 + [0] * 6


@pytest.mark.parametrize(
    ("answer", "task_type", "group"),
    [
        (["a"] * 30, "classification", {}),
        (["a"] * 30 + ["b"], "classification", {}),
        ([*"abcdefgh"], "classification", {}),
        ([None] * 8, "classification", {}),
        ([1.0, 2.0], "regression", {}),
        ([1.0, 2.0, 3.0, 4.0], "regression", {"n_folds": 9}),
        ([None] * 8, "regression", {}),
    ],
)
def test_what_cannot_be_cross_validated_is_said(
    answer: list[Any], task_type: Any, group: dict[str, Any]
) -> None:
    plan = _plan(answer, task_type, **group)
    assert plan.problem
    with pytest.raises(TableError, match=r"t\.csv cannot be cross-validated: "):
        make_task(_table(answer), task_type, plan, RecommendationParameters(**group), 0)
