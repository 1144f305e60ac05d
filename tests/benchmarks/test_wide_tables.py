"""Times of wide tables: nothing that a user calls is quadratic in columns."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from wide_tables import KINDS, make_table, time_calls

FEW, MANY = 400, 1_600


@pytest.mark.thorough
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.filterwarnings("ignore")
def test_no_call_is_quadratic_in_columns(kind: str, tmp_path: Path) -> None:
    # What is loaded once only
    time_calls(make_table(kind, 4), tmp_path)
    few, many = (time_calls(make_table(kind, n), tmp_path) for n in (FEW, MANY))
    # Below a fifth of a second it is noise
    exponents = {
        name: math.log(many[name] / max(few[name], 0.05)) / math.log(MANY / FEW)
        for name in many
        if many[name] > 0.2
    }
    assert exponents
    assert max(exponents.values()) < 1.5, exponents
