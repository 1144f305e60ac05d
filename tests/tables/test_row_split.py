from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretune.tables import RowSplit, SplitColumn, TableError
from foretune.tables.row_split import find_block_starts

DAYS = pd.date_range("2024-01-01", periods=6, freq="D")


def read(values: Any, kind: Any = "time", **options: Any) -> RowSplit:
    frame = pd.DataFrame({"by": values, "y": range(len(values))})
    return SplitColumn(kind, "by").read(frame, **options)


def test_groups_are_numbered_as_they_occur() -> None:
    split = read(["b", "a", "b", "c"], "groups")
    assert split.codes.tolist() == [0, 1, 0, 2]
    assert (split.n_distinct, split.most_folds, split.column) == (3, 3, "by")


@pytest.mark.parametrize(
    "values",
    [
        DAYS[[3, 0, 5, 0]],
        pd.Series(DAYS[[3, 0, 5, 0]]).dt.tz_localize("Europe/Berlin"),
        DAYS[[3, 0, 5, 0]].strftime("%d.%m.%Y"),
        [2023, 2020, 2025, 2020],
        ["3.5", "0.5", "10.5", "0.5"],
        pd.to_timedelta([3, 0, 5, 0], unit="D"),
    ],
    ids=["dates", "zone", "texts", "numbers", "numbers as text", "durations"],
)
def test_times_of_any_kind_are_in_order(values: Any) -> None:
    split = read(values)
    assert split.codes.tolist() == [1, 0, 2, 0]
    assert (split.n_distinct, split.most_folds) == (3, 2)


def test_the_hour_that_occurs_twice_a_year_is_in_order() -> None:
    hours = pd.Series(pd.date_range("2024-10-27", periods=5, freq="h", tz="UTC")).dt.tz_convert(
        "Europe/Berlin"
    )
    assert read(hours).codes.tolist() == [0, 1, 2, 3, 4]


def test_what_is_the_day_and_what_the_month_can_be_said() -> None:
    texts = ["1/2/2024", "2/1/2024"]
    assert read(texts).codes.tolist() == [0, 1]
    assert any("month" in note for note in read(texts).notes)
    assert read(texts, column_types={"by": "day_first"}).codes.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        ("groups", ["a", None, "b"], "groups column 'by' has no group in 1 row: fill them in"),
        ("groups", ["a", "a", "a"], "groups column 'by' has one group only"),
        ("groups", [[1], [2], [1]], "groups column 'by' holds lists or other objects"),
        ("time", [DAYS[0], None, DAYS[1]], "time column 'by' has no time in 1 row"),
        ("time", [2020, 2020, 2020], "time column 'by' has one time only"),
        (
            "time",
            ["spring", "autumn", "spring"],
            "time column 'by' cannot be read, such as 'spring'",
        ),
        (
            "time",
            [*pd.date_range("2024-01-01", periods=60).strftime("%Y-%m-%d"), "2024-02-31"],
            "time column 'by' has 1 cell that cannot be read, such as '2024-02-31'",
        ),
    ],
)
def test_what_cannot_split_rows_is_said(kind: Any, values: Any, message: str) -> None:
    with pytest.raises(TableError, match=re.escape(message)) as caught:
        read(values, kind)
    assert "\n" not in str(caught.value)


def test_a_column_that_is_not_there_or_the_target_is_said() -> None:
    with pytest.raises(TableError, match=r"groups names 'costumer', which is not in the table.*customer"):
        SplitColumn("groups", "costumer").check(["customer", "y"], "y")
    with pytest.raises(TableError, match="time names the target 'y'"):
        SplitColumn("time", "y").check(["day", "y"], "y")
    with pytest.raises(TableError, match="both given"):
        SplitColumn.of("customer", "day")
    with pytest.raises(TableError, match="keep_split_column needs"):
        SplitColumn.of(None, None, is_feature=True)


def test_the_problem_of_folds_is_said() -> None:
    groups = RowSplit("groups", np.array([0, 0, 1, 1, 2]), "customer")
    assert groups.find_problem(3) == ""
    assert "customer' has 3 groups for 5 folds" in groups.find_problem(5)
    times = RowSplit("time", np.arange(6), "day")
    assert times.find_problem(5) == ""
    assert "day' has 6 different times for 6 folds: one more than that are needed" in times.find_problem(6)
    assert times.find_problem(2, np.array([0, 1, 0, 1, 0, 1])) == ""
    assert "the earliest 2 rows" in times.find_problem(2, np.array([0, 0, 0, 1, 0, 1]))
    assert groups.find_problem(3, np.array([0, 1, 0, 1, 0])) == ""
    assert "without one of its groups" in groups.find_problem(3, np.array([0, 1, 0, 0, 0]))
    assert "without one of its groups" in groups.find_problem(2, np.array([1, 2, 0, 0, 0]))


def test_some_rows_keep_the_order_of_their_codes() -> None:
    split = RowSplit("groups", np.array([0, 1, 2, 3, 1]), "customer", ("note",))
    some = split.take(np.array([1, 3, 4]))
    assert (some.codes.tolist(), some.column, some.notes) == ([0, 1, 0], "customer", ("note",))


@given(st.lists(st.integers(0, 12), min_size=4, max_size=60), st.integers(2, 6))
def test_blocks_are_of_whole_times_and_none_is_empty(times: list[int], n_blocks: int) -> None:
    codes = np.unique(times, return_inverse=True)[1]
    if codes.max() < n_blocks:
        with pytest.raises(ValueError, match="one more time than folds"):
            find_block_starts(codes, n_blocks)
        return
    starts = find_block_starts(codes, n_blocks)
    assert len(starts) == n_blocks
    assert starts[0] > 0
    assert starts == sorted(set(starts))
    assert starts[-1] <= codes.max()
