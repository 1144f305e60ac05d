"""Metrics as losses of predictions."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from large.metrics import METRICS


def test_every_metric_is_zero_for_perfect_predictions() -> None:
    for metric in METRICS.values():
        y = pd.Series([0, 1, 2, 1, 0])
        perfect = np.eye(3)[y] if metric.task_type == "classification" else y.to_numpy()
        assert metric.loss(y, perfect) == pytest.approx(0, abs=1e-6)


def test_chance_costs_half_of_the_area_whatever_the_number_of_classes() -> None:
    for n_classes in (2, 3):
        y = pd.Series(range(n_classes))
        chance = np.full((n_classes, n_classes), 1 / n_classes)
        assert METRICS["roc_auc"].loss(y, chance) == pytest.approx(0.5)
        assert METRICS["log_loss"].loss(y, chance) == pytest.approx(math.log(n_classes))


def test_a_class_that_does_not_occur_is_no_error() -> None:
    y, shares = pd.Series([0, 1]), np.array([[0.6, 0.2, 0.2], [0.2, 0.6, 0.2]])
    assert METRICS["log_loss"].loss(y, shares) == pytest.approx(-math.log(0.6))
    assert METRICS["roc_auc"].loss(y, shares) == 0


def test_errors_of_numbers() -> None:
    y, predictions = pd.Series([0.0, 0.0]), np.array([3.0, 1.0])
    assert METRICS["mae"].loss(y, predictions) == 2
    assert METRICS["rmse"].loss(y, predictions) == pytest.approx(math.sqrt(5))
