from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference

from foretune.learners.metrics import Predictions, compute_metrics, roc_auc_ovr


@st.composite
def classified(draw: st.DrawFn) -> Predictions:
    n_classes = draw(st.integers(2, 5))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    truth = np.concatenate([np.arange(n_classes), rng.integers(0, n_classes, draw(st.integers(0, 60)))])
    # Rounded probabilities make ties, which is where implementations differ
    probabilities = np.round(rng.dirichlet(np.ones(n_classes), len(truth)), draw(st.integers(1, 8))) + 1e-3
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return Predictions(truth, probabilities.argmax(axis=1), probabilities)


@given(classified())
def test_classification_metrics_equal_scikit_learn(predictions: Predictions) -> None:
    truth, probabilities = predictions.truth, predictions.probabilities
    assert probabilities is not None
    scores = probabilities[:, 1] if probabilities.shape[1] == 2 else probabilities
    expected = {
        "accuracy": reference.accuracy_score(truth, predictions.predicted),
        "balanced_accuracy": reference.balanced_accuracy_score(truth, predictions.predicted),
        "roc_auc_ovr": reference.roc_auc_score(truth, scores, multi_class="ovr"),
        "log_loss": reference.log_loss(truth, probabilities),
    }
    assert compute_metrics(predictions, "classification") == pytest.approx(expected, abs=1e-12)


@given(st.integers(0, 10_000), st.integers(2, 80), st.floats(-1e3, 1e3))
def test_regression_metrics_equal_scikit_learn(seed: int, n_rows: int, shift: float) -> None:
    rng = np.random.default_rng(seed)
    truth, predicted = rng.normal(shift, 2, n_rows), rng.normal(shift, 2, n_rows)
    expected = {
        "r2": reference.r2_score(truth, predicted),
        "rmse": reference.root_mean_squared_error(truth, predicted),
        "mae": reference.mean_absolute_error(truth, predicted),
    }
    assert compute_metrics(Predictions(truth, predicted), "regression") == pytest.approx(expected, rel=1e-9)


def test_log_loss_of_single_precision_equals_scikit_learn() -> None:
    probabilities = np.array([[1.0, 0.0], [0.25, 0.75], [0.5, 0.5]], dtype=np.float32)
    truth = np.array([1, 1, 0])
    ours = compute_metrics(Predictions(truth, np.array([0, 1, 0]), probabilities), "classification")
    theirs = reference.log_loss(truth, probabilities, labels=[0, 1])
    assert ours["log_loss"] == pytest.approx(theirs, rel=1e-6)


def test_what_needs_probabilities_is_undefined_where_a_class_is_absent() -> None:
    probabilities = np.full((4, 3), 1 / 3)
    lacking = Predictions(np.array([0, 0, 1, 1]), np.zeros(4), probabilities)
    assert np.isnan(roc_auc_ovr(lacking))
    # As for scikit-learn's scorer
    assert np.isnan(compute_metrics(lacking, "classification")["log_loss"])


def test_r2_is_undefined_for_a_constant_truth() -> None:
    constant: Any = np.ones(3)
    assert np.isnan(compute_metrics(Predictions(constant, np.arange(3.0)), "regression")["r2"])


def test_a_metric_without_probabilities_says_so() -> None:
    with pytest.raises(ValueError, match="needs class probabilities"):
        roc_auc_ovr(Predictions(np.array([0, 1]), np.array([0, 1])))
