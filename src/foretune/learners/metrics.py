"""Metrics of classification and regression, computed from the predictions on a fold.

They equal scikit-learn's up to rounding, without its checks of arguments, because a run scores tens of
thousands of folds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foretune.base import TaskType, check_kind, check_task_type, load_plugins

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Predictions:
    """Predictions for the test part of a fold.

    Attributes
    ----------
    truth
        Class codes 0, 1, ... or target values, shape (n_rows,).
    predicted
        Predicted codes or values, shape (n_rows,).
    probabilities
        Class probabilities, shape (n_rows, n_classes); None for regression.
    """

    truth: npt.NDArray[np.generic]
    predicted: npt.NDArray[np.generic]
    probabilities: Floats | None = None


@dataclass(frozen=True)
class Metric:
    """A metric and its direction.

    Attributes
    ----------
    function
        Computes the metric from predictions; NaN where it is undefined.
    higher_is_better
        Whether the metric is the score; if not, the score is the negative metric.
    low, high
        Bounds of the metric in its own direction.
    """

    function: Callable[[Predictions], float]
    higher_is_better: bool
    low: float = -np.inf
    high: float = np.inf

    @property
    def score_bounds(self) -> tuple[float, float]:
        """Bounds of the score."""
        return (self.low, self.high) if self.higher_is_better else (-self.high, -self.low)


def accuracy(predictions: Predictions) -> float:
    """Share of correctly classified rows."""
    return float(np.mean(predictions.truth == predictions.predicted))


def balanced_accuracy(predictions: Predictions) -> float:
    """Mean recall of the classes that occur."""
    truth = predictions.truth.astype(np.int64)
    hits = np.bincount(truth, weights=predictions.predicted == truth)
    counts = np.bincount(truth)
    return float(np.mean(hits[counts > 0] / counts[counts > 0]))


def roc_auc_ovr(predictions: Predictions) -> float:
    """Area under the ROC curve; for three or more classes the mean of one-vs-rest areas.

    Computed as the Mann-Whitney statistic: the share of correctly ordered pairs, ties counting half. NaN if a
    class does not occur.
    """
    probabilities = _probabilities(predictions)
    classes = range(probabilities.shape[1])
    if len(classes) == 2:
        classes = classes[1:]
    return float(np.mean([_share_in_order(probabilities[:, c], predictions.truth == c) for c in classes]))


def _share_in_order(scores: Floats, is_positive: npt.NDArray[np.bool_]) -> float:
    positive, negative = scores[is_positive], np.sort(scores[~is_positive])
    if not len(positive) or not len(negative):
        return float("nan")
    below = negative.searchsorted(positive, side="left").sum()
    not_above = negative.searchsorted(positive, side="right").sum()
    return float(below + not_above) / (2 * len(positive) * len(negative))


def log_loss(predictions: Predictions) -> float:
    """Mean negative log probability of the true class, clipped by the epsilon of its data type.

    NaN if a class does not occur, where scikit-learn's scorer raises.
    """
    probabilities = _probabilities(predictions)
    if not np.bincount(predictions.truth.astype(np.int64), minlength=probabilities.shape[1]).all():
        return float("nan")
    # The epsilon of the probabilities' type, as in scikit-learn: XGBoost predicts in single precision
    epsilon = np.finfo(probabilities.dtype).eps
    given = probabilities[np.arange(len(probabilities)), predictions.truth.astype(np.int64)]
    return float(-np.mean(np.log(np.clip(given, epsilon, 1 - epsilon), dtype=np.float64)))


def r2(predictions: Predictions) -> float:
    """Coefficient of determination; NaN where the truth is constant."""
    truth, predicted = _values(predictions)
    total = float(np.sum((truth - truth.mean()) ** 2))
    return 1 - float(np.sum((truth - predicted) ** 2)) / total if total > 0 else float("nan")


def rmse(predictions: Predictions) -> float:
    """Root mean squared error in the target's unit."""
    truth, predicted = _values(predictions)
    return float(np.sqrt(np.mean((truth - predicted) ** 2)))


def mae(predictions: Predictions) -> float:
    """Mean absolute error in the target's unit."""
    truth, predicted = _values(predictions)
    return float(np.mean(np.abs(truth - predicted)))


METRICS: dict[TaskType, dict[str, Metric]] = {
    "classification": {
        "accuracy": Metric(accuracy, higher_is_better=True, low=0, high=1),
        "balanced_accuracy": Metric(balanced_accuracy, higher_is_better=True, low=0, high=1),
        "roc_auc_ovr": Metric(roc_auc_ovr, higher_is_better=True, low=0, high=1),
        "log_loss": Metric(log_loss, higher_is_better=False, low=0),
    },
    "regression": {
        "r2": Metric(r2, higher_is_better=True, high=1),
        "rmse": Metric(rmse, higher_is_better=False, low=0),
        "mae": Metric(mae, higher_is_better=False, low=0),
    },
}


def known_metrics(task_type: TaskType) -> list[str]:
    """Return the names of all metrics of a task type."""
    load_plugins("foretune.metrics")
    return list(METRICS[task_type])


def register_metric(task_type: TaskType, name: str, metric: Metric) -> None:
    """Register a custom metric under a name.

    A package may call this in a module with an entry point in the group ``foretune.metrics``. Trials stored
    in the ledger without the metric are evaluated again.
    """
    check_task_type(task_type)
    check_kind("name", name, str, "a text")
    check_kind("metric", metric, Metric, "a foretune.learners.Metric")
    METRICS[task_type][name] = metric


def compute_metrics(predictions: Predictions, task_type: TaskType) -> dict[str, float]:
    """Compute every metric of the task type."""
    return {name: metric.function(predictions) for name, metric in METRICS[task_type].items()}


def _probabilities(predictions: Predictions) -> Floats:
    if predictions.probabilities is None:
        raise ValueError("this metric needs class probabilities")
    return predictions.probabilities


def _values(predictions: Predictions) -> tuple[Floats, Floats]:
    return predictions.truth.astype(np.float64), predictions.predicted.astype(np.float64)
