from __future__ import annotations

import pandas as pd
import pytest

from foretune.base import quote_formulas


@pytest.mark.parametrize(
    ("cell", "quoted"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-1+1", "'-1+1"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\t=1", "'\t=1"),
        ("-0.5", "-0.5"),
        ("+3", "+3"),
        ("svm", "svm"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_a_text_that_would_be_a_formula_is_quoted(cell: str, quoted: str) -> None:
    table = pd.DataFrame({"name": [cell, None], "n": [-1.5, 2.0]})
    written = quote_formulas(table)
    assert written["name"][0] == quoted
    assert written["name"].isna().tolist() == [False, True]
    pd.testing.assert_series_equal(written["n"], table["n"])


def test_objects_categories_and_tables_without_rows_are_left_as_they_are() -> None:
    table = pd.DataFrame({"o": [1, "=x"], "c": pd.Categorical(["=y", "z"]), "k": [{"=": 1}, None]})
    assert quote_formulas(table)["o"].tolist() == [1, "'=x"]
    assert quote_formulas(table)["c"].tolist() == ["'=y", "z"]
    assert quote_formulas(table)["k"][0] == {"=": 1}
    assert quote_formulas(table.head(0)).empty
