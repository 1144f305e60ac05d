from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretune.base import TEXT, exact_numbers, pandas_releases, parse_numbers


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_numbers_of_a_csv_file_are_those_that_were_written(numbers: list[float]) -> None:
    content = "x\n" + "\n".join(map(repr, numbers))
    assert pd.read_csv(io.StringIO(content), **exact_numbers())["x"].tolist() == numbers


def test_where_pandas_rounds_it_is_asked_not_to(monkeypatch: pytest.MonkeyPatch) -> None:
    read = pd.read_csv

    def read_one_off(*args: Any, **options: Any) -> Any:
        return read(*args, **options).map(lambda number: np.nextafter(number, 1.0))

    monkeypatch.setattr(pd, "read_csv", read_one_off)
    assert pandas_releases.exact_numbers.__wrapped__() == {"float_precision": "round_trip"}


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_numbers_in_texts_are_those_that_were_written(numbers: list[float]) -> None:
    texts = pd.Series([*map(repr, numbers), " 2 ", "x", "", None])
    np.testing.assert_array_equal(parse_numbers(texts), [*numbers, 2.0, np.nan, np.nan, np.nan])


def test_where_pandas_rounds_texts_are_read_by_python(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = pd.Series(["0.1", " 2 ", "x", "inf", None])
    expected = parse_numbers(texts)
    read = pd.to_numeric
    monkeypatch.setattr(pandas_releases, "exact_numbers", lambda: {"float_precision": "round_trip"})
    monkeypatch.setattr(pd, "to_numeric", lambda *args, **options: read(*args, **options) * (1 - 2**-52))
    np.testing.assert_array_equal(parse_numbers(texts), expected)


def test_what_is_missing_is_no_text() -> None:
    column = pd.Series(["a", None, np.nan], dtype=object).astype(TEXT)
    assert column.isna().tolist() == [False, True, True]
    assert column.dtype == pd.Series([], dtype=TEXT).dtype
    assert pd.Series(["a"]).astype(TEXT).tolist() == ["a"]
