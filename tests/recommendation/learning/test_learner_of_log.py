from __future__ import annotations

import logging
from typing import Any

import pandas as pd
import pytest

from foretune.logs import FoundLog, LogError
from foretune.recommendation.learning.learner_of_log import (
    hyperparameters_of,
    name_parameters,
    without_constants,
)


def _found(rows: list[dict[str, Any]], **known: Any) -> FoundLog:
    log = pd.DataFrame([{"task_id": "t", "score": 0.5, **_params(row)} for row in rows])
    return FoundLog(log, "here", **known)


def _params(row: dict[str, Any]) -> dict[str, Any]:
    return {f"param_{name}": value for name, value in row.items()}


def _named(found: FoundLog, learner: str | None = None, **names: str) -> pd.DataFrame:
    return name_parameters(found, learner, names).log


@pytest.mark.parametrize(
    ("own", "meant"),
    [
        ("learning_rate", "learning_rate"),
        ("eta", "learning_rate"),
        ("clf__learning_rate", "learning_rate"),
        ("xgb__eta", "learning_rate"),
        ("model.max_depth", "max_depth"),
        ("model.lr", "learning_rate"),
        ("lr", "learning_rate"),
        ("lambda", "reg_lambda"),
    ],
)
def test_names_are_those_of_the_constructor(own: str, meant: str) -> None:
    found = _found([{own: 0.1}, {own: 0.2}])
    log = name_parameters(found, "xgb", {"lr": "learning_rate"}).log
    assert log[f"param_{meant}"].tolist() == [0.1, 0.2]
    assert set(log["learner"]) == {"xgboost"}


def test_what_is_no_hyperparameter_is_left_out_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    found = _found(
        [{"max_depth": 1, "impute__k": 1, "n_jobs": 1}, {"max_depth": 2, "impute__k": 2, "n_jobs": 4}]
    )
    assert "param_impute__k" not in _named(found, "random_forest")
    (message,) = caplog.messages
    assert "1 parameter of random_forest is no hyperparameter of it and left out: 'impute__k'" in message


@pytest.mark.parametrize(
    ("params", "learner"),
    [
        (["n_neighbors", "weights"], "k_nearest_neighbours"),
        (["num_leaves", "min_child_samples"], "lightgbm"),
        (["svc__C", "svc__gamma"], "svm"),
    ],
)
def test_the_learner_is_told_from_names_that_only_it_has(params: list[str], learner: str) -> None:
    found = _found([dict.fromkeys(params, 1), dict.fromkeys(params, 2)])
    assert set(_named(found)["learner"]) == {learner}


def test_names_of_several_learners_are_asked_about() -> None:
    found = _found([{"learning_rate": 0.1, "max_depth": 3}, {"learning_rate": 0.2, "max_depth": 4}])
    with pytest.raises(LogError, match=r"here: which learner is it\? .* say it \(learner=, --learner\)"):
        _named(found)
    partly = _found([{"n_neighbors": 1, "a": 1, "b": 1, "c": 1}, {"n_neighbors": 2, "a": 2, "b": 2, "c": 2}])
    with pytest.raises(LogError, match="are those of k_nearest_neighbours in part only"):
        _named(partly)


def test_a_parameter_may_choose_the_learner() -> None:
    found = _found(
        [
            {"model": "RandomForestClassifier(n_estimators=7)", "max_depth": 3},
            {"model": "knn", "n_neighbors": 4},
        ]
    )
    log = _named(found)
    assert log["learner"].tolist() == ["k_nearest_neighbours", "random_forest"][::-1]
    assert log["param_max_depth"].tolist()[0] == 3
    assert "param_model" not in log


def test_an_estimator_says_learner_and_prefix() -> None:
    found = _found(
        [{"scale__k": 1, "mine__max_depth": 1}, {"scale__k": 2, "mine__max_depth": 2}],
        learner="XGBClassifier",
        prefix="mine__",
    )
    assert [name for name in map(str, _named(found)) if name.startswith("param_")] == ["param_max_depth"]


def test_a_learner_of_ones_own_has_any_parameters() -> None:
    found = _found([{"model.lr": 0.1, "hidden": 8, "data": "a"}, {"model.lr": 0.2, "hidden": 9, "data": "a"}])
    assert not hyperparameters_of("net")
    named = name_parameters(found, "net", {"lr": "rate"})
    assert named.used == {"lr"}
    assert set(named.log) == {"task_id", "score", "learner", "param_rate", "param_hidden", "param_data"}
    (kept,) = without_constants([named])
    assert "param_data" not in kept.log


def test_two_names_of_one_hyperparameter_are_no_guess() -> None:
    with pytest.raises(LogError, match="'eta', 'learning_rate' are all learning_rate"):
        _named(_found([{"eta": 0.1, "learning_rate": 0.2}]), "xgboost")
    log = _named(_found([{"eta": 0.1}, {"learning_rate": 0.2}]), "xgboost")
    assert log["param_learning_rate"].tolist() == [0.1, 0.2]


def test_nothing_is_said_of_what_is_known(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    _named(_found([{"C": 1.0}, {"C": 2.0}]), "svm")
    assert not caplog.messages
