from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from tests.metafeatures.conftest import describe

from foretune.metafeatures.groups.missingness import compute

if TYPE_CHECKING:
    from foretune.tasks.task import Task


def test_known_values(small_classification: Task) -> None:
    values = compute(describe(small_classification.X, small_classification.y, "classification"))
    # One of eight cells is missing in two columns of five, each in a row of the second class
    information = math.log(2) - 7 / 8 * _entropy(4 / 7)
    expected = {
        "share_missing": 2 / 40,
        "share_rows_with_missing": 2 / 8,
        "share_columns_with_missing": 2 / 5,
        "column_share.sd": float(np.std([1 / 8, 1 / 8, 0, 0, 0], ddof=1)),
        "column_share.max": 1 / 8,
        "log_n_patterns": math.log(3),
        "target_information.mean": 2 / 5 * information / math.log(2),
        "target_information.max": information / math.log(2),
    }
    assert values == pytest.approx(expected)


def _entropy(p: float) -> float:
    return -p * math.log(p) - (1 - p) * math.log(1 - p)


def test_nothing_missing_tells_nothing() -> None:
    X = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0]})
    values = compute(describe(X, pd.Series([1.0, 2.0, 3.0, 4.0]), "regression"))
    assert values.pop("column_share.sd") is not None
    assert set(values.values()) == {0.0}


def test_what_is_missing_can_be_the_class() -> None:
    X = pd.DataFrame({"x": [1.0, None] * 8})
    values = compute(describe(X, pd.Series(["a", "b"] * 8), "classification"))
    assert values["target_information.max"] == pytest.approx(1)
    assert values["log_n_patterns"] == pytest.approx(math.log(2))


def test_undefined() -> None:
    without_columns = describe(pd.DataFrame(index=range(3)), pd.Series(["a", "b", "a"]), "classification")
    values = compute(without_columns)
    assert math.isnan(values["share_missing"])
    assert math.isnan(values["share_rows_with_missing"])
    one_class = describe(pd.DataFrame({"x": [1.0, None]}), pd.Series(["a", "a"]), "classification")
    assert math.isnan(compute(one_class)["target_information.max"])
