"""Evaluates one configuration on the folds of a task."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from foretune.hpo.learners import get_learner
from foretune.hpo.metrics import METRICS, Predictions, compute_metrics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from foretune.hpo.configuration import Configuration
    from foretune.hpo.folds import Fold
    from foretune.hpo.learners import Learner
    from foretune.parameters import TaskType


@dataclass(frozen=True)
class Trial:
    """The outcome of one configuration on one task.

    Attributes
    ----------
    fold_scores
        Score on each fold, higher is better; empty where the trial failed.
    metrics
        Mean over the folds of every metric, each in its own direction and unit.
    status
        ``ok`` or ``failed``.
    error
        What failed; of a trial that is ok, the warnings of the learner. Empty where there is nothing to say.
    fit_seconds
        Wall time of all fits and predictions.
    """

    fold_scores: list[float]
    metrics: dict[str, float]
    status: str
    error: str
    fit_seconds: float = field(compare=False)

    @property
    def score(self) -> float:
        """Mean score over the folds, NaN where the trial failed."""
        return float(np.mean(self.fold_scores)) if self.fold_scores else float("nan")

    @property
    def score_std(self) -> float:
        """Standard deviation of the score over the folds, NaN where the trial failed."""
        return float(np.std(self.fold_scores)) if self.fold_scores else float("nan")


def evaluate_configuration(
    configuration: Configuration, folds: Sequence[Fold], task_type: TaskType, score: str, seed: int
) -> Trial:
    """Fit and score a configuration on every fold.

    Whatever the learner raises becomes a failed trial with the message, and so does a score that is not
    finite: one bad configuration never ends a run.

    Parameters
    ----------
    configuration
        Learner and active hyperparameters.
    folds
        Preprocessed folds of the task.
    task_type
        Selects the estimator and the metrics.
    score
        Name of the metric that counts as the score; errors and losses change sign, so higher is better.
    seed
        Seed of the learner.
    """
    start = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            measured = [_evaluate_fold(configuration, fold, task_type, seed) for fold in folds]
            problem = _find_problem(measured, score)
        except Exception as error:  # noqa: BLE001 - a learner may raise anything; the row says what
            measured, problem = [], f"{type(error).__name__}: {_first_line(error)}"
    seconds = time.perf_counter() - start
    if problem:
        return Trial([], {name: float("nan") for name in METRICS[task_type]}, "failed", problem, seconds)
    sign = 1.0 if METRICS[task_type][score].higher_is_better else -1.0
    return Trial(
        fold_scores=[sign * metrics[score] for metrics in measured],
        metrics={name: float(np.mean([metrics[name] for metrics in measured])) for name in measured[0]},
        status="ok",
        error="; ".join(sorted({f"{w.category.__name__}: {_first_line(w.message)}" for w in caught})),
        fit_seconds=seconds,
    )


def _evaluate_fold(
    configuration: Configuration, fold: Fold, task_type: TaskType, seed: int
) -> dict[str, float]:
    learner = get_learner(configuration.learner)
    estimator = learner.build(configuration.params, task_type, seed)
    estimator.fit(fold.X_train, fold.y_train)
    return compute_metrics(_predict(estimator, fold, learner, task_type), task_type)


def _predict(estimator: Any, fold: Fold, learner: Learner, task_type: TaskType) -> Predictions:
    if task_type == "regression":
        values = fold.target_scaler.inverse_transform(estimator.predict(fold.X_test)[:, None])
        return Predictions(fold.y_test, values[:, 0])
    probabilities = estimator.predict_proba(fold.X_test)
    most_probable = learner.predicts_most_probable
    codes = probabilities.argmax(axis=1) if most_probable else estimator.predict(fold.X_test)
    return Predictions(fold.y_test, codes, probabilities)


def _find_problem(measured: list[dict[str, float]], score: str) -> str:
    values = [metrics[score] for metrics in measured]
    return "" if np.all(np.isfinite(values)) else f"score {score} is not finite on every fold: {values}"


def _first_line(message: object) -> str:
    return next(iter(str(message).splitlines()), "")
