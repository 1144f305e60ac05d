from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foretune.logs.cells import MISSING_TEXTS, as_numbers, as_texts, is_plain, number_as_text

NAN = float("nan")


@pytest.mark.parametrize(
    ("cells", "values", "is_wrong"),
    [
        (pd.Series([1, 2]), [1, 2], [False, False]),
        (pd.Series([1, None], dtype="Int64"), [1, NAN], [False, False]),
        (pd.Series([True, False]), [1, 0], [False, False]),
        (pd.Series(["1.5", "", "2e3"]), [1.5, NAN, 2000], [False] * 3),
        (pd.Series(["1", "one", "None", "?"]), [1, NAN, NAN, NAN], [False, True, False, False]),
        (pd.Series(["true", "False", "TRUE", "yes"]), [1, 0, 1, NAN], [False, False, False, True]),
        (
            pd.Series([1, "x", None, True, 2.5], dtype=object),
            [1, NAN, NAN, 1, 2.5],
            [False, True] + [False] * 3,
        ),
    ],
)
def test_cells_are_read_as_numbers(cells: pd.Series, values: list[float], is_wrong: list[bool]) -> None:
    numbers = as_numbers(cells)
    np.testing.assert_array_equal(numbers.values, values)
    assert numbers.is_wrong.tolist() == is_wrong


@pytest.mark.parametrize(
    ("cells", "texts"),
    [
        (pd.Series([3.0, 0.1, np.nan, 1e-7]), ["3", "0.1", None, "1e-07"]),
        (pd.Series([1, 2**60]), ["1", str(2**60)]),
        (pd.Series([True, False]), ["True", "False"]),
        (pd.Series([" rbf ", "None", *MISSING_TEXTS]), ["rbf", "None", *[None] * len(MISSING_TEXTS)]),
        # One after the other, though 1, 1.0 and True are equal, and a list has no hash
        (
            pd.Series([1, True, 1.0, 2.5, None, [1, 2], np.array([3])], dtype=object),
            ["1", "True", "1", "2.5", None, "[1, 2]", "[3]"],
        ),
        (pd.Series(["a", "b"], dtype="category"), ["a", "b"]),
    ],
)
def test_cells_are_written_as_texts(cells: pd.Series, texts: list[str | None]) -> None:
    written = as_texts(cells.rename("cell"))
    assert [None if pd.isna(text) else text for text in written] == texts
    assert written.name == "cell"
    assert written.dtype == "str"


def test_rows_keep_their_names() -> None:
    assert as_texts(pd.Series([1.0, 2.0], index=[7, 9])).to_dict() == {7: "1", 9: "2"}


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (3.0, "3"),
        (-2, "-2"),
        (np.int64(5), "5"),
        (0.1 + 0.2, "0.3"),
        (1 / 3, "0.333333333333"),
        (2.0**53, "9.00719925474e+15"),
        (float(2**53 - 1), str(2**53 - 1)),
    ],
)
def test_numbers_have_twelve_digits_and_no_needless_point(number: float, text: str) -> None:
    assert number_as_text(number) == text


@pytest.mark.parametrize(
    ("cells", "plain"),
    [
        (pd.Series([1.5]), True),
        (pd.Series(["a"]), True),
        (pd.Series([True]), False),
        (pd.Series([1, "a"], dtype=object), False),
        (pd.Series(["a"], dtype="category"), False),
    ],
)
def test_plain_columns_are_numbers_or_strings(cells: pd.Series, plain: bool) -> None:
    assert is_plain(cells) == plain
