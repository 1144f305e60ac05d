from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from foretune.logs import LogError
from foretune.logs.checks import (
    CellCheck,
    check_schema,
    fail_at,
    is_boolean,
    is_given,
    is_given_if_any,
    is_not_infinite,
    is_number_or_missing,
    require_column,
)
from foretune.logs.files import named_log

Check = Callable[[pd.Series], pd.Series]


@pytest.fixture
def log() -> pd.DataFrame:
    return named_log(pd.DataFrame({"task_id": ["a", "b", "c"], "score": [0.5, np.inf, np.inf]}), "trials.csv")


def test_a_column_that_is_missing_is_named_with_the_closest_that_is_there(log: pd.DataFrame) -> None:
    require_column(log, "score")
    with pytest.raises(LogError, match=r"trials\.csv has no column 'score'.* did you mean 'Score'\?"):
        require_column(log.rename(columns={"score": "Score"}), "score")
    with pytest.raises(LogError, match="has no column 'family': its columns are 'task_id', 'score'"):
        require_column(log, "family")


def test_the_first_wrong_row_is_shown_and_the_others_are_counted(log: pd.DataFrame) -> None:
    fail_at(log, "score", [False] * 3, "is wrong")
    with pytest.raises(LogError, match=r"^trials\.csv, row 2: score = inf is wrong \(1 more row like .*\)$"):
        fail_at(log, "score", [False, True, True], "is wrong")


def test_a_long_value_is_shortened() -> None:
    log = named_log(pd.DataFrame({"score": ["x" * 500]}), "trials")
    with pytest.raises(LogError, match=r"score = 'x+\.\.\. is no number$") as caught:
        fail_at(log, "score", [True], "is no number")
    assert len(str(caught.value)) < 110


def test_the_first_check_of_a_schema_that_fails_is_reported(log: pd.DataFrame) -> None:
    finite = CellCheck(is_not_infinite, "is infinite")
    check_schema(log, {"task_id": [], "another": [finite]})
    with pytest.raises(LogError, match=r"trials\.csv, row 2: score = inf is infinite \(1 more row"):
        check_schema(log, {"score": [CellCheck(is_given, "is empty"), finite]})
    given = CellCheck(is_given, "is empty: every row needs one")
    with pytest.raises(LogError, match="row 3: task_id is empty: every row needs one"):
        check_schema(log.assign(task_id=["a", "b", ""]), {"task_id": [given], "score": [finite]})


@pytest.mark.parametrize(
    ("check", "cells", "expected"),
    [
        (is_number_or_missing, ["1", "", "x"], [True, True, False]),
        (is_not_infinite, [1e38, 1e39, -np.inf, np.nan], [True, False, False, True]),
        (is_given, ["a", "NA", None], [True, False, False]),
        (is_given_if_any, ["a", None], [True, False]),
        (is_given_if_any, [None, None], [True, True]),
        (is_boolean, ["true", "0", "", "2", "yes"], [True, True, True, False, False]),
    ],
)
def test_checks_of_cells_keep_the_rows(check: Check, cells: list[Any], expected: list[bool]) -> None:
    checked = check(pd.Series(cells, index=range(7, 7 + len(cells))))
    assert checked.tolist() == expected
    assert checked.index[0] == 7
