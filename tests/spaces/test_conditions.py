"""Conditions: the same answers as ConfigSpace."""

from __future__ import annotations

from graphlib import CycleError
from typing import Any

import pytest
from ConfigSpace.util import deactivate_inactive_hyperparameters
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.spaces.config_space import build_space

from foretune.spaces.conditions import combine, drop_inactive, is_active, list_space, parents_first
from foretune.spaces.hyperparameters import Choice, IntegerRange, LearnerSpace

CHOICES = [["a", "b", "c"], [True, False], [None, "balanced"], [1, 2, 4]]


@st.composite
def spaces(draw: st.DrawFn) -> LearnerSpace:
    """Draw a space of choices, each of which may depend on some of those before, in any written order."""
    hyperparameters: dict[str, Any] = {}
    for name in "uvwxyz"[: draw(st.integers(1, 6))]:
        parents = draw(st.sets(st.sampled_from("uvwxyz"), max_size=2)) & hyperparameters.keys()
        when = {}
        for parent in sorted(parents):
            allowed = st.sampled_from(hyperparameters[parent]["choices"])
            when[parent] = draw(st.lists(allowed, min_size=1, unique=True))
        hyperparameters[name] = {"type": "choice", "choices": draw(st.sampled_from(CHOICES)), "when": when}
    written = draw(st.permutations(list(hyperparameters)))
    return LearnerSpace.model_validate({"shared": {name: hyperparameters[name] for name in written}})


@settings(max_examples=60, deadline=None)
@given(spaces(), st.randoms(use_true_random=False))
def test_they_are_those_of_config_space(space: LearnerSpace, random: Any) -> None:
    hyperparameters = space.of("regression")
    values = {name: one.at(random.random()) for name, one in hyperparameters.items()}
    expected = dict(deactivate_inactive_hyperparameters(values, build_space(space, "regression", "svm")))
    active = drop_inactive(values, hyperparameters)
    assert active == expected
    assert list(active) == [name for name in hyperparameters if name in expected]


@settings(max_examples=30, deadline=None)
@given(spaces())
def test_combinations_are_all_that_config_space_knows(space: LearnerSpace) -> None:
    hyperparameters = space.of("regression")
    built = build_space(space, "regression", "svm")
    every = {name: one.choices for name, one in hyperparameters.items() if isinstance(one, Choice)}
    listed = [repr(params) for params in combine(hyperparameters, every)]
    unconditioned = {name: one.model_copy(update={"when": {}}) for name, one in hyperparameters.items()}
    expected = set()
    for values in combine(unconditioned, every):
        active = dict(deactivate_inactive_hyperparameters(values, built))
        expected.add(repr({name: value for name, value in values.items() if name in active}))
    assert len(listed) == len(set(listed))
    assert set(listed) == expected


def test_parents_come_first() -> None:
    space = {
        "child": IntegerRange(type="integer", low=1, high=2, when={"parent": ["a"]}),
        "parent": Choice(type="choice", choices=["a"], when={"grandparent": [1]}),
        "grandparent": Choice(type="choice", choices=[1, 2]),
    }
    assert parents_first(space) == ["grandparent", "parent", "child"]
    assert not is_active(space["child"], {})
    assert is_active(space["child"], {"parent": "a"})


def test_conditions_in_a_circle_are_an_error() -> None:
    space = {
        "x": Choice(type="choice", choices=["a"], when={"y": ["a"]}),
        "y": Choice(type="choice", choices=["a"], when={"x": ["a"]}),
    }
    with pytest.raises(CycleError):
        parents_first(space)


def test_a_space_with_floats_is_not_listed() -> None:
    space = LearnerSpace.model_validate(
        {
            "shared": {"n": {"type": "integer", "low": 2, "high": 6, "step": 2}},
            "regression": {"x": {"type": "float", "low": 0.0, "high": 1.0}},
        }
    )
    assert list(list_space(space.of("classification"))) == [{"n": 2}, {"n": 4}, {"n": 6}]
    assert list(list_space(space.of("regression"))) == []
