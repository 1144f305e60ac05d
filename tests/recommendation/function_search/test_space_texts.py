"""Search spaces as text."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import loguniform

from foretune.recommendation.function_search.space_texts import SpaceError, read_space, read_space_text

QUANTILES = np.linspace(0, 1, 201)


def _values(text: str) -> list[Any]:
    read = read_space_text(text, "x")
    return [read.at(float(quantile)) for quantile in QUANTILES]


@given(st.integers(-1000, 1000), st.integers(0, 50))
def test_whole_numbers_are_all_reached_and_no_others(low: int, width: int) -> None:
    found = _values(f"int({low}, {low + width})")
    assert set(found) == set(range(low, low + width + 1))
    assert all(type(value) is int for value in found)


@given(st.floats(1e-9, 1e9), st.floats(1.001, 1e6))
def test_a_logarithmic_range_has_its_middle_at_the_geometric_mean(low: float, ratio: float) -> None:
    found = _values(f"float({low!r},{low * ratio!r},log)")
    assert min(found) >= low
    assert max(found) <= low * ratio
    assert math.isclose(found[100], low * math.sqrt(ratio), rel_tol=1e-5)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("choice(a, b ,c)", ["a", "b", "c"]),
        ("choice(2,1.5,1e-3)", [0.001, 1.5, 2]),
        ("choice(true,False,null,none)", [True, False, None]),
        ("choice('a, b',\"1\", it's)", ["a, b", "1", "it's"]),
        ("bool", [False, True]),
        ("bool()", [False, True]),
        ("int(2,10,step=4)", [2, 6, 10]),
        ("float(0,1,step=0.25)", [0.0, 0.25, 0.5, 0.75, 1.0]),
        (" int( 3 ,3 ) ", [3]),
        ("INT(1,2)", [1, 2]),
    ],
)
def test_values_are_in_their_order(text: str, values: list[Any]) -> None:
    found = [repr(value) for value in _values(text)]
    assert list(dict.fromkeys(found)) == [repr(value) for value in values]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "must be int(2,10)"),
        ("2,10", "must be int(2,10)"),
        ("flot(0,1)", "did you mean 'float'"),
        ("int", "it has no values"),
        ("int(1)", "a lower and an upper end"),
        ("int(1.5,2)", "'1.5' is no whole number"),
        ("int(5,2)", "its lower end 5 is above 2"),
        ("int(0,5,log)", "a lower end above 0"),
        ("int(1,5,lag)", "'lag' is neither log nor step="),
        ("int(1,5,log,step=2)", "give one of them"),
        ("int(1,5,step=0)", "its step must be above 0"),
        ("float(0,inf)", "is not finite"),
        ("float(a,1)", "'a' is no number"),
        ("float(0,1,step=1e-9)", "steps"),
        ("choice(a,,b)", "a value is missing"),
        ("choice('a,b)", "a quotation mark is missing"),
        ("bool(1)", "it takes no values"),
    ],
)
def test_what_cannot_be_read_is_one_line_with_the_forms(text: str, reason: str) -> None:
    with pytest.raises(SpaceError) as caught:
        read_space_text(text, "--param depth")
    message = str(caught.value)
    assert reason in message
    assert message.startswith("--param depth = ")
    assert "choice(a,b,c)" in message
    assert "\n" not in message


def test_texts_and_other_forms_are_one_space() -> None:
    space = read_space(
        {
            "depth": "int(1,3)",
            "rate": loguniform(0.01, 1),
            "kind": ["a", "b"],
            "leaf": {"type": "integer", "low": 1, "high": 4, "when": {"kind": ["a"]}},
        }
    )
    (branch,) = space.branches
    assert sorted(space.names) == ["depth", "kind", "leaf", "rate"]
    assert branch.is_active("leaf", {"kind": "a"})
    assert not branch.is_active("leaf", {"kind": "b"})


@pytest.mark.parametrize(
    "given", [{}, 3, {"a": 3}, {"a": []}, {"a": {"type": "integer", "low": 2, "high": 1}}]
)
def test_a_wrong_space_is_named(given: Any) -> None:
    with pytest.raises(SpaceError, match=r"^limits"):
        read_space(given, "limits")
