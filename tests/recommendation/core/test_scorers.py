from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import get_scorer, get_scorer_names

from foretune import suggest
from foretune.base import TASK_TYPES, ArgumentError, TaskType
from foretune.learners import known_metrics
from foretune.recommendation.core.scorers import (
    NEAREST,
    SCORERS,
    check_asked_score,
    check_scorer_name,
    describe_other_metric,
    metric_to_predict,
    task_type_by_score,
)

RATINGS = [1, 2, 3] * 4


@pytest.mark.parametrize("task_type", TASK_TYPES)
def test_every_metric_of_the_engine_is_asked_for_by_its_scorer_or_name(task_type: TaskType) -> None:
    for metric in known_metrics(task_type):
        assert metric_to_predict(SCORERS[metric], task_type) == metric
        assert metric_to_predict(metric, task_type) == metric


@pytest.mark.parametrize(
    ("scoring", "task_type", "metric"),
    [
        (None, "classification", "balanced_accuracy"),
        (len, "regression", "r2"),
        ("average_precision", "classification", "roc_auc_ovr"),
        ("f1_macro", "classification", "balanced_accuracy"),
        ("neg_mean_squared_error", "regression", "rmse"),
    ],
)
def test_other_scorers_ask_for_the_nearest(scoring: object, task_type: TaskType, metric: str) -> None:
    assert metric_to_predict(scoring, task_type) == metric


def test_the_nearest_are_of_scorers_that_exist() -> None:
    # Some came with later versions of scikit-learn than the oldest
    later = {"d2_log_loss_score", "d2_brier_score", "neg_root_mean_squared_log_error"}
    assert set(NEAREST) - later <= set(get_scorer_names())
    assert set(NEAREST.values()) <= set(SCORERS)


def test_another_metric_is_said() -> None:
    assert describe_other_metric("neg_log_loss", "log_loss") == []
    assert describe_other_metric("log_loss", "log_loss") == []
    assert describe_other_metric(None, "r2") == []
    # Of two classes, and no more
    assert describe_other_metric("roc_auc", "roc_auc_ovr") == []
    assert describe_other_metric("roc_auc", "log_loss") == [
        "the memory does not predict roc_auc: what is recommended is ranked by log_loss"
    ]


@pytest.mark.parametrize(
    ("scoring", "y", "task_type"),
    [
        ("neg_root_mean_squared_error", RATINGS, "regression"),
        ("rmse", pd.Series(RATINGS, dtype="Int64"), "regression"),
        (get_scorer("r2"), np.array([RATINGS]).T, "regression"),
        ("neg_mean_absolute_error", [str(one) for one in RATINGS], "regression"),
        ("neg_mean_absolute_error", pd.Series(RATINGS, dtype="category"), None),
        ("neg_mean_absolute_error", ["a", "b"] * 3, None),
        ("neg_mean_absolute_error", [True, False] * 3, None),
        ("neg_mean_absolute_error", np.zeros((6, 2)), None),
        ("accuracy", RATINGS, None),
        ("no scorer", RATINGS, None),
        (len, RATINGS, None),
        (None, RATINGS, None),
        ("r2", [[1, 2], [3]], None),
    ],
)
def test_numbers_with_an_error_of_values_are_values(scoring: object, y: Any, task_type: str | None) -> None:
    assert task_type_by_score(scoring, y) == task_type


def test_an_argument_that_is_no_score_is_one_line_that_names_it() -> None:
    check_asked_score("scoring", None)
    check_asked_score("scoring", "rmse")
    for given, message in [
        ("neg_rsme", r"scoring = 'neg_rsme' is no scorer"),
        (["r2"], r"scoring = .* must be the name"),
    ]:
        with pytest.raises(ArgumentError, match=message):
            suggest(np.arange(40.0).reshape(20, 2), np.arange(20.0), scoring=given)


def test_a_name_that_is_no_scorer_is_refused() -> None:
    assert check_scorer_name("log_loss") == "log_loss"
    with pytest.raises(ValueError, match=r"'neg_logloss' is no scorer.*neg_log_loss"):
        check_scorer_name("neg_logloss")
