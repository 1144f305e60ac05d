"""Parallel evaluation of configurations on the folds of a search."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from sklearn.exceptions import ConvergenceWarning

from foretune.base import TaskType, one_thread
from foretune.learners import (
    Fold,
    FoldOutcome,
    Learner,
    Trial,
    evaluate_group,
    get_learner,
    group_shared_fits,
    record_trial,
    record_warnings,
    register_learner,
)
from foretune.recommendation.search_cv.estimator import fit_pipeline
from foretune.recommendation.search_cv.folds import RawFold
from foretune.recommendation.search_cv.scoring import SCORE, ScorerMeasure, mean_and_std
from foretune.spaces import Configuration

CRASHED = "the worker process ended while it fitted or scored this configuration"


@dataclass(frozen=True)
class ScoredTrial:
    """Outcome of one configuration.

    Attributes
    ----------
    fold_scores
        Scores, higher is better, shape (n_folds,); all NaN if the trial failed.
    fit_seconds, score_seconds
        Wall time of the fit, and of predictions and score, on each fold; an equal share of a shared fit.
    status
        ``ok``, ``failed``, or ``crashed`` if it ended its worker process.
    error
        The error; for a trial that is ok, the learner's warnings.
    """

    fold_scores: npt.NDArray[np.float64]
    fit_seconds: npt.NDArray[np.float64]
    score_seconds: npt.NDArray[np.float64]
    status: str
    error: str

    @property
    def is_ok(self) -> bool:
        """Whether every fold has a score."""
        return self.status == "ok"

    @property
    def score(self) -> float:
        """Mean score over the folds; NaN if the trial failed."""
        return mean_and_std(self.fold_scores)[0]


@dataclass(frozen=True)
class TrialEvaluator:
    """Parallel evaluation of configurations on the folds of a search.

    Attributes
    ----------
    folds
        Preprocessed folds, or the user's own rows if the scorer needs the fitted estimator.
    task_type
        Selects the estimators.
    seed
        Seed of the learners.
    scorer
        ``scorer(estimator, X, y)``, higher is better.
    n_jobs
        As for :class:`joblib.Parallel`; results do not depend on it.
    metric
        Name of the same metric in the engine, if there is one.
    build
        ``build(configuration)`` returns the unfitted pipeline for the user's own rows.
    weighs
        Whether the scorer gets the sample weights of the test part.
    """

    folds: Sequence[Fold] | Sequence[RawFold]
    task_type: TaskType
    seed: int
    scorer: Callable[..., float]
    n_jobs: int | None = None
    metric: str | None = None
    build: Callable[[Configuration], Any] | None = None
    weighs: bool = False

    def evaluate(
        self, configurations: Sequence[Configuration]
    ) -> Iterator[tuple[Configuration, ScoredTrial]]:
        """Evaluate configurations; those that differ only along a nested axis share their fits.

        Yields each with its outcome as soon as available, in any order. A configuration that ends its worker
        process is a trial with the status ``crashed``.
        """
        groups = (
            group_shared_fits(configurations) if self.build is None else [[one] for one in configurations]
        )
        outcomes = self._run([(group, fold) for group in groups for fold in self.folds])
        for group in groups:
            by_fold = [next(outcomes) for _ in self.folds]
            for configuration, trials in zip(group, zip(*by_fold, strict=True), strict=True):
                yield configuration, _merge(trials)

    def _run(self, jobs: Sequence[tuple[list[Configuration], Fold | RawFold]]) -> Iterator[list[Trial]]:
        """Yield the outcomes in the order of the jobs; once a worker has died, each job runs alone."""
        n_done = 0
        try:
            for trials in self._start(jobs):
                yield trials
                n_done += 1
        except BrokenExecutor:
            crashed: set[str] = set()
            for group, fold in jobs[n_done:]:
                yield [self._run_alone(one, fold, crashed) for one in group]

    def _run_alone(self, configuration: Configuration, fold: Fold | RawFold, crashed: set[str]) -> Trial:
        """Evaluate one configuration on one fold; it has crashed if its worker dies."""
        start = time.perf_counter()
        if configuration.config_id not in crashed:
            try:
                return next(self._start([([configuration], fold)]))[0]
            except BrokenExecutor:
                crashed.add(configuration.config_id)
        return Trial([], "crashed", CRASHED, time.perf_counter() - start)

    def _start(self, jobs: Sequence[tuple[list[Configuration], Fold | RawFold]]) -> Iterator[list[Trial]]:
        measure = ScorerMeasure(self.scorer, self.metric, self.weighs)
        outcomes: Iterator[list[Trial]] = Parallel(n_jobs=self.n_jobs, return_as="generator")(
            delayed(_evaluate)(
                get_learner(group[0].learner), group, fold, self.task_type, self.seed, measure, self.build
            )
            for group, fold in jobs
        )
        return outcomes


def _evaluate(
    learner: Learner,
    group: Sequence[Configuration],
    fold: Fold | RawFold,
    task_type: TaskType,
    seed: int,
    measure: ScorerMeasure,
    build: Callable[[Configuration], Any] | None,
) -> list[Trial]:
    # A custom learner is not registered in a new process
    register_learner(learner)
    # The order of summation changes results
    with one_thread():
        if isinstance(fold, Fold):
            return evaluate_group(group, [fold], task_type, seed, measure)
        if build is None:
            raise TypeError("the user's own rows need a pipeline")
        return [evaluate_pipeline(one, fold, build, measure) for one in group]


def evaluate_pipeline(
    configuration: Configuration,
    fold: RawFold,
    build: Callable[[Configuration], Any],
    measure: ScorerMeasure,
) -> Trial:
    """Fit the pipeline of a configuration to the user's rows, and give it to the scorer."""

    def evaluate() -> list[FoldOutcome]:
        fitted = fit_pipeline(build(configuration), fold.X_train, fold.y_train, fold.weights)
        start = time.perf_counter()
        with _without_convergence():
            score = measure.score(fitted, fold.X_test, fold.y_test, fold.test_weights)
        return [FoldOutcome({SCORE: score}, time.perf_counter() - start)]

    return record_trial(evaluate)


@contextmanager
def _without_convergence() -> Iterator[None]:
    """Drop convergence warnings, which in a scorer do not tell of the learner's fit."""
    with record_warnings() as caught:
        yield
    for one in caught:
        if not issubclass(one.category, ConvergenceWarning):
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)


def _merge(trials: Sequence[Trial]) -> ScoredTrial:
    """Merge the trials of one configuration on all folds."""
    score_seconds = np.array([trial.score_seconds for trial in trials])
    fit_seconds = np.array([trial.fit_seconds for trial in trials]) - score_seconds
    seconds = (np.maximum(fit_seconds, 0.0), score_seconds)
    none = np.full(len(trials), np.nan)
    failed = [trial for trial in trials if trial.status != "ok"]
    if failed:
        return ScoredTrial(none, *seconds, failed[0].status, failed[0].error)
    scores = np.array([trial.fold_metrics[0][SCORE] for trial in trials])
    if not np.isfinite(scores).all():
        listed = ", ".join(f"{score:.6g}" for score in scores)
        error = f"the score is not finite on every fold: {listed}"
        return ScoredTrial(none, *seconds, "failed", error)
    # Distinct warnings of all folds
    said = sorted({part for trial in trials for part in trial.error.split("; ") if part})
    return ScoredTrial(scores, *seconds, "ok", "; ".join(said))
