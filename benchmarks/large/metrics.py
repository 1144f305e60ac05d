"""Metrics that the methods are asked for, and the names that each library gives them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import (
    accuracy_score,
    log_loss,
    mean_absolute_error,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
)

from foretune.base import TaskType

Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Metric:
    """A metric as a loss: smaller is better.

    Attributes
    ----------
    name, task_type
        Name on the command line, and the tables that it is for.
    compute
        Loss of the true values, shape (n_rows,), and the predictions, shape (n_rows,), or (n_rows, n_classes)
        for probabilities.
    scoring, lightgbm, flaml, autogluon
        Names in scikit-learn, LightGBM, FLAML and AutoGluon, for two classes and for more.
    """

    name: str
    task_type: TaskType
    compute: Callable[[npt.NDArray[Any], Floats], float]
    scoring: tuple[str, str]
    lightgbm: tuple[str, str]
    flaml: tuple[str, str]
    autogluon: tuple[str, str]

    def loss(self, y: pd.Series, predictions: Floats) -> float:
        """Compute the loss of predictions."""
        return float(self.compute(y.to_numpy(), np.asarray(predictions, dtype=float)))


def _log_loss(y: npt.NDArray[Any], predictions: Floats) -> float:
    # Rows that sum to 1 only in single precision are no reason for a warning
    shares = predictions / predictions.sum(axis=1, keepdims=True)
    return float(log_loss(y, shares, labels=np.arange(predictions.shape[1])))


def _missed_area(y: npt.NDArray[Any], predictions: Floats) -> float:
    """1 - ROC AUC; with more than two classes its mean over the classes, each against all others."""
    if predictions.shape[1] == 2:
        return 1 - float(roc_auc_score(y, predictions[:, 1]))
    areas = [roc_auc_score(y == label, predictions[:, label]) for label in np.unique(y)]
    return 1 - float(np.mean(areas))


def _error_rate(y: npt.NDArray[Any], predictions: Floats) -> float:
    """1 - accuracy of the most probable class."""
    return 1 - float(accuracy_score(y, predictions.argmax(axis=1)))


def _unexplained(y: npt.NDArray[Any], predictions: Floats) -> float:
    return 1 - float(r2_score(y, predictions))


METRICS = {
    metric.name: metric
    for metric in (
        Metric(
            "log_loss",
            "classification",
            _log_loss,
            ("neg_log_loss",) * 2,
            ("binary_logloss", "multi_logloss"),
            ("log_loss",) * 2,
            ("log_loss",) * 2,
        ),
        Metric(
            "roc_auc",
            "classification",
            _missed_area,
            ("roc_auc", "roc_auc_ovr"),
            # Its own area of several classes is another one
            ("auc", "multi_logloss"),
            ("roc_auc", "roc_auc_ovr"),
            ("roc_auc", "roc_auc_ovr_macro"),
        ),
        Metric(
            "accuracy",
            "classification",
            _error_rate,
            ("accuracy",) * 2,
            ("binary_error", "multi_error"),
            ("accuracy",) * 2,
            ("accuracy",) * 2,
        ),
        Metric(
            "r2",
            "regression",
            _unexplained,
            ("r2",) * 2,
            ("l2",) * 2,
            ("r2",) * 2,
            ("r2",) * 2,
        ),
        Metric(
            "rmse",
            "regression",
            root_mean_squared_error,
            ("neg_root_mean_squared_error",) * 2,
            ("rmse",) * 2,
            ("rmse",) * 2,
            ("root_mean_squared_error",) * 2,
        ),
        Metric(
            "mae",
            "regression",
            mean_absolute_error,
            ("neg_mean_absolute_error",) * 2,
            ("l1",) * 2,
            ("mae",) * 2,
            ("mean_absolute_error",) * 2,
        ),
    )
}
