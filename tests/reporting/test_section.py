from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foretune.reporting.section import MISSING, ReportTable, format_cell, sort_key


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, "yes"),
        (np.False_, "no"),
        (3, "3"),
        (np.int64(1200), "1200"),
        (0.0, "0"),
        (0.123456, "0.1235"),
        (-1.234, "-1.23"),
        (123.4, "123"),
        (0.00001234, "1.2e-05"),
        (float("nan"), MISSING),
        (pd.NA, MISSING),
        (None, MISSING),
        ("a <b>", "a <b>"),
        ([1, 2], "[1, 2]"),
    ],
)
def test_cells_are_short(value: object, written: str) -> None:
    assert format_cell(value) == written


def test_numbers_are_sorted_by_all_their_digits() -> None:
    assert [sort_key(value) for value in (0.12345678, 3, True, "a", None)] == [
        "0.12345678",
        "3.0",
        "1",
        "a",
        "",
    ]


def test_a_single_frame_has_no_option() -> None:
    frame = pd.DataFrame({"a": [1]})
    assert list(ReportTable("t", frame).frames) == [""]
    assert list(ReportTable("t", {"1": frame, "2": frame}).frames) == ["1", "2"]
