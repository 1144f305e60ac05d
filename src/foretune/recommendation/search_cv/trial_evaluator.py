"""Parallel evaluation of configurations on the folds of a search."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
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

# Position of the group, position of the fold, and a trial for each configuration of the group
Outcome = tuple[int, int, list[Trial]]
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

        Yields each with its outcome as soon as available, groups in their order. A configuration that ends
        its worker process is a trial with the status ``crashed``. After Ctrl-C, in a worker as well, whatever
        is complete is yielded before the interrupt goes on.
        """
        shares = self.build is None
        groups = group_shared_fits(configurations) if shares else [[one] for one in configurations]
        done: list[dict[int, list[Trial]]] = [{} for _ in groups]
        n_yielded = 0
        try:
            for group_at, fold_at, trials in self._run(groups):
                done[group_at][fold_at] = trials
                while n_yielded < len(groups) and len(done[n_yielded]) == len(self.folds):
                    yield from _merge_group(groups[n_yielded], done[n_yielded])
                    n_yielded += 1
        except KeyboardInterrupt:
            for group, by_fold in zip(groups[n_yielded:], done[n_yielded:], strict=True):
                if len(by_fold) == len(self.folds):
                    yield from _merge_group(group, by_fold)
            raise

    def _run(self, groups: Sequence[list[Configuration]]) -> Iterator[Outcome]:
        """Yield the outcome of each group on each fold; after a worker died, what is left runs alone."""
        left = {(group_at, fold_at) for group_at in range(len(groups)) for fold_at in range(len(self.folds))}
        try:
            for group_at, fold_at, trials in self._start(groups, sorted(left)):
                left.remove((group_at, fold_at))
                yield group_at, fold_at, trials
        except BrokenExecutor:
            crashed: set[str] = set()
            for group_at, fold_at in sorted(left):
                alone = [self._run_alone(one, fold_at, crashed) for one in groups[group_at]]
                yield group_at, fold_at, alone

    def _run_alone(self, configuration: Configuration, fold_at: int, crashed: set[str]) -> Trial:
        """Evaluate one configuration on one fold; it has crashed if its worker dies."""
        start = time.perf_counter()
        if configuration.config_id not in crashed:
            try:
                ((_, _, (trial,)),) = self._start([[configuration]], [(0, fold_at)])
            except BrokenExecutor:
                crashed.add(configuration.config_id)
            else:
                return trial
        return Trial([], "crashed", CRASHED, time.perf_counter() - start)

    def _start(
        self, groups: Sequence[list[Configuration]], positions: Sequence[tuple[int, int]]
    ) -> Iterator[Outcome]:
        """Evaluate groups on folds, given as positions of both, and yield outcomes in any order."""
        measure = ScorerMeasure(self.scorer, self.metric, self.weighs)
        outcomes: Iterator[Outcome] = Parallel(n_jobs=self.n_jobs, return_as="generator_unordered")(
            delayed(_evaluate)(
                (group_at, fold_at),
                get_learner(groups[group_at][0].learner),
                groups[group_at],
                self.folds[fold_at],
                self.task_type,
                self.seed,
                measure,
                self.build,
            )
            for group_at, fold_at in positions
        )
        return outcomes


def _merge_group(
    group: Sequence[Configuration], by_fold: Mapping[int, list[Trial]]
) -> Iterator[tuple[Configuration, ScoredTrial]]:
    ordered = [by_fold[fold_at] for fold_at in sorted(by_fold)]
    for configuration, trials in zip(group, zip(*ordered, strict=True), strict=True):
        yield configuration, _merge(trials)


def _evaluate(  # noqa: PLR0913, PLR0917 (joblib pickles each alone)
    position: tuple[int, int],
    learner: Learner,
    group: Sequence[Configuration],
    fold: Fold | RawFold,
    task_type: TaskType,
    seed: int,
    measure: ScorerMeasure,
    build: Callable[[Configuration], Any] | None,
) -> Outcome:
    # A custom learner is not registered in a new process
    register_learner(learner)
    # The order of summation changes results
    with one_thread():
        if isinstance(fold, Fold):
            return *position, evaluate_group(group, [fold], task_type, seed, measure)
        if build is None:
            raise TypeError("the user's own rows need a pipeline")
        return *position, [evaluate_pipeline(one, fold, build, measure) for one in group]


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
