from __future__ import annotations

import decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretune.tables.cells import is_code, is_missing_text, label_value, read_number, read_numbers


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, 3.0),
        (np.float32(0.5), 0.5),
        (decimal.Decimal("1.25"), 1.25),
        (np.True_, 1.0),
        ("False", 0.0),
        (" 12.5 ", 12.5),
        ("-1e-3", -0.001),
        (".5", 0.5),
        ("1,234,567.8", 1234567.8),
        ("1 234", 1234.0),
        ("1'234", 1234.0),
        ("1\u202f234", 1234.0),
        ("$1,234.50", 1234.5),
        ("-$5", -5.0),
        ("12 €", 12.0),
        ("USD 7", 7.0),
        ("12.5%", 12.5),
        ("US$ 5", 5.0),
        ("Rs. 1,25,000", 125000.0),
        (10**400, None),
        (decimal.Decimal("sNaN"), None),
        (np.timedelta64(5, "h"), None),
        ("(5)", -5.0),
        ("\N{MINUS SIGN}3", -3.0),
        ("1,23", None),
        ("0,123", None),
        ("12,34,567", 1234567.0),
        ("12,34,56", None),
        ("1,257E+02", None),
        ("1.257E+02", 125.7),
        ("24.5[1]", 24.5),
        ("24.5*", 24.5),
        ("24,-", 24.0),
        ("24.\N{EN DASH}", 24.0),
        ("2.5\N{MULTIPLICATION SIGN}10^3", 2500.0),
        ("2.5D-03", 0.0025),
        ("1\u2009234", 1234.0),
        ("3 \N{PER MILLE SIGN}", 3.0),
        ("24.5-25", None),
        ("1_000", None),
        ("0x10", None),
        ("nan", None),
        ("12 kg", None),
        ("3+", None),
        ("", None),
        ("1 2", None),
        (1j, None),
        (None, None),
        ([1], None),
    ],
)
def test_numbers_are_read(value: Any, number: float | None) -> None:
    assert read_number(value) == number
    assert read_numbers([value]) == [number]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,5", 1.5),
        ("1.234,5", 1234.5),
        ("1,257E+02", 125.7),
        ("-1,5e-3", -0.0015),
        ("1.257E+02", None),
        ("1.234.567", 1234567.0),
        ("0,123", 0.123),
        ("1.5", None),
        ("7", 7.0),
    ],
)
def test_the_decimal_mark_may_be_a_comma(text: str, number: float | None) -> None:
    assert read_number(text, ",") == number


@settings(deadline=None)
@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**15), 10**15), min_size=1)
)
def test_a_number_is_read_from_its_text_to_the_bit(numbers: list[float]) -> None:
    texts = [repr(number) for number in numbers]
    assert read_numbers(texts) == [float(number) for number in numbers]
    assert read_numbers([*texts, "?"])[:-1] == [float(number) for number in numbers]


def test_codes_and_texts_for_missing_values_are_known() -> None:
    assert [text for text in ("00501", "0", "0.5", "501", "0x1") if is_code(text)] == ["00501"]
    missing = ["", "  ", "?", "NA", "n/a", "None", "null", "-", "#N/A"]
    assert [text for text in [*missing, "no", "x", "0"] if is_missing_text(text)] == missing


def test_labels_of_the_same_value_are_alike() -> None:
    same = [
        ["1", " 1.0", "True", "+1", "1e0"],
        ["2024-01-05", "2024-01-05 00:00:00"],
        ["a", " a"],
        ["A"],
        ["$1"],
    ]
    values = [{label_value(label) for label in labels} for labels in same]
    assert [len(one) for one in values] == [1] * len(same)
    assert len(set().union(*values)) == len(same)
    assert label_value("12345678901234567890") != label_value("12345678901234567891")
