"""Search spaces as other libraries see them."""

from __future__ import annotations

import math
from typing import Any

import pytest
from ConfigSpace import Configuration as SpaceConfiguration
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.spaces.config_space import build_space
from tests.spaces.conftest import MIXED

from foretune.spaces.conditions import drop_inactive
from foretune.spaces.dimensions import Dimension, decode_point, dimensions_of, encode_params
from foretune.spaces.hyperparameters import (
    Choice,
    FloatRange,
    Hyperparameter,
    Hyperparameters,
    IntegerRange,
    LearnerSpace,
)

quantiles = st.floats(0, 1, exclude_max=True)


@st.composite
def ranges(draw: st.DrawFn) -> Hyperparameter:
    """Draw a hyperparameter of any kind."""
    kind = draw(st.sampled_from(["float", "integer", "stepped", "choice"]))
    log = draw(st.booleans())
    if kind == "float":
        low = draw(st.floats(1e-6, 1e6))
        return FloatRange(type="float", low=low, high=low * draw(st.floats(1.01, 1e6)), log=log)
    if kind == "integer":
        low = draw(st.integers(1, 1000))
        return IntegerRange(type="integer", low=low, high=low + draw(st.integers(1, 1000)), log=log)
    if kind == "stepped":
        low, step = draw(st.integers(-50, 50)), draw(st.integers(2, 9))
        high = low + step * draw(st.integers(1, 9))
        return IntegerRange(type="integer", low=low, high=high, step=step)
    scalars = st.one_of(
        st.none(), st.booleans(), st.integers(-5, 5), st.sampled_from([0.5, 1.5]), st.sampled_from("abc")
    )
    return Choice(type="choice", choices=draw(st.lists(scalars, min_size=1, max_size=5, unique_by=repr)))


def only(hyperparameter: Hyperparameter) -> Dimension:
    (dimension,) = dimensions_of({"x": hyperparameter})
    return dimension


@settings(max_examples=200, deadline=None)
@given(ranges(), quantiles)
def test_a_value_comes_back_as_it_was(hyperparameter: Hyperparameter, quantile: float) -> None:
    dimension, value = only(hyperparameter), hyperparameter.at(quantile)
    number = dimension.encode(value)
    assert number is not None
    assert dimension.low <= number <= dimension.high
    assert repr(dimension.decode(number)) == repr(value)


@settings(max_examples=200, deadline=None)
@given(ranges(), st.floats(-0.1, 1.1))
def test_any_number_is_a_value_of_the_space(hyperparameter: Hyperparameter, share: float) -> None:
    dimension = only(hyperparameter)
    # Libraries round, and may end a little outside
    value = dimension.decode(dimension.low + share * (dimension.high - dimension.low))
    if isinstance(hyperparameter, Choice):
        assert repr(value) in [repr(choice) for choice in hyperparameter.choices]
        return
    assert hyperparameter.low <= value <= hyperparameter.high
    assert type(value) is (float if isinstance(hyperparameter, FloatRange) else int)
    if isinstance(hyperparameter, IntegerRange):
        assert (value - hyperparameter.low) % hyperparameter.step == 0


@settings(max_examples=50, deadline=None)
@given(st.lists(quantiles, min_size=12, max_size=12))
def test_a_configuration_comes_back_as_it_was(mixed_space: Hyperparameters, point: list[float]) -> None:
    pairs = zip(mixed_space.items(), point, strict=True)
    params = drop_inactive({name: one.at(share) for (name, one), share in pairs}, mixed_space)
    dimensions = dimensions_of(mixed_space)
    encoded = encode_params(dimensions, params)
    assert encoded is not None
    assert encoded.keys() == mixed_space.keys()
    assert decode_point(dimensions, encoded) == params
    # ConfigSpace refuses what is out of bounds, inactive, or missing
    SpaceConfiguration(
        build_space(LearnerSpace.model_validate({"shared": MIXED}), "classification", "mixed"), values=params
    )


