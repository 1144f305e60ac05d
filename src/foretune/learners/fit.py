"""Evaluation of a configuration by cross-validation on the folds of a task."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from foretune.base import TaskType, describe_error, first_line
from foretune.learners import Learner, get_learner
from foretune.learners.fold_set import mark_categories
from foretune.learners.folds import Fold
from foretune.learners.growing.rounds import Rounds
from foretune.learners.metrics import Predictions, compute_metrics
from foretune.learners.recorded_warnings import record_warnings
from foretune.spaces import Configuration

Measure = Callable[["Response", Fold, TaskType], dict[str, float]]


class Response(NamedTuple):
    """Predictions of an estimator for the test part of a fold.

    Attributes
    ----------
    output
        Class probabilities, shape (n_rows, n_classes), or values of the standardised target, shape (n_rows,).
    labels
        Predicted class codes; None where they are the most probable ones.
    decide
        Returns the values of ``decision_function``; None if the estimator has none. Raises
        :class:`foretune.learners.nested_axis.NotNestedError` where a shared fit cannot give them.
    """

    output: Any
    labels: Any = None
    decide: Callable[[], Any] | None = None


class StopsTrials(Protocol):
    """Race that stops trials on their first folds."""

    @property
    def looks(self) -> tuple[int, ...]:
        """Numbers of folds after which a trial is compared, smaller than that of all."""

    def is_hopeless(self, fold_metrics: Sequence[dict[str, float]]) -> bool:
        """Return whether to stop a trial by the metrics of its first folds.

        Those of a booster that grows are at their best number of rounds.
        """


@dataclass(frozen=True)
class Trial:
    """Outcome of one configuration on one task, with all metrics.

    Attributes
    ----------
    fold_metrics
        Every metric on each fold, in its own direction and unit; empty if the trial failed, and only of the
        first folds if a race stopped it.
    status
        ``ok``, ``failed``, ``timeout``, ``crashed`` or ``stopped``.
    error
        The error, or why it was stopped; for a trial that is ok, the learner's warnings or an empty text.
    fit_seconds
        Wall time of all fits, predictions and scores.
    score_seconds
        The part of it that predictions and scores take, where it was measured.
    rounds
        What early stopping found; None if the configuration fixes the number of rounds, or has none.
    """

    fold_metrics: list[dict[str, float]]
    status: str
    error: str
    fit_seconds: float = field(compare=False)
    score_seconds: float = field(default=0.0, compare=False)
    rounds: Rounds | None = None


class FoldOutcome(NamedTuple):
    """Named metrics on one fold, and the wall time of predictions and scores."""

    metrics: dict[str, float]
    score_seconds: float


def measure_metrics(response: Response, fold: Fold, task_type: TaskType) -> dict[str, float]:
    """Compute every metric of the task type."""
    return compute_metrics(to_predictions(response.output, fold, response.labels), task_type)


def evaluate_configuration(
    configuration: Configuration,
    folds: Sequence[Fold],
    task_type: TaskType,
    seed: int,
    measure: Measure = measure_metrics,
    race: StopsTrials | None = None,
) -> Trial:
    """Fit and score a configuration on every fold, or on the first if a race stops it there.

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
        Computes named metrics from an estimator's predictions on a fold.
    race
        Stops the trial if it is hopeless; its outcome is then that of its first folds. None to run all.
    """
    marked = mark_categories(configuration, folds)

    def evaluate() -> list[FoldOutcome]:
        outcomes: list[FoldOutcome] = []
        for fold in folds:
            outcomes.append(_evaluate_fold(marked, fold, task_type, seed, measure))
            if is_stopped(outcomes, race):
                break
        return outcomes

    return record_trial(evaluate)


def is_stopped(outcomes: Sequence[FoldOutcome], race: StopsTrials | None) -> bool:
    """Return whether a race stops a trial after its first folds."""
    is_due = race is not None and len(outcomes) in race.looks
    return race is not None and is_due and race.is_hopeless([one.metrics for one in outcomes])


def record_trial(evaluate: Callable[[], list[FoldOutcome]], *, must_converge: bool = True) -> Trial:
    """Call a function that fits and scores a configuration on folds, and record the outcome.

    An exception becomes a failed trial with its message, so that no configuration ends a run. A fit that did
    not converge is a failed trial too, because its scores are those of an unfinished model, unless it need
    not converge.
    """
    start = time.perf_counter()
    measured: list[FoldOutcome] = []
    with record_warnings() as caught:
        try:
            measured = evaluate()
            status, problem = "ok", describe_warnings(caught)
        except Exception as error:  # noqa: BLE001 - a learner may raise anything; the trial records it
            status, problem = "failed", describe_error(error)
    if status == "ok" and must_converge and did_not_converge(caught):
        status = "failed"
    return Trial(
        [outcome.metrics for outcome in measured] if status == "ok" else [],
        status,
        problem,
        time.perf_counter() - start,
        sum(outcome.score_seconds for outcome in measured),
    )


def _evaluate_fold(
    configuration: Configuration, fold: Fold, task_type: TaskType, seed: int, measure: Measure
) -> FoldOutcome:
    learner = get_learner(configuration.learner)
    estimator = learner.fit(configuration.params, task_type, seed, fold)
    start = time.perf_counter()
    metrics = measure(_respond(estimator, fold, learner, task_type), fold, task_type)
    return FoldOutcome(metrics, time.perf_counter() - start)


def to_predictions(output: Any, fold: Fold, labels: Any = None) -> Predictions:
    """Convert an estimator's output for the test part of a fold to predictions.

    Parameters
    ----------
    output
        Class probabilities, shape (n_rows, n_classes), or values of the standardised target, shape (n_rows,).
    fold
        The fold, whose scaler restores the target's unit.
    labels
        Predicted class codes; None where they are the most probable ones.
    """
    if fold.target_scaler is not None:
        return Predictions(fold.y_test, restore_unit(output, fold.target_scaler))
    codes = output.argmax(axis=1) if labels is None else labels
    if fold.is_known is None:
        return Predictions(fold.y_test, codes, output)
    probabilities = np.zeros((len(output), len(fold.is_known)), dtype=output.dtype)
    probabilities[:, fold.is_known] = output
    return Predictions(fold.y_test, np.flatnonzero(fold.is_known)[codes], probabilities)


def restore_unit(output: Any, target_scaler: Any) -> npt.NDArray[np.float64]:
    """Return values of the standardised target in its own unit, in double precision.

    XGBoost predicts in single precision, which at a large mean rounds away all that varies.
    """
    from sklearn.preprocessing import StandardScaler

    values = np.array(output, dtype=np.float64)
    if type(target_scaler) is StandardScaler and np.isfinite(values).all():
        # What it does, without its checks: a curve restores its values once a round
        values *= target_scaler.scale_[0]
        values += target_scaler.mean_[0]
        return values
    return np.asarray(target_scaler.inverse_transform(values[:, None])[:, 0])


def _respond(estimator: Any, fold: Fold, learner: Learner, task_type: TaskType) -> Response:
    if task_type == "regression":
        return Response(estimator.predict(fold.X_test))
    labels = None if learner.predicts_most_probable else estimator.predict(fold.X_test)
    decide = getattr(estimator, "decision_function", None)
    return Response(estimator.predict_proba(fold.X_test), labels, decide and (lambda: decide(fold.X_test)))


def did_not_converge(caught: Sequence[warnings.WarningMessage]) -> bool:
    """Whether a learner warned that it did not converge."""
    from sklearn.exceptions import ConvergenceWarning

    return any(issubclass(warning.category, ConvergenceWarning) for warning in caught)


def describe_warnings(caught: Sequence[warnings.WarningMessage]) -> str:
    """Join distinct warnings in one line."""
    return "; ".join(sorted({f"{w.category.__name__}: {first_line(w.message)}" for w in caught}))
