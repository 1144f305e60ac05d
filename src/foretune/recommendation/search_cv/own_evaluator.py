"""Evaluation of the user's own estimator on their own rows."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from joblib import Parallel, delayed
from sklearn import get_config
from sklearn.utils.validation import has_fit_parameter

from foretune.learners import FoldOutcome, FoldRace, Trial, record_trial
from foretune.recommendation.search_cv.folds import GivenData, RawFold, Splits, take_rows
from foretune.recommendation.search_cv.own_configuration import OwnConfiguration
from foretune.recommendation.search_cv.scoring import ScorerMeasure
from foretune.recommendation.search_cv.trial_evaluator import Outcome, TrialEvaluator, with_training_scores
from foretune.spaces import Configuration


@dataclass(frozen=True)
class OwnEvaluator(TrialEvaluator):
    """Evaluator that fits copies of the user's estimator, as ``cross_val_score`` does.

    Nothing of Foretune's preprocessing is used. Fits take the threads that the estimator asks for.
    """

    def _start(
        self,
        groups: Sequence[list[Configuration]],
        positions: Sequence[tuple[int, int]],
        race: FoldRace | None = None,
    ) -> Iterator[Outcome]:
        measure = ScorerMeasure(self.scorer, None, self.weighs, self.several)
        outcomes: Iterator[Outcome] = Parallel(n_jobs=self.n_jobs, return_as="generator_unordered")(
            delayed(_evaluate)(
                (group_at, fold_at),
                self.build,
                groups[group_at],
                self._take_folds(self.folds, fold_at),
                measure,
            )
            for group_at, fold_at in positions
        )
        return outcomes


def make_own_folds(data: GivenData, splits: Splits) -> list[RawFold]:
    """Divide what the user gave by the splits; the target, too, is the user's own."""
    return [
        RawFold(
            take_rows(data.X, train),
            take_rows(data.y, train),
            take_rows(data.X, test),
            take_rows(data.y, test),
            None if data.weights is None else data.weights[train],
            None if data.weights is None else data.weights[test],
        )
        for train, test in splits.parts
    ]


def build_own(estimator: Any, configuration: OwnConfiguration) -> Any:
    """Return a copy of the estimator with the parameters of a configuration."""
    return configuration.set_on(estimator)


def fit_own(estimator: Any, X: Any, y: Any, weights: Any = None) -> Any:
    """Fit an estimator, with sample weights if there are any.

    Without metadata routing they go to the last step of a pipeline; with it, where they are requested.

    Raises
    ------
    TypeError
        If it takes no sample weights.
    """
    if weights is None:
        return estimator.fit(X, y)
    if get_config().get("enable_metadata_routing", False):
        return estimator.fit(X, y, sample_weight=weights)
    return estimator.fit(X, y, **{name_of_weights(estimator): weights})


def name_of_weights(estimator: Any) -> str:
    """Return the argument of ``fit`` by which the estimator that predicts gets sample weights.

    Raises
    ------
    TypeError
        If there is none.
    """
    if steps := getattr(estimator, "steps", None):
        name, last = steps[-1]
        return f"{name}__{name_of_weights(last)}"
    # It hands on whatever it is given
    inner = getattr(estimator, "regressor", None)
    if type(estimator).__name__ == "TransformedTargetRegressor" and inner is not None:
        return name_of_weights(inner)
    if not has_fit_parameter(estimator, "sample_weight"):
        raise TypeError(f"{type(estimator).__name__} takes no sample_weight in fit")
    return "sample_weight"


def _evaluate(
    position: tuple[int, int],
    build: Any,
    group: Sequence[Configuration],
    folds: Sequence[RawFold],
    measure: ScorerMeasure,
) -> Outcome:
    (fold,) = folds
    return *position, [_evaluate_one(build, one, fold, measure) for one in group]


def _evaluate_one(build: Any, configuration: Configuration, fold: RawFold, measure: ScorerMeasure) -> Trial:
    fitted: list[Any] = []

    def evaluate() -> list[FoldOutcome]:
        fitted.append(fit_own(build(configuration), fold.X_train, fold.y_train, fold.weights))
        start = time.perf_counter()
        scores = measure.score(fitted[0], fold.X_test, fold.y_test, fold.test_weights)
        return [FoldOutcome(scores, time.perf_counter() - start)]

    # A fit that did not converge counts, as it does in cross_val_score
    trial = record_trial(evaluate, must_converge=False)
    return with_training_scores(trial, fitted, fold, fold.y_train, measure)
