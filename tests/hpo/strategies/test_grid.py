"""Grid search."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from foretune.hpo.strategies import SearchProblem, create_strategy, strategy_options
from foretune.hpo.strategies.grid import spaced_values
from foretune.spaces.hyperparameters import Choice, FloatRange, IntegerRange

MakeProblem = Callable[[dict[str, Any], int], SearchProblem]


def grid_of(problem: SearchProblem, **options: Any) -> list[dict[str, Any]]:
    strategy = create_strategy(strategy_options({"name": "grid", **options}), problem)
    return [proposal.configuration.params for proposal in strategy.ask(1000)]


@pytest.mark.parametrize(
    ("low", "high", "log", "n_points", "expected"),
    [
        (0.0, 1.0, False, 5, [0.0, 0.25, 0.5, 0.75, 1.0]),
        (0.01, 100.0, True, 5, [0.01, 0.1, 1.0, 10.0, 100.0]),
        (0.0, 1.0, False, 1, [0.5]),
        (0.01, 100.0, True, 1, [1.0]),
    ],
)
def test_floats_are_spaced_from_bound_to_bound(
    low: float, high: float, log: bool, n_points: int, expected: list[float]
) -> None:
    hyperparameter = FloatRange(type="float", low=low, high=high, log=log)
    assert spaced_values(hyperparameter, n_points) == expected


@pytest.mark.parametrize(
    ("low", "high", "step", "log", "n_points", "expected"),
    [
        (1, 9, 1, False, 3, [1, 5, 9]),
        (1, 1000, 1, True, 4, [1, 10, 100, 1000]),
        (10, 190, 10, False, 3, [10, 100, 190]),
        # 10, 55, 100: the nearest steps
        (10, 100, 10, False, 3, [10, 50, 100]),
        # Fewer values than points
        (1, 3, 1, False, 9, [1, 2, 3]),
        (1, 4, 1, True, 9, [1, 2, 3, 4]),
    ],
)
def test_whole_numbers_are_spaced_from_bound_to_bound(
    low: int, high: int, step: int, log: bool, n_points: int, expected: list[int]
) -> None:
    hyperparameter = IntegerRange(type="integer", low=low, high=high, step=step, log=log)
    values = spaced_values(hyperparameter, n_points)
    assert values == expected
    assert {type(value) for value in values} == {int}


def test_choices_are_taken_whole() -> None:
    assert spaced_values(Choice(type="choice", choices=["a", None, True]), 2) == ["a", None, True]


def test_the_last_hyperparameter_varies_fastest(make_problem: MakeProblem) -> None:
    space = {
        "kernel": {"type": "choice", "choices": ["linear", "rbf"]},
        "gamma": {"type": "float", "low": 1.0, "high": 3.0, "when": {"kernel": ["rbf"]}},
        "degree": {"type": "integer", "low": 2, "high": 3},
    }
    assert grid_of(make_problem(space, 1), n_points=3, n_points_of={"gamma": 2}) == [
        {"kernel": "linear", "degree": 2},
        {"kernel": "linear", "degree": 3},
        {"kernel": "rbf", "gamma": 1.0, "degree": 2},
        {"kernel": "rbf", "gamma": 1.0, "degree": 3},
        {"kernel": "rbf", "gamma": 3.0, "degree": 2},
        {"kernel": "rbf", "gamma": 3.0, "degree": 3},
    ]


def test_a_grid_too_large_is_an_error_before_the_search(mixed: SearchProblem) -> None:
    with pytest.raises(ValueError, match=r"'svm' has more than 50 combinations \(gamma 3, C 3, kernel 3, "):
        grid_of(mixed, n_points=3, max_size=50)


def test_the_largest_grid_allowed_is_no_error(tiny: SearchProblem) -> None:
    assert len(grid_of(tiny, max_size=5)) == 5
    with pytest.raises(ValueError, match="more than 4"):
        grid_of(tiny, max_size=4)


def test_the_number_of_points_of_an_unknown_hyperparameter_is_an_error(tiny: SearchProblem) -> None:
    with pytest.raises(ValueError, match="names 'gama', which 'svm' does not have: weights, p"):
        grid_of(tiny, n_points_of={"gama": 3})


def test_points_are_at_least_one() -> None:
    with pytest.raises(ValueError, match=r"n_points_of.p: Input should be greater than or equal to 1"):
        strategy_options({"name": "grid", "n_points_of": {"p": 0}})


def test_the_seed_changes_nothing(mixed: SearchProblem) -> None:
    other = dataclasses.replace(mixed, seed=1)
    assert grid_of(mixed, n_points=2) == grid_of(other, n_points=2)
