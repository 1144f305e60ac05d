from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from tests.metafeatures.conftest import describe

from foretune.metafeatures.groups.overlap import MOST_PAIRS, OverlapRegion, class_pairs, measure_overlap


def _measure(X: dict[str, list[float | None]], y: str) -> dict[str, float]:
    return measure_overlap(describe(pd.DataFrame(X), pd.Series([*y]), "classification"))


def test_by_hand() -> None:
    # x: ranges 0..4 and 2..8 overlap in 2..4, a quarter of 0..8; u: 0..1 and 0..1 overlap fully
    values = _measure({"x": [0, 1, 2, 4, 2, 3, 7, 8], "u": [0, 1, 0, 1, 0, 1, 0, 1]}, "aaaabbbb")
    assert values["overlap_volume.mean"] == pytest.approx(0.25)
    # 2, 4 of the first class and 2, 3 of the second lie in the overlap
    assert values["overlap_share.mean"] == pytest.approx(4 / 8)
    # u leaves all of these four in its overlap
    assert values["collective_overlap_share.mean"] == pytest.approx(4 / 8)


def test_two_columns_together_tell_what_one_does_not() -> None:
    values = _measure({"x": [0, 1, 5, 1, 5, 6], "u": [0, 0, 1, 2, 3, 0]}, "aaabbb")
    assert values["overlap_share.mean"] == pytest.approx(4 / 6)
    # x leaves 1 and 5 of both classes, and there u is 0..1 and 2..3
    assert values["collective_overlap_share.mean"] == 0


def test_separated_and_identical_classes() -> None:
    apart = _measure({"x": [0, 1, 5, 6]}, "aabb")
    for name in ("overlap_volume.max", "overlap_share.max", "collective_overlap_share.max"):
        assert apart[name] == 0
    # Means 0.5 and 5.5, variance 0.5 in each class
    assert apart["directional_overlap.mean"] == pytest.approx(1 / (1 + 25 / 0.5))
    same = _measure({"x": [0, 1, 0, 1]}, "aabb")
    assert set(same.values()) == {1.0}


def test_constant_and_missing_columns_tell_nothing() -> None:
    plain = _measure({"x": [0, 2, 1, 3]}, "aabb")
    more = _measure({"x": [0, 2, 1, 3], "constant": [1] * 4, "one_class_only": [1, 2, None, None]}, "aabb")
    assert more["overlap_volume.mean"] == plain["overlap_volume.mean"]
    assert more["overlap_share.mean"] == plain["overlap_share.mean"]
    # A missing cell might lie in the overlap
    region = OverlapRegion.of(np.array([[0.0], [2.0]]), np.array([[1.0], [3.0]]))
    assert region.holds(np.array([[math.nan], [0.5], [1.5]])).ravel().tolist() == [True, False, True]


def test_undefined_without_numbers() -> None:
    X = pd.DataFrame({"c": pd.Categorical(list("abab"))})
    values = measure_overlap(describe(X, pd.Series(list("xyxy")), "classification"))
    assert all(math.isnan(value) for value in values.values())


def test_pairs_of_many_classes_are_sampled() -> None:
    X = pd.DataFrame({"x": np.arange(100.0)})
    few = describe(X, pd.Series(np.arange(100) % 10).astype(str), "classification")
    assert len(class_pairs(few)) == len(set(class_pairs(few))) == 45
    many = describe(X, pd.Series(np.arange(100) % 50).astype(str), "classification")
    assert len(set(class_pairs(many))) == MOST_PAIRS
    assert all(0 <= first < second < 50 for first, second in class_pairs(many))
