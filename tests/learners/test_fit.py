from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import ElasticNet, LogisticRegression
from sklearn.metrics import accuracy_score, log_loss, root_mean_squared_error
from tests.conftest import make_mixed_task

from foretune.base.parameters import TaskType
from foretune.learners import Learner, registry
from foretune.learners.fit import (
    Response,
    describe_warnings,
    did_not_converge,
    evaluate_configuration,
    to_predictions,
)
from foretune.learners.folds import Fold, make_folds
from foretune.learners.parameters import PreprocessingParameters
from foretune.learners.recorded_warnings import record_warnings
from foretune.spaces.configuration import Configuration


def folds_of(task_type: TaskType) -> list[Fold]:
    return make_folds(make_mixed_task(task_type), 3, PreprocessingParameters(max_categories=20), seed=0)


def test_a_classifier_is_measured_on_each_test_part() -> None:
    folds = folds_of("classification")
    trial = evaluate_configuration(Configuration("linear", {"C": 0.1}), folds, "classification", seed=0)
    assert (trial.status, trial.error) == ("ok", "")
    assert trial.fit_seconds > 0
    for metrics, fold in zip(trial.fold_metrics, folds, strict=True):
        model = LogisticRegression(C=0.1, max_iter=1000).fit(fold.X_train, fold.y_train)
        assert metrics["accuracy"] == accuracy_score(fold.y_test, model.predict(fold.X_test))
        assert metrics["log_loss"] == pytest.approx(log_loss(fold.y_test, model.predict_proba(fold.X_test)))


def test_a_regressor_is_measured_in_the_unit_of_the_target() -> None:
    folds = folds_of("regression")
    params = {"alpha": 0.1, "l1_ratio": 0.5}
    trial = evaluate_configuration(Configuration("linear", params), folds, "regression", seed=0)
    for metrics, fold in zip(trial.fold_metrics, folds, strict=True):
        predicted = ElasticNet(**params).fit(fold.X_train, fold.y_train).predict(fold.X_test)
        values = fold.target_scaler.inverse_transform(predicted[:, None])[:, 0]
        assert metrics["rmse"] == pytest.approx(root_mean_squared_error(fold.y_test, values))


def test_whatever_is_measured_sees_the_response_of_each_fold() -> None:
    folds = folds_of("classification")

    def measure(response: Response, fold: Fold, task_type: TaskType) -> dict[str, float]:
        assert response.decide is not None
        by_decision = response.decide().argmax(axis=1)
        assert task_type == "classification"
        return {"same": float((by_decision == response.output.argmax(axis=1)).mean()), "n": len(fold.y_test)}

    trial = evaluate_configuration(Configuration("linear", {}), folds, "classification", 0, measure)
    assert trial.fold_metrics == [{"same": 1.0, "n": 30}] * 3


def test_predicted_classes_are_the_most_probable_ones_unless_given() -> None:
    fold = Fold(np.empty((0, 1)), np.empty(0), np.empty((2, 1)), np.array([1, 0]))
    output = np.array([[0.4, 0.6], [0.1, 0.9]])
    np.testing.assert_array_equal(to_predictions(output, fold).predicted, [1, 1])
    np.testing.assert_array_equal(to_predictions(output, fold, [0, 1]).predicted, [0, 1])
    np.testing.assert_array_equal(to_predictions(output, fold).truth, [1, 0])


def test_a_class_that_the_training_part_lacks_is_never_predicted() -> None:
    is_known = np.array([True, False, True])
    fold = Fold(np.empty((0, 1)), np.empty(0), np.empty((2, 1)), np.array([1, 2]), is_known=is_known)
    predictions = to_predictions(np.array([[0.4, 0.6], [0.8, 0.2]]), fold)
    np.testing.assert_array_equal(predictions.predicted, [2, 0])
    np.testing.assert_array_equal(predictions.probabilities, [[0.4, 0, 0.6], [0.8, 0, 0.2]])


@contextmanager
def learner_that(monkeypatch: pytest.MonkeyPatch, act: Any) -> Iterator[Configuration]:
    """Register a linear model that acts before it is built."""

    def build(params: dict[str, Any], task_type: TaskType, seed: int) -> Any:
        act()
        return ElasticNet()

    with monkeypatch.context() as patched:
        learner = Learner("mine", build, lambda _: {})
        patched.setattr(registry, "_LEARNERS", {**registry._LEARNERS, "mine": learner})
        yield Configuration("mine", {})


def test_what_a_learner_raises_is_a_failed_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    def act() -> None:
        raise ValueError("no such kernel\nsecond line")

    with learner_that(monkeypatch, act) as configuration:
        trial = evaluate_configuration(configuration, folds_of("regression"), "regression", seed=0)
    assert (trial.status, trial.error) == ("failed", "ValueError: no such kernel")
    assert trial.fold_metrics == []


@pytest.mark.parametrize(("category", "status"), [(UserWarning, "ok"), (ConvergenceWarning, "failed")])
def test_a_fit_that_did_not_converge_has_no_scores(
    category: type[Warning], status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def act() -> None:
        warnings.warn("careful\nmore", category, stacklevel=1)

    with learner_that(monkeypatch, act) as configuration:
        trial = evaluate_configuration(configuration, folds_of("regression"), "regression", seed=0)
    # Once, though each fold warned
    assert (trial.status, trial.error) == (status, f"{category.__name__}: careful")
    assert len(trial.fold_metrics) == (3 if status == "ok" else 0)


def test_a_support_vector_machine_that_stops_early_failed() -> None:
    configuration = Configuration("svm", {"C": 1e9, "kernel": "linear"})
    trial = evaluate_configuration(configuration, folds_of("classification"), "classification", seed=0)
    assert trial.status == "failed"
    assert trial.fold_metrics == []
    assert "ConvergenceWarning: " in trial.error


def test_warnings_are_described_in_one_line() -> None:
    with record_warnings() as caught:
        for message in ("b", "a", "b"):
            warnings.warn(message, UserWarning, stacklevel=1)
        assert not did_not_converge(caught)
        warnings.warn("c", ConvergenceWarning, stacklevel=1)
    assert describe_warnings(caught) == "ConvergenceWarning: c; UserWarning: a; UserWarning: b"
    assert did_not_converge(caught)
