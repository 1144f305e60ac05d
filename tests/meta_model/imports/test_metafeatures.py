from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foretune.meta_model.imports import LogError
from foretune.meta_model.imports.files import named_log
from foretune.meta_model.imports.metafeatures import tidy_metafeatures

TASKS = ["a", "b", "c"]
NAN = float("nan")


def _tidy(**columns: list[object]) -> pd.DataFrame:
    return tidy_metafeatures(named_log(pd.DataFrame(columns), "mf.csv"), TASKS)


def test_numbers_of_the_known_tasks_are_kept(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    tidy = _tidy(
        task_id=["c", "a", "z", "b"],
        size=["10", "20", "30", "?"],
        flag=[True, False, True, None],
        name=["x", "y", "z", "w"],
        ratio=[float("inf"), 1.0, 2.0, 1e300],
        constant=[1, 1, 2, 1],
        unknown=[None] * 4,
        **{"Unnamed: 0": [0, 1, 2, 3]},
    )
    expected = pd.DataFrame({"task_id": ["a", "b", "c"], "size": [20, NAN, 10], "flag": [0, NAN, 1]})
    pd.testing.assert_frame_equal(tidy, expected, check_dtype=False)
    assert "columns of texts are no metafeatures, dropped: 'name'" in caplog.text
    assert "infinite values count as missing, in 1 column: 'ratio in row 1'" in caplog.text
    assert "1 task without trials ignored: 'z'" in caplog.text
    assert (
        "3 metafeatures without two different values dropped: 'ratio', 'constant', 'unknown'" in caplog.text
    )


def test_tasks_that_nothing_describes_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    tidy = _tidy(task_id=["a", "b", "c"], size=[1.0, 2.0, NAN], other=[3.0, 1.0, NAN])
    assert tidy["task_id"].tolist() == ["a", "b"]
    assert "mf.csv: 1 of 3 tasks without metafeatures; they count as missing" in caplog.text


def test_there_may_be_none() -> None:
    for nothing in (None, named_log(pd.DataFrame(), "metafeatures")):
        assert tidy_metafeatures(nothing, TASKS).columns.tolist() == ["task_id"]


def test_equal_rows_are_one() -> None:
    assert len(_tidy(task_id=["a", "a", "b"], size=[1, 1.0, 2])) == 2


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"dataset": ["a"], "size": [1]},
            "mf.csv has no column 'task_id': its columns are 'dataset', 'size'",
        ),
        ({"task_id": ["a", ""], "size": [1, 2]}, "mf.csv, row 2: task_id is empty: every row needs its task"),
        (
            {"task_id": ["a", "b", "a"], "size": [1, 2, 3]},
            "mf.csv, row 3: task_id = 'a' has another row with other values: a task has one row",
        ),
        (
            {"task_id": ["a", "b"], "size": ["1", "large"]},
            "mf.csv, row 2: size = 'large' is no number: leave it empty where it is not known",
        ),
        ({"task_id": [], "size": []}, "mf.csv has a header but no rows"),
        (
            {"task_id": ["a.csv", "b.csv"], "size": [1, 2]},
            "mf.csv describes no task of the trials: its task_id is 'a.csv' where theirs is 'a'",
        ),
    ],
)
def test_a_table_that_breaks_the_contract_is_one_line(columns: dict[str, list[object]], message: str) -> None:
    with pytest.raises(LogError) as caught:
        _tidy(**columns)
    assert str(caught.value) == message


def test_the_order_of_the_rows_changes_nothing() -> None:
    columns = pd.DataFrame({"task_id": TASKS, "x": np.arange(3.0), "y": [3.0, NAN, 1.0]})
    tidy = [tidy_metafeatures(named_log(columns.iloc[order], "m"), TASKS) for order in ([0, 1, 2], [2, 0, 1])]
    pd.testing.assert_frame_equal(*tidy)
