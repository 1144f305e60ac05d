from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretune.tasks.sources.keel import parse_keel

EXAMPLE = """\
% a comment, with a comma
@RELATION 'an example'
@attribute At1 real[0.0,1.0]
@Attribute 'two words' integer [0, 9]
@attribute colour{red, 'dark blue'}
@attribute code { 1 , 2 }
@attribute remark string
@inputs At1, colour
@outputs code

@data
0.5, 1, red, 1, ab
? , <null>, 'dark blue' ,2, ?
% another comment
 1e-1 ,3,? , 1 ,"c d"
"""


def test_the_dialect() -> None:
    table = parse_keel(EXAMPLE.replace('"c d"', "'c, d'"))
    assert list(table.columns) == ["At1", "two words", "colour", "code", "remark"]
    np.testing.assert_array_equal(table["At1"], [0.5, np.nan, 0.1])
    np.testing.assert_array_equal(table["two words"], [1, np.nan, 3])
    nominal = table[["colour", "code", "remark"]]
    assert all(isinstance(dtype, pd.CategoricalDtype) for dtype in nominal.dtypes)
    texts = nominal.astype(object).where(nominal.notna(), None)
    assert texts["colour"].tolist() == ["red", "dark blue", None]
    assert texts["code"].tolist() == ["1", "2", "1"]
    assert texts["remark"].tolist() == ["ab", None, "c, d"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "no line '@data'"),
        ("@relation r\n@data\n1,2\n", "no line '@attribute'"),
        ("@attribute\n@data\n1\n", "cannot read the attribute line '@attribute'"),
        ("@attribute a real\n@attribute b real\n@data\n1,2\n1\n", "data row 2 has 1 values instead of 2"),
        ("@attribute a real\n@attribute b real\n@data\n1,2,3\n", "data row 1 has 3 values instead of 2"),
        ("@attribute a real\n@data\n1\nx\n", "attribute 'a' is numeric, but"),
    ],
)
def test_what_is_no_keel_file(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_keel(text)


NAMES = st.text("abcXYZ019_-()", min_size=1, max_size=8)
LABELS = st.text("abc xyz019_-", min_size=1, max_size=6).map(str.strip).filter(bool)
NUMBERS = st.none() | st.integers(-1000, 1000) | st.floats(-1e6, 1e6)
ROWS = st.lists(st.tuples(NUMBERS, st.none() | LABELS), min_size=1, max_size=15)


@settings(deadline=None)
@given(
    names=st.lists(NAMES, min_size=2, max_size=2, unique=True),
    rows=ROWS,
    missing=st.sampled_from(["?", "<null>", " ? "]),
    quote=st.sampled_from(["", "'", '"']),
    space=st.sampled_from(["", " ", "  "]),
    case=st.sampled_from([str.lower, str.upper, str.title]),
)
def test_round_trip(
    names: list[str],
    rows: list[tuple[float | None, str | None]],
    missing: str,
    quote: str,
    space: str,
    case: Callable[[str], str],
) -> None:
    declared = ",".join(f"{space}{quote}{label}{quote}" for _, label in rows if label is not None)
    lines = [
        f"{case('@relation')} r",
        f"{case('@attribute')} {quote}{names[0]}{quote} real",
        f"{case('@attribute')} {quote}{names[1]}{quote} {{{declared}}}",
        case("@data"),
    ]
    for number, label in rows:
        left = missing if number is None else repr(number)
        right = missing if label is None else f"{quote}{label}{quote}"
        lines.append(f"{left}{space},{space}{right}{space}")
    table = parse_keel("\n".join(lines))
    assert list(table.columns) == names
    expected = np.array([np.nan if number is None else number for number, _ in rows], dtype=float)
    np.testing.assert_array_equal(table[names[0]].to_numpy(dtype=float), expected)
    labels = table[names[1]].astype(object)
    assert labels.where(labels.notna(), None).tolist() == [label for _, label in rows]
