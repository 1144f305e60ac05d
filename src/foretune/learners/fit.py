"""Evaluates one configuration on the folds of a task."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from foretune.base import TaskType
from foretune.learners import Learner, get_learner
from foretune.learners.folds import Fold
from foretune.learners.metrics import Predictions, compute_metrics
from foretune.learners.recorded_warnings import record_warnings
from foretune.spaces import Configuration

Measure = Callable[["Response", Fold, TaskType], dict[str, float]]


class Response(NamedTuple):
    """What an estimator says of a fold's test part.

    Attributes
    ----------
    output
        Class probabilities, shape (n_rows, n_classes), or values of the standardised target, shape (n_rows,).
    labels
        Predicted class codes where they are not the most probable ones.
    decide
        Gives the values of ``decision_function``; None where the estimator has none. Raises
        :class:`foretune.learners.nested_axis.NotNestedError` where a shared fit does not tell them.
    """

    output: Any
    labels: Any = None
    decide: Callable[[], Any] | None = None


@dataclass(frozen=True)
class Trial:
    """The outcome of one configuration on one task, whatever metric counts as the score.

    Attributes
    ----------
    fold_metrics
        Every metric on each fold, each in its own direction and unit; empty where the trial failed.
    status
        ``ok``, ``failed``, ``timeout`` or ``crashed``.
    error
        What went wrong; of a trial that is ok, the warnings of the learner; empty where there are none.
    fit_seconds
        Wall time of all fits and predictions.
    """

    fold_metrics: list[dict[str, float]]
    status: str
    error: str
    fit_seconds: float = field(compare=False)


def measure_metrics(response: Response, fold: Fold, task_type: TaskType) -> dict[str, float]:
    """Compute every metric of the task type."""
    return compute_metrics(to_predictions(response.output, fold, response.labels), task_type)


def evaluate_configuration(
    configuration: Configuration,
    folds: Sequence[Fold],
    task_type: TaskType,
    seed: int,
    measure: Measure = measure_metrics,
) -> Trial:
    """Fit and measure a configuration on every fold.

    Whatever the learner raises becomes a failed trial with its message: one configuration never ends a run.
    So does a fit that did not converge: its scores would be those of another, unfinished model.

    Parameters
    ----------
    configuration
        Learner and active hyperparameters.
    folds
        Preprocessed folds of the task.
    task_type
        Selects the estimator and the metrics.
    seed
        Seed of the learner.
    measure
        Turns what the estimator says of a fold into named numbers.
    """
    start = time.perf_counter()
    with record_warnings() as caught:
        try:
            measured = [_evaluate_fold(configuration, fold, task_type, seed, measure) for fold in folds]
            status, problem = "ok", describe_warnings(caught)
            if did_not_converge(caught):
                measured, status = [], "failed"
        except Exception as error:  # noqa: BLE001 - a learner may raise anything; the row says what
            measured, status, problem = [], "failed", f"{type(error).__name__}: {_first_line(error)}"
    return Trial(measured, status, problem, time.perf_counter() - start)


def _evaluate_fold(
    configuration: Configuration, fold: Fold, task_type: TaskType, seed: int, measure: Measure
) -> dict[str, float]:
    learner = get_learner(configuration.learner)
    estimator = learner.fit(configuration.params, task_type, seed, fold)
    return measure(_respond(estimator, fold, learner, task_type), fold, task_type)


def to_predictions(output: Any, fold: Fold, labels: Any = None) -> Predictions:
    """Turn what an estimator gave for a fold's test part into predictions.

    Parameters
    ----------
    output
        Class probabilities, shape (n_rows, n_classes), or values of the standardised target, shape (n_rows,).
    fold
        The fold; says how values come back to the target's own unit.
    labels
        Predicted class codes where they are not the most probable ones.
    """
    if fold.target_scaler is not None:
        values = fold.target_scaler.inverse_transform(np.asarray(output)[:, None])
        return Predictions(fold.y_test, values[:, 0])
    return Predictions(fold.y_test, output.argmax(axis=1) if labels is None else labels, output)


def _respond(estimator: Any, fold: Fold, learner: Learner, task_type: TaskType) -> Response:
    if task_type == "regression":
        return Response(estimator.predict(fold.X_test))
    labels = None if learner.predicts_most_probable else estimator.predict(fold.X_test)
    decide = getattr(estimator, "decision_function", None)
    return Response(estimator.predict_proba(fold.X_test), labels, decide and (lambda: decide(fold.X_test)))


def did_not_converge(caught: Sequence[warnings.WarningMessage]) -> bool:
    """Whether a learner said that it stopped before its end."""
    from sklearn.exceptions import ConvergenceWarning

    return any(issubclass(warning.category, ConvergenceWarning) for warning in caught)


def describe_warnings(caught: Sequence[warnings.WarningMessage]) -> str:
    """Put warnings into one line, each once."""
    return "; ".join(sorted({f"{w.category.__name__}: {_first_line(w.message)}" for w in caught}))


def _first_line(message: object) -> str:
    return next(iter(str(message).splitlines()), "")
