from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.csgraph import minimum_spanning_tree as scipy_tree
from scipy.spatial.distance import cdist
from tests.metafeatures.conftest import describe

from foretune.metafeatures import TaskDescription
from foretune.metafeatures.groups.neighbourhood import (
    Gower,
    count_differences,
    interpolate,
    measure_class_neighbourhood,
    measure_target_neighbourhood,
    minimum_spanning_tree,
    pairs_within_classes,
)


def _classify(X: dict[str, object], y: str) -> TaskDescription:
    return describe(pd.DataFrame(X), pd.Series([*y]), "classification")


def test_distances_by_hand() -> None:
    task = _classify({"x": [0.0, 5.0, 10.0, None], "c": ["r", "r", "g", "g"], "constant": [7.0] * 4}, "abab")
    # The missing number is put at the median; three columns count, and the constant one never differs
    expected = np.array([[0, 0.5, 2, 1.5], [0.5, 0, 1.5, 1], [2, 1.5, 0, 0.5], [1.5, 1, 0.5, 0]]) / 3
    np.testing.assert_allclose(Gower(task).within(), expected)


@given(st.integers(1, 6), st.sampled_from([2, 127, 128, 40_000]), st.integers(0, 2**32 - 1))
def test_differences_are_those_of_hamming(n_columns: int, n_codes: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, second = (rng.integers(-1, n_codes, (n, n_columns)) for n in (7, 9))
    expected = (cdist(first, second, "hamming") * n_columns).round()
    np.testing.assert_array_equal(count_differences(first, second), expected)


@given(st.integers(2, 25), st.integers(0, 2**32 - 1))
def test_the_tree_is_as_short_as_that_of_scipy(n: int, seed: int) -> None:
    points = np.random.default_rng(seed).random((n, 2))
    distances = np.abs(points[:, None] - points).sum(axis=2)
    edges = minimum_spanning_tree(distances)
    assert edges.shape == (n - 1, 2)
    assert distances[edges[:, 0], edges[:, 1]].sum() == pytest.approx(scipy_tree(distances).sum())


def test_classes_on_a_line() -> None:
    values = measure_class_neighbourhood(_classify({"x": [0.0, 1.0, 2.0, 3.5, 8.0, 10.0]}, "aaabbb"))
    # The one edge between the classes joins 2 and 3.5
    assert values["borderline_share"] == 2 / 6
    friend, enemy = np.array([1, 1, 1, 4.5, 2, 2]), np.array([3.5, 2.5, 1.5, 1.5, 6, 8])
    ratios = friend / (friend + enemy)
    assert values["intra_extra_ratio.mean"] == pytest.approx(ratios.mean())
    assert values["intra_extra_ratio.sd"] == pytest.approx(ratios.std(ddof=1))
    # Only 3.5 is nearer to the other class
    assert values["neighbour_error"] == 1 / 6
    # Nearer than the nearest of the other class, themselves included
    x = np.array([0, 1, 2, 3.5, 8, 10])
    nearer = int((np.abs(x[:, None] - x) < enemy[:, None]).sum())
    assert values["local_set_cardinality"] == pytest.approx(1 - nearer / 36)
    assert 0 <= values["neighbour_nonlinearity"] <= 1


def test_clusters_and_noise() -> None:
    rng = np.random.default_rng(0)
    y = "".join(rng.permutation([*"ab" * 100]))
    noise = rng.normal(size=200)
    clusters = np.where(np.array([*y]) == "a", 0.0, 100.0) + noise
    apart = measure_class_neighbourhood(_classify({"x": clusters}, y))
    mixed = measure_class_neighbourhood(_classify({"x": noise}, y))
    assert apart["neighbour_error"] == apart["neighbour_nonlinearity"] == 0
    assert apart["intra_extra_ratio.mean"] < 0.01
    assert apart["borderline_share"] == 2 / 200
    assert 0.4 < mixed["neighbour_error"] < 0.6
    assert 0.3 < mixed["neighbour_nonlinearity"] < 0.7
    assert mixed["borderline_share"] > 0.6
    assert mixed["local_set_cardinality"] > apart["local_set_cardinality"]


def test_rows_alone_in_their_class_and_equal_rows() -> None:
    alone = measure_class_neighbourhood(_classify({"x": [0.0, 1.0, 2.0]}, "abc"))
    assert alone["intra_extra_ratio.mean"] == 1
    assert alone["neighbour_error"] == 1
    equal = measure_class_neighbourhood(_classify({"x": [1.0] * 4}, "aabb"))
    assert equal["intra_extra_ratio.mean"] == 0.5


def test_pairs_stay_within_their_class() -> None:
    task = _classify({"x": np.arange(60.0)}, "aab" * 20)
    first, second = pairs_within_classes(task)
    assert (task.classes[first] == task.classes[second]).all()
    assert (first != second).any()


def test_interpolated_rows_lie_between() -> None:
    task = _classify({"x": np.arange(60.0), "c": ["r", "g", "b"] * 20}, "ab" * 30)
    gower = Gower(task)
    first, second = pairs_within_classes(task)
    unit, codes, weight = interpolate(task, first, second, gower)
    ends = gower.unit[first], gower.unit[second]
    assert (unit >= np.minimum(*ends) - 1e-12).all()
    assert (unit <= np.maximum(*ends) + 1e-12).all()
    assert ((codes == gower.codes[first]) | (codes == gower.codes[second])).all()
    assert (weight >= 0).all()
    assert (weight < 1).all()


def test_targets_on_a_line() -> None:
    x = np.array([0.0, 1.0, 3.0, 10.0])
    values = measure_target_neighbourhood(describe(pd.DataFrame({"x": x}), pd.Series(x), "regression"))
    z = (x - x.mean()) / x.std()
    assert values["tree_target_distance"] == pytest.approx(np.diff(z).mean())
    assert values["adjacent_input_distance"] == pytest.approx(np.diff(x / 10).mean())
    nearest = np.array([1, 0, 1, 2])
    assert values["neighbour_error"] == pytest.approx(((z - z[nearest]) ** 2).mean())
    assert values["neighbour_nonlinearity"] < 0.5


def test_noise_has_twice_its_variance_to_the_nearest() -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(400, 2)), columns=["a", "b"])
    values = measure_target_neighbourhood(describe(X, pd.Series(rng.normal(size=400)), "regression"))
    assert values["neighbour_error"] == pytest.approx(2, abs=0.5)
    assert values["tree_target_distance"] == pytest.approx(2 / math.sqrt(math.pi), abs=0.2)
