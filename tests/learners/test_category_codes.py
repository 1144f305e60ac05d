from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from foretune.learners.category_codes import CategoryCodes


def _code(values: list[Any], new: list[Any], **settings: Any) -> tuple[list[float], list[float]]:
    codes = CategoryCodes(**settings).fit(pd.DataFrame({"name": pd.Categorical(values)}))
    frames = [pd.DataFrame({"name": pd.Categorical(column)}) for column in (values, new)]
    known, unseen = (codes.transform(frame)[:, 0].tolist() for frame in frames)
    return known, unseen


def test_codes_follow_the_order_of_the_texts_and_missing_stays_missing() -> None:
    known, new = _code(["b", "a", None, "b", "c"], ["c", None, "new"], fewest_rows=1)
    assert known == pytest.approx([1, 0, np.nan, 1, 2], nan_ok=True)
    assert new == pytest.approx([2, np.nan, np.nan], nan_ok=True)


def test_rare_categories_share_a_code_that_unseen_ones_get_too() -> None:
    known, new = _code(["b", "a", "b", "c", "d"], ["new", "a", None], fewest_rows=2)
    assert known == [0, 1, 0, 1, 1]
    assert new == pytest.approx([1, 1, np.nan], nan_ok=True)


def test_the_rarest_categories_beyond_the_most_are_pooled() -> None:
    values = [*"aaaabbcccdd"]
    known, _ = _code(values, [], most_categories=3, fewest_rows=1)
    assert dict(zip(values, known, strict=True)) == {"a": 0, "b": 2, "c": 1, "d": 2}


def test_a_column_without_values_is_missing() -> None:
    known, new = _code([None, None], ["a"], fewest_rows=1)
    assert np.isnan([*known, *new]).all()


def test_labels_of_several_types_are_coded() -> None:
    known, new = _code(["a", 1, 2.5, "a"], [1, 7], fewest_rows=1)
    assert len(set(known)) == 3
    assert new == pytest.approx([known[1], np.nan], nan_ok=True)


def test_names_of_columns_are_kept() -> None:
    frame = pd.DataFrame({"x": ["a", "b"], "y": ["c", "c"]})
    codes = clone(CategoryCodes(fewest_rows=1)).fit(frame)
    assert codes.get_feature_names_out().tolist() == ["x", "y"]
    assert codes.n_categories_ == [2, 1]


@settings(max_examples=40, deadline=None)
@given(
    values=st.lists(st.sampled_from([*"abcdefgh", None]), min_size=1, max_size=40),
    new=st.lists(st.sampled_from([*"abcdefghxyz", None]), min_size=1, max_size=10),
    most=st.one_of(st.none(), st.integers(2, 9)),
    fewest=st.integers(1, 4),
)
def test_codes_are_consecutive_and_no_more_than_the_most(
    values: list[Any], new: list[Any], most: int | None, fewest: int
) -> None:
    known, unseen = _code(values, new, most_categories=most, fewest_rows=fewest)
    used = sorted({code for code in known if not np.isnan(code)})
    assert used == list(range(len(used)))
    assert most is None or len(used) <= most
    # A library must know every code of new rows
    assert {code for code in unseen if not np.isnan(code)} <= {*used}
    for value, code in zip(values, known, strict=True):
        assert np.isnan(code) == (value is None)
    alone = [code for code in used if len({v for v, c in zip(values, known, strict=True) if c == code}) == 1]
    assert all(known.count(code) >= fewest for code in alone if code < used[-1])
