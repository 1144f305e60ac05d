from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from foretune.logs import LogError, import_logs
from foretune.logs.files import named_log
from foretune.logs.metafeatures import tidy_metafeatures
from foretune.metafeatures import MetafeatureExtractor
from foretune.tasks import Task

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


@pytest.fixture
def described() -> pd.DataFrame:
    """Describe three tasks by Foretune's own extractor."""
    rng = np.random.default_rng(0)
    tasks = [
        Task(
            name, "regression", pd.DataFrame(rng.normal(size=(20 + at, 2 + at))).add_prefix("x"), pd.Series(y)
        )
        for at, (name, y) in enumerate(zip(TASKS, (rng.normal(size=20 + at) for at in range(3)), strict=True))
    ]
    return MetafeatureExtractor(["simple"], random_state=3).extract_many(tasks)


@pytest.mark.slow
def test_it_is_kept_how_foretune_described_the_tasks(described: pd.DataFrame, tmp_path: Path) -> None:
    described.to_parquet(tmp_path / "mf.parquet")
    trials = pd.DataFrame(
        [{"task_id": name, "param_C": C, "score": C * at} for at, name in enumerate(TASKS) for C in (1, 2)]
    )
    for given in (described, described.set_index("task_id"), tmp_path / "mf.parquet"):
        logs = import_logs(trials, given)
        settings = logs.metafeatures.attrs["metafeature_settings"]
        assert MetafeatureExtractor.from_settings(settings).settings() == settings
        assert settings["random_state"] == 3
        memory = logs.train_memories()["any"]
        assert memory.provenance is not None
        assert memory.provenance.metafeature_settings == settings
    described.to_csv(tmp_path / "mf.csv", index=False)
    assert import_logs(trials, tmp_path / "mf.csv").metafeatures.attrs == {}


def test_columns_of_others_are_not_described_by_foretune(
    described: pd.DataFrame, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    mixed = described.assign(theirs=[1, 2, 3])
    assert tidy_metafeatures(named_log(mixed, "mf"), TASKS).attrs == {}
    assert "mf: 1 column not of Foretune's extractor ('theirs')" in caplog.text


@pytest.mark.parametrize("settings", [{"groups": ["unknown"]}, {"other": 1}, ["simple"], {"n_folds": "x"}])
def test_settings_of_another_making_are_not_believed(
    settings: Any, described: pd.DataFrame, caplog: pytest.LogCaptureFixture
) -> None:
    described.attrs["metafeature_settings"] = settings
    tidy = tidy_metafeatures(named_log(described, "mf"), TASKS)
    assert tidy.attrs == {}
    assert len(tidy) == 3
    assert "mf: its extractor's settings cannot be used" in caplog.text


def test_the_log_s_own_attributes_are_left_alone(described: pd.DataFrame) -> None:
    before = dict(described.attrs)
    named_log(described, "mf")
    assert described.attrs == before