@pytest.mark.parametrize(
    ("hyperparameter", "kind", "low", "high", "values"),
    [
        (FloatRange(type="float", low=0.1, high=1.0), "float", 0.1, 1.0, None),
        (IntegerRange(type="integer", low=1, high=20), "integer", 1, 20, None),
        (IntegerRange(type="integer", low=10, high=30, step=10), "integer", 0, 2, (10, 20, 30)),
        # Numbers have an order, which need not be the one they are written in
        (Choice(type="choice", choices=[1, 16, 2.5]), "integer", 0, 2, (1, 2.5, 16)),
        (Choice(type="choice", choices=["a", None]), "nominal", 0, 1, ("a", None)),
        (Choice(type="choice", choices=[True, False]), "nominal", 0, 1, (True, False)),
        (Choice(type="choice", choices=[1, None]), "nominal", 0, 1, (1, None)),
        (Choice(type="choice", choices=[7]), "nominal", 0, 0, (7,)),
    ],
)
def test_kinds(
    hyperparameter: Hyperparameter,
    kind: str,
    low: float,
    high: float,
    values: tuple[Any, ...] | None,
) -> None:
    dimension = only(hyperparameter)
    assert (dimension.kind, dimension.low, dimension.high) == (kind, low, high)
    assert repr(dimension.values) == repr(values)


@pytest.mark.parametrize(
    ("hyperparameter", "value"),
    [
        (FloatRange(type="float", low=0.1, high=1.0), 1.1),
        (FloatRange(type="float", low=0.1, high=1.0), "scale"),
        (FloatRange(type="float", low=0.0, high=1.0), True),
        (FloatRange(type="float", low=0.1, high=1.0), math.nan),
        (IntegerRange(type="integer", low=1, high=20), 2.5),
        (IntegerRange(type="integer", low=1, high=20), None),
        (IntegerRange(type="integer", low=10, high=30, step=10), 15),
        (Choice(type="choice", choices=[1, None]), True),
    ],
)
def test_what_the_space_does_not_have_has_no_number(hyperparameter: Hyperparameter, value: Any) -> None:
    assert only(hyperparameter).encode(value) is None


@pytest.mark.parametrize(
    "change",
    [
        # Missing, outside, inactive, unknown; a child of what is inactive
        {"p": None},
        {"p": 9},
        {"weights": "uniform"},
        {"metric": "cosine"},
    ],
)
def test_a_configuration_the_space_does_not_have_has_no_point(
    change: dict[str, Any],
) -> None:
    space = {
        "weights": {"type": "choice", "choices": ["uniform", "distance"]},
        "p": {"type": "integer", "low": 1, "high": 4, "when": {"weights": ["distance"]}},
    }
    dimensions = dimensions_of(LearnerSpace.model_validate({"shared": space}).of("classification"))
    params = {"weights": "distance", "p": 2}
    assert encode_params(dimensions, params) == {"weights": 1, "p": 2}
    changed = {name: value for name, value in {**params, **change}.items() if value is not None}
    assert encode_params(dimensions, changed) is None


def test_a_child_of_what_is_inactive_has_no_point() -> None:
    parent = {"type": "choice", "choices": ["a", "b"]}
    dimensions = dimensions_of(
        {
            "u": Choice.model_validate(parent),
            "v": Choice.model_validate({**parent, "when": {"u": ["b"]}}),
            "w": Choice.model_validate({**parent, "when": {"v": ["b"]}}),
        }
    )
    assert encode_params(dimensions, {"u": "b", "v": "b", "w": "a"}) == {"u": 1, "v": 1, "w": 0}
    assert encode_params(dimensions, {"u": "a", "v": "b", "w": "a"}) is None


def test_floats_of_others_may_have_more_digits() -> None:
    dimensions = dimensions_of({"x": FloatRange(type="float", low=0.0, high=1.0)})
    assert encode_params(dimensions, {"x": 1 / 3}) == {"x": 1 / 3}


@pytest.mark.parametrize(
    ("hyperparameter", "centre"),
    [
        (FloatRange(type="float", low=0.01, high=100.0, log=True), 1.0),
        (FloatRange(type="float", low=0.0, high=3.0), 1.5),
        (IntegerRange(type="integer", low=1, high=100, log=True), 10),
        (Choice(type="choice", choices=["a", "b", "c"]), 1),
    ],
)
def test_what_is_inactive_is_in_the_centre(hyperparameter: Hyperparameter, centre: float) -> None:
    assert only(hyperparameter).centre == pytest.approx(centre)
