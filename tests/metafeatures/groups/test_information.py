from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import mutual_info_score
from tests.metafeatures.conftest import describe

from foretune.metafeatures.columns import entropy
from foretune.metafeatures.groups.information import ContingencyTable, compute


def test_entropy() -> None:
    assert entropy(np.array([5, 5])) == pytest.approx(math.log(2))
    assert entropy(np.array([0, 7])) == 0
    assert entropy(np.array([1, 1, 2])) == pytest.approx(1.5 * math.log(2))


def test_a_copy_of_the_class_tells_everything() -> None:
    y = pd.Series(["a", "a", "b", "b"] * 10)
    X = pd.DataFrame({"copy": y.astype("category"), "unrelated": [True, False] * 20})
    values = compute(describe(X, y, "classification"))
    assert values["mutual_information.max"] == pytest.approx(math.log(2))
    assert values["mutual_information.mean"] == pytest.approx(math.log(2) / 2)
    assert values["uncertainty_coefficient.max"] == pytest.approx(1)
    assert values["log_equivalent_attributes"] == pytest.approx(math.log(2))
    assert values["signal_share"] == pytest.approx(0.5)
    assert values["share_relevant"] == 0.5
    assert values["class_entropy"] == pytest.approx(math.log(2))
    assert values["relative_class_entropy"] == pytest.approx(1)
    assert values["attribute_entropy.min"] == pytest.approx(1)


def test_mutual_information_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 4, 200), rng.integers(0, 3, 200)
    y = (a + rng.integers(0, 2, 200)) % 3
    X = pd.DataFrame({"a": a, "b": b}).astype("category")
    values = compute(describe(X, pd.Series(y).astype("category"), "classification"))
    expected = [mutual_info_score(a, y), mutual_info_score(b, y)]
    assert values["mutual_information.mean"] == pytest.approx(np.mean(expected))
    p = [stats.chi2_contingency(pd.crosstab(c, y), lambda_="log-likelihood").pvalue for c in (a, b)]
    assert values["share_relevant"] == np.mean(np.array(p) < 0.01)


def test_concentration_by_hand() -> None:
    first, second = np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1])
    given = (2**2 / 3 + 1**2 / 3 + 1**2 / 1) / 4
    assert ContingencyTable.of(first, second).concentration == pytest.approx((given - 0.5) / 0.5)
    assert ContingencyTable.of(second, second).concentration == pytest.approx(1)
    assert math.isnan(ContingencyTable.of(second, np.zeros(4, dtype=np.int64)).concentration)


def test_missing_is_a_level_of_its_own() -> None:
    y = pd.Series(["a", "b"] * 10)
    X = pd.DataFrame({"x": [1.0, None] * 10})
    values = compute(describe(X, y, "classification"))
    assert values["uncertainty_coefficient.max"] == pytest.approx(1)


def test_numeric_columns_and_targets_are_cut_into_bins() -> None:
    y = pd.Series(np.arange(100.0))
    values = compute(describe(pd.DataFrame({"x": y**3}), y, "regression"))
    assert values["mutual_information.max"] == pytest.approx(math.log(5))
    assert values["uncertainty_coefficient.mean"] == pytest.approx(1)


def test_large_sparse_tables_of_counts() -> None:
    keys = pd.Series(np.arange(300)).astype("category")
    X = pd.DataFrame({"key": keys})
    values = compute(describe(X, keys, "classification"))
    assert values["mutual_information.max"] == pytest.approx(math.log(300))


def test_undefined_ratios() -> None:
    X = pd.DataFrame({"constant": [1.0] * 6})
    values = compute(describe(X, pd.Series(["a", "b"] * 3), "classification"))
    assert values["mutual_information.mean"] == 0
    assert values["share_relevant"] == 0
    for name in ("log_equivalent_attributes", "signal_share", "attribute_entropy.mean"):
        assert math.isnan(values[name])
    one_class = compute(describe(X, pd.Series(["a"] * 6), "classification"))
    assert math.isnan(one_class["relative_class_entropy"])
    assert math.isnan(one_class["share_relevant"])
