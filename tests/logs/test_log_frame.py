from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from foretune.logs import LogError, import_logs, read_log
from foretune.logs.log_frame import EvaluatedTrial, cell_of, combine_logs, make_log
from foretune.tables import write_table

PARAMS: list[dict[str, Any]] = [
    {"depth": None, "trees": 100, "bootstrap": True, "share": 0.1 + 0.2, "features": "sqrt"},
    {"depth": 3, "trees": 10, "bootstrap": False, "share": 1.0, "features": None, "gamma": 2},
    {"depth": 12, "trees": 1, "bootstrap": True, "share": 0.25, "features": 0.5},
]


@pytest.fixture
def log() -> pd.DataFrame:
    """Give the log of a task on which every configuration has a score."""
    return make_log([EvaluatedTrial(params, 0.5, 1.0) for params in PARAMS], "iris", "forest")


def test_integers_and_booleans_stay_what_they_are(log: pd.DataFrame) -> None:
    types = {"trees": "int64", "gamma": "Int64", "bootstrap": "boolean", "share": "float64"}
    assert {name: str(log[f"param_{name}"].dtype) for name in types} == types
    assert log["param_depth"].tolist() == ["None", "3", "12"]
    assert log["param_gamma"].isna().tolist() == [True, False, True]


@pytest.mark.parametrize("suffix", ["", ".parquet", ".csv"])
def test_the_arguments_of_the_constructor_come_out_as_they_went_in(
    log: pd.DataFrame, tmp_path: Path, suffix: str
) -> None:
    if suffix:
        write_table(log, tmp_path / f"log{suffix}")
    trials = import_logs(tmp_path / f"log{suffix}" if suffix else log).trials
    read = {params["trees"]: params for params in map(json.loads, trials["params"])}
    for params in PARAMS:
        found = read[params["trees"]]
        assert found == params
        assert {name: type(value) for name, value in found.items()} == {
            name: type(value) for name, value in params.items()
        }


def test_a_score_that_is_not_finite_is_missing() -> None:
    trials = [EvaluatedTrial({"C": 1}, score, None) for score in (math.inf, math.nan, 0.5)]
    log = make_log(trials, "iris", None)
    assert log["score"].isna().tolist() == [True, True, False]
    assert log.columns.tolist() == ["task_id", "score", "fit_seconds", "param_C"]
    assert log["fit_seconds"].dtype == "float64"


def test_no_trials_are_an_error() -> None:
    with pytest.raises(LogError, match="no complete trial of the task 'iris': nothing can be learned"):
        make_log([], "iris", "svm")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.float32(0.5), 0.5),
        (np.array(2), 2),
        (np.str_("a"), "a"),
        (float("nan"), "nan"),
        ((100, 50), "(100, 50)"),
        (np.array([1, 2]), "[1 2]"),
        (len, "builtins.len"),
        (None, "None"),
    ],
)
def test_a_cell_holds_plain_values(value: object, expected: object) -> None:
    assert cell_of(value) == expected
    assert type(cell_of(value)) is type(expected)


def test_logs_with_other_columns_and_types_are_put_below_each_other(log: pd.DataFrame) -> None:
    other = pd.DataFrame({"task_id": ["wine"], "score": [1], "param_trees": ["auto"], "param_new": [7]})
    both = combine_logs([log, other])
    assert len(both) == 4
    assert both["param_trees"].tolist() == ["100", "10", "1", "auto"]
    assert both["score"].tolist() == [0.5, 0.5, 0.5, 1.0]
    assert both["param_new"].dtype == "Int64"
    assert both["param_bootstrap"].dtype == "boolean"
    assert both["learner"].isna().tolist() == [False, False, False, True]


def test_what_is_no_log_is_not_put_below_one(log: pd.DataFrame, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("task_id,m0\niris,1\n")
    with pytest.raises(LogError, match=r"other\.csv has no column 'score'"):
        combine_logs([log, read_log(tmp_path / "other.csv")])
