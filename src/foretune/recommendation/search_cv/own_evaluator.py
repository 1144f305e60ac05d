"""Evaluation of the user's own estimator on their own rows."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils.parallel import Parallel, delayed

from foretune.execution import count_cores, count_threads
from foretune.learners import FoldOutcome, FoldRace, Trial, record_trial
from foretune.recommendation.core import KnownPart, SearchError
from foretune.recommendation.search_cv.folds import GivenData, RawFold, Splits, take_rows
from foretune.recommendation.search_cv.own_configuration import OwnConfiguration
from foretune.recommendation.search_cv.own_metadata import NO_METADATA, Metadata
from foretune.recommendation.search_cv.own_rounds import OwnRounds, evaluate_rounds
from foretune.recommendation.search_cv.scoring import ScorerMeasure
from foretune.recommendation.search_cv.trial_evaluator import Outcome, TrialEvaluator, with_training_scores
from foretune.spaces import Configuration

# Boosters of which a fit takes every core if it is given no number of threads
TAKE_EVERY_CORE = ("lightgbm", "xgboost")
N_JOBS = "n_jobs"


@dataclass(frozen=True)
class OwnEvaluator(TrialEvaluator):
    """Evaluator that fits copies of the user's estimator, as ``cross_val_score`` does.

    Nothing of Foretune's preprocessing is used. Fits take the threads that the estimator asks for; on small
    tables a booster that asks for none takes one.

    Attributes
    ----------
    rounds
        How the number of boosting rounds of configurations is chosen, on all folds together; None to take
        those of the configurations.
    """

    rounds: OwnRounds | None = None

    def grows(self, configuration: Configuration) -> bool:
        """Return whether the folds choose the number of rounds, for which they are needed together."""
        if self.rounds is None or not isinstance(configuration, OwnConfiguration):
            return False
        return configuration.has_open_rounds

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
                self.rounds if self.grows(groups[group_at][0]) else None,
                race,
            )
            for group_at, fold_at in positions
        )
        return outcomes


def make_own_folds(
    data: GivenData, splits: Splits, metadata: Metadata = NO_METADATA, *, is_pairwise: bool = False
) -> list[RawFold]:
    """Divide what the user gave by the splits; the target, too, is the user's own.

    Parameters
    ----------
    data, splits
        What the user gave, and its splits.
    metadata
        Further arguments of fits and scorers.
    is_pairwise
        Whether the columns of the table are its rows, as in a kernel matrix.

    Raises
    ------
    SearchError
        If such a table is not square.
    """
    n_rows = len(data.target)
    if is_pairwise and np.shape(data.X) != (n_rows, n_rows):
        raise SearchError(f"X should be a square kernel matrix, but its shape is {np.shape(data.X)}")
    folds = []
    for train, test in splits.parts:
        fit_params, training_score_params = metadata.take(train, n_rows)
        X_train, X_test = take_own(data.X, train), take_own(data.X, test)
        if is_pairwise:
            X_train, X_test = take_columns(X_train, train), take_columns(X_test, train)
        folds.append(
            RawFold(
                X_train,
                take_own(data.y, train),
                X_test,
                take_own(data.y, test),
                None,
                None,
                fit_params,
                metadata.take(test, n_rows)[1],
                training_score_params,
            )
        )
    return folds


def take_own(data: Any, rows: npt.NDArray[np.intp]) -> Any:
    """Take rows as :func:`.take_rows` does, but of a list as a list."""
    return [data[row] for row in rows] if isinstance(data, list) else take_rows(data, rows)


def take_columns(data: Any, columns: npt.NDArray[np.intp]) -> Any:
    """Take columns of a table by their positions."""
    return data.iloc[:, columns] if hasattr(data, "iloc") else np.asarray(data)[:, columns]


def build_own(estimator: Any, threads: Mapping[str, int], configuration: OwnConfiguration) -> Any:
    """Return a copy of the estimator with the parameters of a configuration, and so many threads."""
    built = configuration.set_on(estimator)
    # An estimator that is not derived from scikit-learn's may ask for its parameters
    return built.set_params(**threads) if threads else built


def choose_threads(part: KnownPart | None, X: Any) -> dict[str, int]:
    """Return the parameter by which a booster's fits in trials take one thread, where more do not pay.

    A booster that asks for no number takes every core, whose threads wait for each other at every split.

    Parameters
    ----------
    part
        The part of the estimator that the memory knows.
    X
        The table.
    """
    asked = part.estimator.get_params(deep=False).get(N_JOBS, 1) if part is not None else 1
    if part is None or part.learner not in TAKE_EVERY_CORE or asked is not None:
        return {}
    n_cells = float(np.prod(np.shape(X), dtype=float))
    cores = count_cores()
    return {f"{part.prefix}{N_JOBS}": 1} if count_threads(cores, 1, n_cells, cores) == 1 else {}


def fit_own(estimator: Any, X: Any, y: Any, params: Mapping[str, Any] | None = None) -> Any:
    """Fit an estimator, without a target if there is none."""
    given = params or {}
    return estimator.fit(X, **given) if y is None else estimator.fit(X, y, **given)


def _evaluate(
    position: tuple[int, int],
    build: Any,
    group: Sequence[Configuration],
    folds: Sequence[RawFold],
    measure: ScorerMeasure,
    rounds: OwnRounds | None = None,
    race: FoldRace | None = None,
) -> Outcome:
    if rounds is not None:
        return *position, [
            evaluate_rounds(rounds, build, one, folds, measure, _fit_on, race)
            for one in group
            if isinstance(one, OwnConfiguration)
        ]
    (fold,) = folds
    return *position, [_evaluate_one(build, one, fold, measure) for one in group]


def _fit_on(estimator: Any, fold: RawFold) -> Any:
    return fit_own(estimator, fold.X_train, fold.y_train, fold.fit_params)


def _evaluate_one(build: Any, configuration: Configuration, fold: RawFold, measure: ScorerMeasure) -> Trial:
    fitted: list[Any] = []

    def evaluate() -> list[FoldOutcome]:
        fitted.append(_fit_on(build(configuration), fold))
        start = time.perf_counter()
        scores = measure.score(fitted[0], fold.X_test, fold.y_test, None, fold.score_params)
        return [FoldOutcome(scores, time.perf_counter() - start)]

    # A fit that did not converge counts, as it does in cross_val_score
    trial = record_trial(evaluate, must_converge=False)
    return with_training_scores(trial, fitted, fold, fold.y_train, measure, fold.training_score_params)
