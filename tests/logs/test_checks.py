from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pytest

from foretune.logs.checks import (
    check_schema,
    fail_at,
    is_boolean,
    is_given,
    is_given_if_any,
    is_not_infinite,
    is_number_or_missing,
    require_column,
)
from foretune.logs.errors import LogError
from foretune.logs.files import name_of
from foretune.spaces.encoding import LARGEST_NUMBER

LOG = pd.DataFrame({"Task ID": ["a", "b", "c"], "score": [0.5, np.float64(1.5), "x" * 70]}, index=[2, 3, 4])


@pytest.mark.parametrize(
    ("column", "hint"),
    [
        ("task_id", "did you mean 'Task ID'? "),
        ("scores", "did you mean 'score'? "),
        ("learner", ""),
    ],
)
def test_a_missing_column_is_named_with_the_closest(column: str, hint: str) -> None:
    require_column(LOG, "score")
    with pytest.raises(LogError) as caught:
        require_column(LOG, column)
    assert str(caught.value) == (
        f"{name_of(LOG)} has no column '{column}': {hint}its columns are 'Task ID', 'score'"
    )


def test_the_first_wrong_row_is_named_with_the_number_of_others() -> None:
    fail_at(LOG, "score", [False] * 3, "is above 1")
    with pytest.raises(LogError) as caught:
        fail_at(LOG, "score", [False, True, False], "is above 1")
    assert str(caught.value) == f"{name_of(LOG)}, row 3: score = 1.5 is above 1"
    with pytest.raises(LogError, match=r"row 3: score = 1\.5 is above 1 \(1 more row like this\)$"):
        fail_at(LOG, "score", [False, True, True], "is above 1")
    with pytest.raises(LogError, match=r"row 2: score = 0\.5: leave it out \(2 more rows like this\)$"):
        fail_at(LOG, "score", [True] * 3, ": leave it out")


def test_long_values_are_cut_and_empty_ones_are_said() -> None:
    with pytest.raises(LogError, match=rf"row 4: score = '{'x' * 56}\.\.\. is no number$"):
        fail_at(LOG, "score", [False, False, True], "is no number")
    with pytest.raises(LogError, match=r"row 2: score is empty; give it a value$"):
        fail_at(LOG, "score", [True, False, False], "is empty; give it a value")


def test_a_schema_says_its_first_failure() -> None:
    check = pa.Check(is_number_or_missing, error="is no number", element_wise=False)
    schema = pa.DataFrameSchema({"score": pa.Column(checks=[check], nullable=True)})
    check_schema(LOG.head(2), schema)
    both = LOG.assign(score=["one", 1.5, "two"])
    with pytest.raises(LogError, match=r"row 2: score = 'one' is no number \(1 more row like this\)$"):
        check_schema(both, schema)


Check = Callable[[pd.Series], pd.Series]


@pytest.mark.parametrize(
    ("check", "cells", "passed"),
    [
        (is_number_or_missing, ["1", "", "None", "one"], [True, True, True, False]),
        (is_not_infinite, ["1", "inf", "-1e39", "x", str(LARGEST_NUMBER)], [True, False, False, True, True]),
        (is_given, ["a", "", None, "0"], [True, False, False, True]),
        (is_given_if_any, ["a", ""], [True, False]),
        (is_given_if_any, ["", None], [True, True]),
        (is_boolean, ["0", "1", "true", "False", "", "2", "yes"], [True] * 5 + [False] * 2),
    ],
)
def test_each_cell_is_checked(check: Check, cells: list[str | None], passed: list[bool]) -> None:
    column = pd.Series(cells, index=range(5, 5 + len(cells)), dtype=object)
    found = check(column)
    assert found.tolist() == passed
    assert found.index.equals(column.index)
