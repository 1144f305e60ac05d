from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretune.meta_model.penalties import find_penalties

USUAL = [0.81, 0.9, 0.86, 0.7, 0.88, 0.89]


@pytest.mark.parametrize("penalty", [-10.0, -1e6, -1e99, -1e155, -1e308])
@pytest.mark.parametrize("n", [1, 2, 20])
def test_a_penalty_is_found_however_often_it_occurs(penalty: float, n: int) -> None:
    found = find_penalties(np.array([penalty] * n + USUAL))
    assert found.tolist() == [True] * n + [False] * len(USUAL)


def test_penalties_that_grow_with_the_violation_are_found() -> None:
    penalties = [-1e3, -1.5e3, -1e6, -2e9]
    assert find_penalties(np.array([*USUAL, *penalties])).tolist() == [False] * 6 + [True] * 4


def test_two_good_scores_are_enough_where_a_low_one_is_repeated() -> None:
    assert find_penalties(np.array([1e6, 1e6, -0.8, -0.9]) * -1).tolist() == [True, True, False, False]


def test_what_no_double_can_square_is_a_penalty_from_the_first() -> None:
    assert find_penalties(np.array([-1e155])).tolist() == [True]
    assert find_penalties(np.array([-1e155, np.nan, 0.5, 1e308])).tolist() == [True, False, False, False]


@pytest.mark.parametrize(
    "scores",
    [
        [],
        [0.5],
        [0.5, 0.9],
        # Chance level and what is better
        [0.5, 0.5, 0.5, 0.91, 0.95],
        [0.5, 0.95, 0.95, 0.95],
        [0.5, 0.9501, 0.9502, 0.9512, 0.9555],
        # A loss whose bad values grow
        [-0.1, -0.11, -0.13, -0.2, -0.6, -2, -10, -60],
        # One far better than the rest
        [0.1, 0.11, 0.12, 0.13, 0.99],
        [1.0, 2.0, 3.0, 1e308],
    ],
)
def test_scores_of_learners_are_no_penalties(scores: list[float]) -> None:
    assert not find_penalties(np.array(scores, dtype=np.float64)).any()


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.floats(1e-6, 1e6), st.floats(-1e3, 1e3), st.integers(2, 60))
def test_scores_that_are_drawn_evenly_are_no_penalties_in_any_unit(
    seed: int, unit: float, shift: float, n: int
) -> None:
    scores = np.random.default_rng(seed).uniform(size=n)
    assert not find_penalties(shift + unit * scores).any()


def test_a_known_reach_decides_alone() -> None:
    assert find_penalties(np.array([0.5, 0.9, -3.0]), reach=2.0).tolist() == [False, False, True]
    assert not find_penalties(np.array([*USUAL, -10.0]), reach=20.0).any()
