from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from foretune.recommendation.search_cv.target import as_given, check_target


@pytest.mark.parametrize(
    ("y", "expected"),
    [
        (["a", "b", "a"], "classification"),
        ([True, False], "classification"),
        (np.array([1, 2, 1, 2], dtype=object), "classification"),
        (pd.Series([0.5, 1.5]), "regression"),
        (np.arange(10), "regression"),
    ],
)
def test_labels_stay_as_they_are_and_values_are_floats(y: Any, expected: str) -> None:
    values, answer = check_target(y, None)
    assert answer.task_type == expected
    assert values.tolist() == list(y)
    if expected == "regression":
        assert values.dtype == np.float64


@pytest.mark.parametrize(
    ("y", "task_type", "message"),
    [
        (None, None, "requires y to be passed, but the target y is None"),
        ([1.0, np.nan, None], None, "Input y contains NaN: 2 of 3 rows, leave them out"),
        ([1.0, np.inf], "regression", "Input y contains infinity"),
        ([0.5, 1.5], "classification", "Unknown label type: continuous"),
        (["red", "blue"], "regression", "regression target 'y' is not numeric .*'blue'"),
        (np.zeros((3, 2)), None, "y should be a 1d array"),
    ],
)
def test_what_is_no_target_is_refused(y: Any, task_type: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_target(y, task_type)


INDEX = ["x", "y", "z"]


@pytest.mark.parametrize(
    "y",
    [
        pd.Series([1, 2, 3], index=INDEX, name="price"),
        pd.Series([1, 2, 3], dtype="Int64", index=INDEX),
        pd.Series([1.5, 2.5, 3.5], dtype="float32"),
        np.array([1, 2, 3]),
    ],
    ids=["ints", "nullable", "float32", "array"],
)
def test_a_scorer_gets_the_users_own_target(y: Any) -> None:
    assert as_given(y, np.asarray(y, dtype=float), "regression") is y
    labels = pd.Series(["a", "b", "a"], index=INDEX, dtype="category")
    assert as_given(labels, np.asarray(labels), "classification") is labels


def test_what_holds_no_numbers_is_given_as_numbers() -> None:
    values = np.array([1.0, 2.0, 3.0])
    written = pd.Series([Decimal(1), Decimal(2), Decimal(3)], index=INDEX, name="price")
    given = as_given(written, values, "regression")
    pd.testing.assert_series_equal(given, pd.Series(values, index=INDEX, name="price"))
    assert as_given(written.to_numpy(), values, "regression") is values
    assert as_given([1, 2, 3], values, "regression") is values


def test_a_single_column_is_given_as_a_series() -> None:
    values = np.array([1.0, 2.0, 3.0])
    frame = pd.DataFrame({"price": [1, 2, 3]}, index=INDEX)
    pd.testing.assert_series_equal(as_given(frame, values, "regression"), frame["price"])
    assert as_given(values[:, None], values, "regression").shape == (3,)


def test_categories_are_classes() -> None:
    _, answer = check_target(pd.Series([*range(30)] * 3, dtype="category"), None)
    assert answer.task_type == "classification"
