from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from tests.metafeatures.conftest import describe

from foretune.metafeatures.groups.simple import compute

if TYPE_CHECKING:
    from foretune.tasks.task import Task


def test_known_values(small_classification: Task) -> None:
    values = compute(describe(small_classification.X, small_classification.y, "classification"))
    expected = {
        "log_n_rows": math.log(8),
        "log_n_features": math.log(5),
        "log_rows_per_feature": math.log(8 / 5),
        "log_n_encoded": math.log(4 + 3),
        "share_categorical": 1 / 5,
        "share_boolean": 2 / 5,
        "share_time": 0,
        "share_integer": 3 / 4,
        "share_zero": 8 / 31,
        "log_n_classes": math.log(2),
        "log_rows_per_class": math.log(4),
    }
    assert values == pytest.approx(expected)


def test_without_columns() -> None:
    values = compute(describe(pd.DataFrame(index=range(4)), pd.Series([1.0, 2, 3, 4]), "regression"))
    assert values["log_n_rows"] == math.log(4)
    assert math.isnan(values["share_categorical"])
    assert math.isnan(values["log_n_features"])


def test_dates_and_durations_are_counted() -> None:
    X = pd.DataFrame(
        {
            "when": pd.to_datetime(["2020-01-01", "2020-01-02"]),
            "how_long": pd.to_timedelta([1, 2], unit="s"),
            "month": pd.PeriodIndex(["2020-01", "2020-02"], freq="M"),
            "number": [1.5, 2.5],
        }
    )
    values = compute(describe(X, pd.Series(["a", "b"]), "classification"))
    assert values["share_time"] == 3 / 4
    assert values["share_categorical"] == 0
