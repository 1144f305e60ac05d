from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from foretune.metafeatures import TaskDescription
from foretune.metafeatures.simple import compute

if TYPE_CHECKING:
    from foretune.tasks.task import Task


def test_known_values(small_classification: Task) -> None:
    values = compute(TaskDescription(small_classification.X, small_classification.y, "classification"))
    expected = {
        "log_n_rows": math.log(8),
        "log_n_features": math.log(5),
        "log_rows_per_feature": math.log(8 / 5),
        "log_n_encoded": math.log(3 + 3 + 2),
        "share_categorical": 1 / 5,
        "share_boolean": 1 / 5,
        "share_integer": 2 / 3,
        "share_zero": 4 / 23,
        "share_missing": 2 / 40,
        "share_rows_with_missing": 2 / 8,
        "share_columns_with_missing": 2 / 5,
        "share_constant": 1 / 5,
        "share_binary": 2 / 5,
        "distinct_share.mean": (1 + 2 / 8 + 1 / 8) / 3,
        "distinct_share.min": 1 / 8,
        "distinct_share.max": 1,
        "log_n_categories.mean": (math.log(3) + math.log(2)) / 2,
        "log_n_categories.sd": abs(math.log(3) - math.log(2)) / math.sqrt(2),
        "log_n_categories.max": math.log(3),
        "log_n_classes": math.log(2),
        "log_rows_per_class": math.log(4),
    }
    assert values == pytest.approx(expected)


def test_without_columns() -> None:
    values = compute(TaskDescription(pd.DataFrame(index=range(4)), pd.Series([1.0, 2, 3, 4]), "regression"))
    assert values["log_n_rows"] == math.log(4)
    assert math.isnan(values["share_missing"])
    assert math.isnan(values["share_rows_with_missing"])
    assert math.isnan(values["log_n_features"])
