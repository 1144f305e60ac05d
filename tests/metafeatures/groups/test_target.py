from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from tests.metafeatures.conftest import describe

from foretune.metafeatures.groups.target import compute


def _values(y: pd.Series, task_type: str) -> dict[str, float]:
    X = pd.DataFrame({"x": np.zeros(len(y))})
    return compute(describe(X, y, "classification" if task_type == "classification" else "regression"))


def test_balance_of_classes() -> None:
    values = _values(pd.Series(["a"] * 6 + ["b"] * 3 + ["c"]), "classification")
    expected = {
        "minority_share": 0.1,
        "majority_share": 0.6,
        "log_imbalance": math.log(6),
        "log_minority_size": 0.0,
        "class_share.sd": float(np.std([0.6, 0.3, 0.1], ddof=1)),
        "imbalance": 1 - 1 / (2 / 3 * (6 / 4 + 3 / 7 + 1 / 9)),
        "share_small_classes": 1.0,
    }
    assert values == pytest.approx(expected)


def test_shape_of_a_numeric_target() -> None:
    y = np.array([1.0, 2, 2, 3, 4, 5, 6, 7, 8, 100])
    values = _values(pd.Series(y), "regression")
    kurtosis = stats.kurtosis(y, fisher=False)
    expected = {
        "skewness": stats.skew(y),
        "log_kurtosis": math.log(kurtosis),
        "bimodality": (stats.skew(y) ** 2 + 1) / kurtosis,
        "iqr_to_sd": (np.quantile(y, 0.75) - np.quantile(y, 0.25)) / y.std(),
        "log_range_to_sd": math.log(99 / y.std()),
        "outlier_share": 0.1,
        "distinct_share": 0.9,
        "mode_share": 0.2,
        "integer_share": 1.0,
        "zero_share": 0.0,
    }
    assert values == pytest.approx(expected)


def test_constant_target_has_no_shape() -> None:
    values = _values(pd.Series([0.1] * 5), "regression")
    undefined = {name for name, value in values.items() if math.isnan(value)}
    assert undefined == {"skewness", "log_kurtosis", "bimodality", "iqr_to_sd", "log_range_to_sd"}
    assert values["mode_share"] == 1


def test_shares_of_whole_numbers_and_zeros() -> None:
    values = _values(pd.Series([0.0, 0.0, 1.0, 2.5]), "regression")
    assert values["integer_share"] == 0.75
    assert values["zero_share"] == 0.5


def test_balanced_classes_and_a_single_one() -> None:
    assert _values(pd.Series(["a", "b", "c"] * 20), "classification")["imbalance"] == pytest.approx(0)
    single = _values(pd.Series(["a"] * 20), "classification")
    assert math.isnan(single["imbalance"])
    assert single["share_small_classes"] == 0
