from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from foretune.spaces.hyperparameters import Choice, FloatRange, IntegerRange, LearnerSpace

QUANTILES = st.floats(0, 1, exclude_max=True)


@given(QUANTILES, st.booleans())
def test_a_float_stays_within_its_bounds(quantile: float, log: bool) -> None:
    value = FloatRange(type="float", low=0.001, high=70.0, log=log).at(quantile)
    assert 0.001 <= value <= 70.0
    assert value == float(f"{value:.6g}")


@given(QUANTILES)
def test_stepped_integers_lie_on_the_steps(quantile: float) -> None:
    value = IntegerRange(type="integer", low=10, high=190, step=10).at(quantile)
    assert value in range(10, 191, 10)


def test_every_integer_and_choice_has_the_same_share() -> None:
    quantiles = [(i + 0.5) / 300 for i in range(300)]
    integers = [IntegerRange(type="integer", low=2, high=4).at(quantile) for quantile in quantiles]
    choices = [Choice(type="choice", choices=["a", None, True]).at(quantile) for quantile in quantiles]
    assert [integers.count(value) for value in (2, 3, 4)] == [100, 100, 100]
    assert [choices.count(value) for value in ("a", None, True)] == [100, 100, 100]


def test_log_integers_reach_both_ends_and_favour_small_ones() -> None:
    space = IntegerRange(type="integer", low=1, high=50, log=True)
    values = [space.at((i + 0.5) / 1000) for i in range(1000)]
    assert min(values) == 1
    assert max(values) == 50
    assert sum(value <= 7 for value in values) > 500


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"type": "float", "low": 2, "high": 1}, "low 2.0 must be below high 1.0"),
        ({"type": "float", "low": 0, "high": 1, "log": True}, "log needs low above 0"),
        ({"type": "integer", "low": 1, "high": 9, "step": 2, "log": True}, "log needs step 1"),
        ({"type": "integer", "low": 1, "high": 10, "step": 4}, "not low 1 plus a multiple of step 4"),
        ({"type": "choice", "choices": [1, 2, 1]}, "choices repeat a value"),
        ({"type": "choice", "choices": []}, "at least 1 item"),
        ({"type": "float", "low": 0, "high": 1, "colour": "red"}, "Extra inputs are not permitted"),
        ({"type": "float", "low": 0, "high": 1, "when": {"b": [1]}}, "which is not in the space"),
    ],
)
def test_a_wrong_hyperparameter_is_refused(raw: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        LearnerSpace.model_validate({"shared": {"a": raw}})


def test_a_condition_must_name_a_value_of_a_choice() -> None:
    choice = {"type": "choice", "choices": ["rbf", "poly"]}
    gamma = {"type": "float", "low": 0, "high": 1, "when": {"kernel": ["linear"]}}
    with pytest.raises(ValidationError, match=r"gamma.when.kernel has 'linear', allowed: \['rbf', 'poly'\]"):
        LearnerSpace.model_validate({"shared": {"kernel": choice, "gamma": gamma}})
    with pytest.raises(ValidationError, match="'kernel' must be a choice"):
        LearnerSpace.model_validate(
            {"shared": {"kernel": {"type": "float", "low": 0, "high": 1}, "gamma": gamma}}
        )


@pytest.mark.parametrize(("log", "middle"), [(False, 50.005), (True, 1.0)])
def test_the_median_is_half_way_on_the_scale(log: bool, middle: float) -> None:
    space = FloatRange(type="float", low=0.01, high=100.0, log=log)
    assert space.at(0.5) == middle
    assert space.at(0) == 0.01
    assert space.at(math.nextafter(1, 0)) == 100.0


def test_a_task_type_has_what_is_shared_and_its_own() -> None:
    space = LearnerSpace.model_validate(
        {
            "regression": {"epsilon": {"type": "float", "low": 0, "high": 1}},
            "classification": {"weight": {"type": "choice", "choices": [None, "balanced"]}},
            "shared": {"C": {"type": "float", "low": 1, "high": 2}},
        }
    )
    assert list(space.of("classification")) == ["C", "weight"]
    assert list(space.of("regression")) == ["C", "epsilon"]


def test_a_condition_of_one_task_type_cannot_name_a_parent_of_the_other() -> None:
    kernel = {"type": "choice", "choices": ["rbf", "poly"]}
    gamma = {"type": "float", "low": 0, "high": 1, "when": {"kernel": ["rbf"]}}
    spaces = {"classification": {"kernel": kernel}, "regression": {"gamma": gamma}}
    with pytest.raises(
        ValidationError, match=r"gamma\.when names 'kernel', which is not in the space: gamma"
    ):
        LearnerSpace.model_validate(spaces)
