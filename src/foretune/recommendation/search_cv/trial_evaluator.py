"""Parallel evaluation of configurations on the folds of a search."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed

from foretune.base import TaskType, one_thread
from foretune.learners import (
    Fold,
    Learner,
    Trial,
    evaluate_group,
    get_learner,
    group_shared_fits,
    register_learner,
)
from foretune.recommendation.search_cv.scoring import SCORE, ScorerMeasure
from foretune.spaces import Configuration


@dataclass(frozen=True)
class ScoredTrial:
    """Outcome of one configuration.

    Attributes
    ----------
    fold_scores
        Scores, higher is better, shape (n_folds,); all NaN if the trial failed.
    fold_seconds
        Wall time of fit, prediction and score on each fold; an equal share of a shared fit.
    status
        ``ok`` or ``failed``.
    error
        The error; for a trial that is ok, the learner's warnings.
    """

    fold_scores: npt.NDArray[np.float64]
    fold_seconds: npt.NDArray[np.float64]
    status: str
    error: str

    @property
    def is_ok(self) -> bool:
        """Whether every fold has a score."""
        return self.status == "ok"

    @property
    def score(self) -> float:
        """Mean score over the folds; NaN if the trial failed."""
        return float(self.fold_scores.mean())


@dataclass(frozen=True)
class TrialEvaluator:
    """Parallel evaluation of configurations on the folds of a search.

    Attributes
    ----------
    folds
        Preprocessed folds.
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
    """

    folds: Sequence[Fold]
    task_type: TaskType
    seed: int
    scorer: Callable[[Any, Any, Any], float]
    n_jobs: int | None = None
    metric: str | None = None

    def evaluate(
        self, configurations: Sequence[Configuration]
    ) -> Iterator[tuple[Configuration, ScoredTrial]]:
        """Evaluate configurations; those that differ only along a nested axis share their fits.

        Yields each with its outcome as soon as available, in any order.
        """
        groups = group_shared_fits(configurations)
        measure = ScorerMeasure(self.scorer, self.metric)
        outcomes = Parallel(n_jobs=self.n_jobs, return_as="generator")(
            delayed(_evaluate)(get_learner(group[0].learner), group, fold, self.task_type, self.seed, measure)
            for group in groups
            for fold in self.folds
        )
        for group in groups:
            by_fold = [next(outcomes) for _ in self.folds]
            for configuration, trials in zip(group, zip(*by_fold, strict=True), strict=True):
                yield configuration, _merge(trials)


def _evaluate(
    learner: Learner,
    group: Sequence[Configuration],
    fold: Fold,
    task_type: TaskType,
    seed: int,
    measure: ScorerMeasure,
) -> list[Trial]:
    # A custom learner is not registered in a new process
    register_learner(learner)
    # The order of summation changes results
    with one_thread():
        return evaluate_group(group, [fold], task_type, seed, measure)


def _merge(trials: Sequence[Trial]) -> ScoredTrial:
    """Merge the trials of one configuration on all folds."""
    seconds = np.array([trial.fit_seconds for trial in trials])
    failed = [trial for trial in trials if trial.status != "ok"]
    if failed:
        return ScoredTrial(np.full(len(trials), np.nan), seconds, failed[0].status, failed[0].error)
    scores = np.array([trial.fold_metrics[0][SCORE] for trial in trials])
    if not np.isfinite(scores).all():
        listed = ", ".join(f"{score:.6g}" for score in scores)
        error = f"the score is not finite on every fold: {listed}"
        return ScoredTrial(np.full(len(trials), np.nan), seconds, "failed", error)
    # Distinct warnings of all folds
    said = sorted({part for trial in trials for part in trial.error.split("; ") if part})
    return ScoredTrial(scores, seconds, "ok", "; ".join(said))
