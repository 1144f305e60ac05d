from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier

from foretune.logs import import_logs, read_log
from foretune.logs.constructor_values import write_params
from foretune.logs.files import named_log
from foretune.logs.parameters import LogParameters
from foretune.logs.trials import tidy_trials


def _params(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Write rows as a log, and read the configurations of its only task in their order."""
    log = pd.DataFrame([{f"param_{name}": value for name, value in row.items()} for row in rows])
    log = log.assign(task_id="t", score=np.arange(len(rows)) / len(rows))
    return _read(named_log(log, "trials"))


def _read(log: pd.DataFrame) -> list[dict[str, Any]]:
    tidy = tidy_trials(log, LogParameters()).sort_values("score")
    return [json.loads(text) for text in tidy["params"]]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([10.0, 20.0, np.nan], [10, 20, None]),
        ([1.0, 0.5], [1.0, 0.5]),
        (["sqrt", 0.5, 1.0], ["sqrt", 0.5, 1.0]),
        # Counts beside shares, as min_samples_split takes them
        ([2.0, 8.0, 0.01], [2, 8, 0.01]),
        ([-1.0, 0.0, 1.0], [-1, 0, 1]),
        (["3", "None", "null"], [3, "is None", "is None"]),
        ([True, False], [True, False]),
        (["true", "FALSE"], [True, False]),
        (["1e-3", "0.1"], [0.001, 0.1]),
    ],
)
def test_values_are_what_a_constructor_takes(values: list[Any], expected: list[Any]) -> None:
    # The second column keeps rows apart in which the first is inactive
    found = _params([{"a": value, "b": number} for number, value in enumerate(values)])
    for params, wanted in zip(found, expected, strict=True):
        if wanted is None:
            assert "a" not in params
        elif wanted == "is None":
            assert params["a"] is None
        else:
            assert params["a"] == wanted
            assert type(params["a"]) is type(wanted)


def test_a_share_of_one_is_not_the_number_one() -> None:
    found = _params([{"max_features": 1.0}, {"max_features": 0.3}, {"max_features": "sqrt"}])
    assert [type(params["max_features"]) for params in found] == [float, float, str]
    alone = _params([{"max_features": 1.0, "max_depth": depth, "min_samples_leaf": 1.0} for depth in (1, 2)])
    assert {type(params["max_features"]) for params in alone} == {float}
    assert {type(params["min_samples_leaf"]) for params in alone} == {int}
    counts = _params([{"max_features": number} for number in (1.0, 2.0, 5.0)])
    assert {type(params["max_features"]) for params in counts} == {int}


def test_each_learner_has_types_of_its_own() -> None:
    log = pd.DataFrame(
        {
            "task_id": "t",
            "score": [1, 2, 3, 4],
            "learner": ["a", "a", "b", "b"],
            "param_x": [1.0, 2.0, 0.5, 1.0],
        }
    )
    assert [str(params["x"]) for params in _read(named_log(log, "trials"))] == ["1", "2", "0.5", "1.0"]


def test_what_never_varies_or_has_too_many_texts_is_kept() -> None:
    rows = [{"n": 200, "C": number, "name": f"text{number}"} for number in range(60)]
    found = _params(rows)
    assert found == rows
    logs = pd.DataFrame([{f"param_{name}": value for name, value in row.items()} for row in rows])
    logs = logs.assign(task_id="t", score=range(60))
    assert "param_n" not in tidy_trials(named_log(logs, "trials"), LogParameters())


def test_equal_configurations_are_written_once_and_alike() -> None:
    ids = pd.Series(["x", "y", "x", "z"], index=[3, 1, 4, 5])
    learners = pd.Series(["svm", "svm", "svm", "forest"], index=ids.index)
    values = pd.DataFrame(
        {"param_C": [1.0, 0.5, 1.0, np.nan], "param_depth": [np.nan, np.nan, np.nan, 3.0]}, index=ids.index
    )
    assert write_params(learners, ids, values).to_dict() == {
        3: '{"C": 1.0}',
        1: '{"C": 0.5}',
        4: '{"C": 1.0}',
        5: '{"depth": 3}',
    }


VALUES = st.fixed_dictionaries(
    {
        "n_estimators": st.integers(1, 500),
        "max_depth": st.none() | st.integers(1, 30),
        "max_features": st.sampled_from(["sqrt", "log2", 0.25, 0.5, 1.0]),
        "bootstrap": st.booleans(),
        "min_impurity_decrease": st.floats(0, 1).map(lambda value: float(f"{value:.6g}")),
    }
)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(rows=st.lists(VALUES, min_size=2, max_size=8, unique_by=lambda row: str(sorted(row.items()))))
def test_a_csv_gives_back_what_was_tried(
    rows: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    # One value of each says of which type the column is
    first = {"n_estimators": 7, "max_depth": None, "max_features": 0.75, "bootstrap": True}
    rows = [{**first, "min_impurity_decrease": 0.125}, *rows]
    table = pd.DataFrame(
        [{f"param_{name}": value for name, value in row.items()} for row in rows], dtype=object
    )
    path: Path = tmp_path_factory.mktemp("logs") / "trials.csv"
    table.assign(task_id="t", score=range(len(rows))).to_csv(path, index=False, na_rep="None")
    for params, tried in zip(_read(read_log(path)), rows, strict=True):
        assert params == tried
        assert RandomForestClassifier(**params).get_params() == RandomForestClassifier(**tried).get_params()
        assert type(params["max_features"]) is type(tried["max_features"])


def test_the_memory_recommends_them(trials: pd.DataFrame) -> None:
    logs = import_logs(trials.assign(param_seed=3))
    memory = logs.train_memories()["any"]
    assert memory.provenance is not None
    known = [(one.learner, one.params) for one in memory.provenance.configurations.values()]
    assert ("svm", {"C": 0.5, "kernel": "rbf", "seed": 3}) in known
    assert ("forest", {"max_depth": None, "bootstrap": False, "seed": 3}) in known
