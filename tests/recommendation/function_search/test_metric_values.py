"""Metrics in the data of a dataset."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import get_scorer_names

from foretune.recommendation.function_search.metric_values import Metric, MetricError, direction_of

FRAME = pd.DataFrame(
    {"r2": [0.25, 0.5, 1.0], "a.b": [1, 2, 3], "name": list("xyz")}, index=["one", "two", "three"]
)


@pytest.mark.parametrize(
    ("text", "data", "value"),
    [
        ("score", 0.5, 0.5),
        ("score", np.float32(0.5), 0.5),
        ("score", np.array(3), 3.0),
        ("score", np.array([[3]]), 3.0),
        ("score", [2], 2.0),
        ("metrics:r2", {"r2": 1}, 1.0),
        ("metrics:test.r2", {"test": {"r2": 2}, "r2": 3}, 2.0),
        ("metrics:test.r2", {"test.r2": 4, "test": {"r2": 2}}, 4.0),
        ("metrics:a.b.c", {"a.b": {"c": 5}}, 5.0),
        ("metrics:folds.1", {"folds": [1, 2, 3]}, 2.0),
        ("metrics:folds.-1", {"folds": [1, 2, 3]}, 3.0),
        ("metrics:folds.mean", {"folds": [1, 2, 6]}, 3.0),
        ("scores:r2.max", FRAME, 1.0),
        ("scores:r2.first", FRAME, 0.25),
        ("scores:r2.last", FRAME, 1.0),
        ("scores:r2.median", FRAME, 0.5),
        ("scores:r2.two", FRAME, 0.5),
        ("scores:a.b.two", FRAME, 2.0),
        ("scores:r2", FRAME.iloc[[1]], 0.5),
        ("row:r2", FRAME[["r2", "a.b"]].iloc[1], 0.5),
        ("space.metrics:r2", {"r2": {"value": 1}}["r2"] | {"r2": 7}, 7.0),
    ],
)
def test_a_metric_is_a_number_in_its_dataset(text: str, data: Any, value: float) -> None:
    found = Metric.read(text).value_in(data)
    assert type(found) is float
    assert found == value


@pytest.mark.parametrize(
    ("text", "data", "reason"),
    [
        ("metrics", {"r2": 1}, "no number, but a mapping with the keys 'r2'"),
        ("metrics:r", {"r2": 1}, "did you mean 'r2'"),
        ("metrics:zzz", {"r2": 1}, "there is no 'zzz' in a mapping with the keys 'r2'"),
        ("scores:r2", FRAME, "3 values: add the number of one, or .mean"),
        ("scores", FRAME, "name a column, 'r2'"),
        ("scores:name.mean", FRAME, "there is no 'mean'"),
        ("scores:r2.four", FRAME, "there is no 'four'"),
        ("metrics:r2", {"r2": "0.5"}, "str '0.5'"),
        ("metrics:r2", {"r2": True}, "bool True"),
        ("metrics:r2", {"r2": None}, "NoneType"),
        ("metrics:r2", None, "there is no 'r2' in NoneType"),
    ],
)
def test_what_is_no_metric_is_one_line(text: str, data: Any, reason: str) -> None:
    with pytest.raises(MetricError) as caught:
        Metric.read(text).value_in(data)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", ":r2", "metrics:", " "])
def test_a_metric_needs_a_dataset_and_a_key(text: str) -> None:
    with pytest.raises(MetricError, match="must name a dataset"):
        Metric.read(text)


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("metrics:r2", "maximize"),
        ("metrics:test.RMSE", "minimize"),
        ("metrics:maxError", "minimize"),
        ("metrics:errors.accuracy", "maximize"),
        ("metrics:neg_mean_squared_error", "maximize"),
        ("validation_loss", "minimize"),
        ("loss_metrics:value", "minimize"),
        ("metrics:value", None),
    ],
)
def test_the_name_says_the_direction(text: str, direction: str | None) -> None:
    assert Metric.read(text).direction == direction


def test_more_of_every_scorer_of_scikit_learn_is_better() -> None:
    # Those whose name says nothing must be asked for, and never minimised
    assert {direction_of(name) for name in get_scorer_names()} <= {"maximize", None}


def test_the_name_says_the_task_type_and_the_scorer() -> None:
    assert Metric.read("metrics:rmse").task_type == "regression"
    assert Metric.read("metrics:test.log_loss").task_type == "classification"
    assert Metric.read("metrics:value").task_type is None
    assert Metric.read("metrics:test.rmse").scorer == "neg_root_mean_squared_error"
    assert Metric.read("accuracy").scorer == "accuracy"
    assert Metric.read("metrics:value").scorer is None
