from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from foretune.base import TEXT
from foretune.logs.cells import as_numbers, as_texts, is_plain, number_as_text

MISSING: Any = None


@pytest.mark.parametrize("dtype", ["object", TEXT])
def test_texts_become_numbers_and_what_is_neither_is_marked(dtype: Any) -> None:
    cells = pd.Series(["1", " 2.5 ", "true", "False", "", "NA", "None", "?", "oops", MISSING], dtype=dtype)
    values, is_wrong = as_numbers(cells)
    np.testing.assert_array_equal(values, [1, 2.5, 1, 0, *[math.nan] * 6])
    assert is_wrong.tolist() == [False] * 8 + [True, False]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (pd.Series([1, MISSING, 3], dtype="Int64"), [1, math.nan, 3]),
        (pd.Series([True, MISSING], dtype="boolean"), [1, math.nan]),
        (pd.Series([0.1 + 0.2, math.inf]), [0.1 + 0.2, math.inf]),
        (pd.Series(["0.30000000000000004", ""], dtype=TEXT), [0.1 + 0.2, math.nan]),
    ],
)
def test_numbers_keep_all_their_digits(cells: pd.Series, expected: list[float]) -> None:
    values, is_wrong = as_numbers(cells)
    np.testing.assert_array_equal(values, expected)
    assert not is_wrong.any()


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (pd.Series([3.0, 0.5, math.nan]), ["3", "0.5", None]),
        (pd.Series([1, MISSING], dtype="Int64"), ["1", None]),
        (pd.Series([1, True, 1.0, None, "  a ", [1]], dtype=object), ["1", "True", "1", None, "a", "[1]"]),
        (pd.Series([np.array([1, 2]), np.float32(2)], dtype=object), ["[1, 2]", "2"]),
        (pd.Series(["nan", "None", " x", "x"], dtype=TEXT), [None, "None", "x", "x"]),
        (pd.Series([True, MISSING], dtype="boolean"), ["True", None]),
        (pd.Series(["b", "a", None], dtype="category"), ["b", "a", None]),
    ],
)
def test_equal_values_become_equal_texts(cells: pd.Series, expected: list[str | None]) -> None:
    texts = as_texts(cells.rename("c"))
    assert [None if pd.isna(text) else text for text in texts] == expected
    assert texts.name == "c"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (3.0, "3"),
        (np.int64(-4), "-4"),
        (0.1 + 0.2, "0.3"),
        (2.0**60, "1.15292150461e+18"),
        (2**60, str(2**60)),
    ],
)
def test_a_whole_number_has_no_decimal_point_and_others_twelve_digits(number: float, text: str) -> None:
    assert number_as_text(number) == text


def test_only_numbers_and_strings_are_plain() -> None:
    plain = [pd.Series([1]), pd.Series([0.5]), pd.Series(["a"], dtype=TEXT)]
    others = [pd.Series([True]), pd.Series([1], dtype=object), pd.Series(["a"], dtype="category")]
    assert [is_plain(cells) for cells in plain + others] == [True] * 3 + [False] * 3


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["0,637", "1,234", None], [0.637, 1.234, np.nan]),
        (["12,5", "3", "-0,5e-3"], [12.5, 3.0, -0.0005]),
        ([",5", "1,25"], [0.5, 1.25]),
    ],
)
def test_decimal_commas_are_read(cells: list[str | None], numbers: list[float]) -> None:
    read = as_numbers(pd.Series(cells, dtype=object))
    np.testing.assert_array_equal(read.values, numbers)
    assert not read.is_wrong.any()


@pytest.mark.parametrize("cells", [["1,234", "5,678"], ["0,5", "1.5"], ["0,5", "b"], ["1,2,3"]])
def test_a_comma_that_may_mean_something_else_is_no_number(cells: list[str]) -> None:
    assert as_numbers(pd.Series(cells, dtype=object)).is_wrong.any()
