from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from foretune.recommendation.search_cv.target import check_target


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
