from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretune.recommendation.learning.found_space import SpaceNotFoundError, find_space, is_logarithmic
from foretune.spaces import Configuration, LearnerSpace


def _find(*tasks: list[dict[str, Any]], **ranges: tuple[float, float, bool]) -> LearnerSpace:
    return find_space([[Configuration("own", params) for params in task] for task in tasks], ranges)


@given(st.integers(0, 10_000), st.floats(1e-6, 1e3), st.floats(1.5, 6), st.integers(12, 60))
def test_the_scale_of_random_draws_is_found(seed: int, low: float, decades: float, n: int) -> None:
    rng = np.random.default_rng(seed)
    shares = (np.arange(n) + rng.uniform(size=n)) / n
    assert is_logarithmic(np.unique(low * 10 ** (decades * shares)))
    assert not is_logarithmic(np.unique(low + low * (10**decades - 1) * shares))


@pytest.mark.parametrize(
    ("values", "is_log"),
    [
        ([0.1, 1, 10, 100], True),
        ([10, 20, 40, 60, 80, 100], False),
        ([0, 1, 10], False),
        ([1, 2, 4, 8], False),
    ],
)
def test_the_scale_of_a_grid_is_found(values: list[float], is_log: bool) -> None:
    assert is_logarithmic(np.array(values, dtype=float)) == is_log


def test_ranges_types_and_conditions_are_found() -> None:
    rbf = [{"C": value, "kernel": "rbf", "gamma": value / 3, "degree": 2} for value in (0.01, 0.1, 1.0, 10.0)]
    linear = [{"C": 5.0, "kernel": "linear", "degree": 3}]
    space = _find(rbf + linear, linear).shared
    assert (space["C"].type, space["C"].low, space["C"].high, space["C"].log) == ("float", 0.01, 10, True)
    assert (space["degree"].type, space["degree"].low, space["degree"].high) == ("integer", 2, 3)
    assert space["gamma"].when == {"kernel": ["rbf"]}
    assert space["C"].when == space["degree"].when == {}


def test_what_a_tool_says_of_a_range_counts_before_the_values() -> None:
    space = _find([{"x": 1.0}, {"x": 2.0}], x=(0.5, 50.0, True)).shared["x"]
    assert (space.low, space.high, space.log) == (0.5, 50, True)


def test_a_parameter_that_one_task_did_not_search_is_no_condition() -> None:
    space = _find([{"a": 1, "b": 2}, {"a": 2, "b": 3}], [{"a": 3}, {"a": 4}])
    assert space.shared["b"].when == {}


def test_without_a_reason_for_what_is_missing_there_is_no_space() -> None:
    with pytest.raises(SpaceNotFoundError, match="nothing tells when 'b' is set"):
        _find([{"a": 1, "b": 2}, {"a": 2}])


def test_one_value_is_a_choice_and_none_is_a_value() -> None:
    space = _find([{"n": 3, "depth": None}, {"n": 3, "depth": 5}]).shared
    assert space["n"].choices == [3]
    assert sorted(map(str, space["depth"].choices)) == ["5", "None"]
