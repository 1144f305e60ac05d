"""Whether a table is standardised."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretune.tables import Table
from foretune.zero_shot.scale import is_target_unscaled, unscaled_features

RNG = np.random.default_rng(0)
NORMAL = RNG.normal(size=50)


def _read(X: pd.DataFrame, y: object = None) -> Table:
    return Table.read(X, NORMAL if y is None else np.asarray(y), "regression")


@given(st.floats(0.4, 2.9), st.floats(-1.5, 1.5))
def test_what_is_nearly_standardised_counts_as_such(factor: float, shift: float) -> None:
    table = _read(pd.DataFrame({"a": NORMAL / NORMAL.std() * factor + shift}))
    assert unscaled_features(table) == []


@given(st.one_of(st.floats(1e-6, 0.2), st.floats(5, 1e9)))
def test_another_scale_is_seen(factor: float) -> None:
    table = _read(pd.DataFrame({"a": NORMAL * factor, "b": NORMAL}), NORMAL * factor)
    assert unscaled_features(table) == ["a"]
    assert is_target_unscaled(table)


def test_columns_of_two_values_and_missing_ones_may_be_as_they_are() -> None:
    X = pd.DataFrame(
        {"a": np.arange(50) % 2, "b": np.where(NORMAL > 1, np.nan, NORMAL), "c": list("xy") * 25}
    )
    assert unscaled_features(_read(X)) == []
    assert unscaled_features(_read(X.assign(a=100 * (np.arange(50) % 2)))) == ["a"]


@pytest.mark.parametrize("shift", [10, -1e6])
def test_a_mean_far_from_zero_is_no_standardised_column(shift: float) -> None:
    assert unscaled_features(_read(pd.DataFrame({"a": NORMAL + shift}))) == ["a"]


def test_classes_have_no_scale() -> None:
    table = Table.read(pd.DataFrame({"a": NORMAL}), 1000 * (np.arange(50) % 2), "classification")
    assert not is_target_unscaled(table)
