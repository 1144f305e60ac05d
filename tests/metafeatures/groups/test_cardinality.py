from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.metafeatures.conftest import describe

from foretune.metafeatures.groups.cardinality import (
    Cardinality,
    compute,
    nominal_cardinality,
    numeric_cardinality,
)

if TYPE_CHECKING:
    from foretune.tasks.task import Task


def test_known_values(small_classification: Task) -> None:
    values = compute(describe(small_classification.X, small_classification.y, "classification"))
    # number: 7 of 7 differ; zero_one 2 of 8; constant 1 of 8; colour 3 of 7; flag 2 of 8
    sparsity = np.array([0, (8 / 2 - 1) / 7, 1, (7 / 3 - 1) / 6, (8 / 2 - 1) / 7])
    modes = np.array([1 / 7, 4 / 8, 1, 3 / 7, 4 / 8])
    expected = {
        "share_constant": 1 / 5,
        "share_binary": 2 / 5,
        "share_identifier": 0,
        "share_sparse": 0,
        "distinct_share.mean": (1 + 2 / 8 + 1 / 8 + 2 / 8) / 4,
        "distinct_share.min": 1 / 8,
        "distinct_share.max": 1,
        "log_n_categories.mean": math.log(3),
        "log_n_categories.sd": math.nan,
        "log_n_categories.max": math.log(3),
        "mode_share.mean": modes.mean(),
        "mode_share.sd": modes.std(ddof=1),
        "mode_share.max": 1,
        "sparsity.mean": sparsity.mean(),
        "sparsity.sd": sparsity.std(ddof=1),
        "sparsity.max": 1,
    }
    assert values == pytest.approx(expected, nan_ok=True)


def test_keys_and_sparse_columns() -> None:
    X = pd.DataFrame({"key": [f"k{i}" for i in range(6)], "sparse": [0, 0, 0, 0, 1, 2], "id": range(6)})
    values = compute(describe(X, pd.Series(["a", "b"] * 3), "classification"))
    assert values["share_identifier"] == pytest.approx(1 / 3)
    assert values["share_sparse"] == pytest.approx(1 / 3)


def test_empty_columns_are_constant_and_nothing_else() -> None:
    X = pd.DataFrame({"x": [np.nan] * 4, "c": pd.Categorical([None] * 4, categories=["a"])})
    values = compute(describe(X, pd.Series(["a", "b"] * 2), "classification"))
    assert values["share_constant"] == 1
    assert math.isnan(values["mode_share.mean"])
    assert math.isnan(values["log_n_categories.max"])


@given(st.lists(st.one_of(st.integers(-3, 3).map(float), st.just(math.nan)), min_size=1, max_size=30))
def test_counts_of_a_numeric_column_are_those_of_pandas(numbers: list[float]) -> None:
    counts = pd.Series(numbers).value_counts()
    expected = Cardinality(int(counts.sum()), counts.size, int(counts.max()) if counts.size else 0)
    assert numeric_cardinality(np.array(numbers)) == expected
    assert nominal_cardinality(pd.factorize(np.array(numbers))[0].astype(np.int64)) == expected
