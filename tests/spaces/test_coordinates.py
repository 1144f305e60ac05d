from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from foretune.spaces.coordinates import ConfigurationCoordinates

NAN = float("nan")


def test_coordinates_by_kind_of_column() -> None:
    values = np.array(
        [
            [0.001, 1.0, NAN, 0.0, 7.0, NAN],
            [1.0, 0.0, 2.0, 1.0, 7.0, NAN],
            [1000.0, 1.0, 4.0, NAN, 7.0, NAN],
        ]
    )
    names = ["C", "kernel=rbf", "degree", "kernel=linear", "constant", "never"]
    space = ConfigurationCoordinates.from_configurations(names, values)
    placed = space.place(values)
    # Logarithmic values are equally far apart; the inactive one has its place in the middle and says so
    expected = [
        [0.0, 1.0, 0.5, 0.0, 0.0, 0.5, 0.0],
        [0.5, 0.0, 0.0, 1.0, 1.0, 0.5, 0.0],
        [1.0, 1.0, 1.0, 1.0, 0.0, 0.5, 0.0],
    ]
    np.testing.assert_allclose(placed, expected, atol=1e-12)
    new = np.array([[1e6, 1.0, 3.0, 0.0, 8.0, 5.0], [500.5, 0.0, NAN, 0.0, 7.0, NAN]])
    placed = space.place(new)
    np.testing.assert_allclose(placed[:, 0], [1.0, 0.75])
    np.testing.assert_allclose(placed[:, 2], [0.5, 0.5])
    np.testing.assert_allclose(placed[:, 3], [1.0, 0.0])


@settings(max_examples=50, deadline=None)
# Numbers that stay apart when they are scaled and shifted
@given(st.lists(st.integers(1, 10_000_000).map(lambda n: n / 1000), min_size=2, max_size=150, unique=True))
def test_a_number_is_placed_by_its_rank_whatever_its_scale(numbers: list[float]) -> None:
    column = np.array(numbers)[:, None]
    placed = [
        ConfigurationCoordinates.from_configurations(["x"], each).place(each)[:, 0]
        for each in (column, 3 * column + 1, np.log(column))
    ]
    assert placed[0].min() == 0
    assert placed[0].max() == 1
    order = np.argsort(column[:, 0])
    assert (np.diff(placed[0][order]) >= 0).all()
    np.testing.assert_allclose(placed[0], placed[1], atol=1e-6)
    if len(numbers) <= 64:
        np.testing.assert_allclose(np.sort(placed[2]), np.linspace(0, 1, len(numbers)), atol=1e-6)


def test_no_columns_at_all() -> None:
    space = ConfigurationCoordinates.from_configurations([], np.empty((3, 0)))
    assert space.place(np.empty((3, 0))).shape == (3, 1)
