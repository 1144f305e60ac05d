"""Dictionaries of hyperparameters, read from the text that a CSV has of them."""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_selection import SelectKBest
from sklearn.svm import SVC

from foretune.logs.written_values import read_params


def double(x: float) -> float:
    return 2 * x


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (-3, -3),
        (3.0, 3.0),
        (1e-05, 1e-05),
        ("None", "None"),
        ('it\'s "<b>" np.int64(3)', 'it\'s "<b>" np.int64(3)'),
        (np.int64(3), 3),
        (np.int64(-3), -3),
        (np.uint8(3), 3),
        (np.float64(0.1), 0.1),
        (np.float32(0.5), 0.5),
        (np.str_("sqrt"), "sqrt"),
        (np.True_, True),
        (np.bool_(False), False),
        (math.inf, math.inf),
        (np.float64("inf"), math.inf),
        ((50, 50), (50, 50)),
        ((np.int64(50), 10), (50, 10)),
        ([1, None], [1, None]),
        ({0: 1.0, 1: np.float64(2.0)}, {0: 1.0, 1: 2.0}),
        (SVC(C=3), "SVC(C=3)"),
        (SelectKBest(k=np.int64(3)), "SelectKBest(k=np.int64(3))"),
    ],
)
def test_a_value_is_read_as_it_was(value: Any, expected: Any) -> None:
    read = read_params(str({"a": value, "b": None}))
    assert read == {"a": expected, "b": None}
    assert type(read["a"]) is type(expected)


def test_a_value_that_is_not_a_number_is_read() -> None:
    read = read_params(str({"a": np.float64("nan"), "b": math.nan}))
    assert read is not None
    assert all(math.isnan(value) for value in read.values())


def test_ordered_dictionaries_and_functions_are_read() -> None:
    assert read_params(str(OrderedDict({"a": np.int64(1), "b": None}))) == {"a": 1, "b": None}
    assert read_params("OrderedDict([('a', 1), ('b', None)])") == {"a": 1, "b": None}
    assert read_params(str({"metric": double, "b": None})) == {"metric": "<function double>", "b": None}


@pytest.mark.parametrize("text", ["", "x", "3", "{", "{1", "[1, 2]", "{'a': 1}; import os", "(" * 300])
def test_what_is_no_dictionary_is_none(text: str) -> None:
    assert read_params(text) is None


def test_nothing_is_run() -> None:
    read = read_params("{'a': __import__('os').getcwd(), 'b': np.load('x'), **c}")
    assert read is None
    read = read_params("{'a': __import__('os').getcwd(), 'b': np.load('x')}")
    assert read == {"a": "__import__('os').getcwd()", "b": "np.load('x')"}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.tuples(inner, inner) | st.lists(inner, max_size=3),
)


@settings(max_examples=100, deadline=None)
@given(params=st.dictionaries(st.text(), VALUES, max_size=4))
def test_any_literals_are_read_back(params: dict[str, Any]) -> None:
    assert read_params(str(params)) == params


@settings(max_examples=200, deadline=None)
@given(text=st.text(alphabet="{}[]()<>:,'\"-.np_int64True_ None"))
def test_any_text_is_a_dictionary_or_none(text: str) -> None:
    read = read_params(text)
    assert read is None or isinstance(read, dict)
