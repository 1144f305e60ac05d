"""Benchmark of the engine's fast fits, preprocessing and scores against scikit-learn and XGBoost.

Prints ratios of wall times on one core for tables of several sizes: boosters of a fold against ``fit`` and
``predict_proba`` of ``XGBClassifier``, the folds of a mixed table against a new preprocessor for each, the
cached thread limit against a new search for libraries each time, and a score from arrays against the scorer.
Equality of results is checked first. Run by ``make bench``.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.metrics import get_scorer
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from foretune.base.threads import one_thread
from foretune.hpo.design import design_configurations
from foretune.hpo.parameters import HpoParameters
from foretune.learners import get_learner
from foretune.learners.fit import Response
from foretune.learners.folds import make_fold
from foretune.learners.preprocessing import PreparedTable, make_preprocessor
from foretune.recommendation.search_cv.scoring import ScorerMeasure, SearchFold
from stages import read_parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from foretune.learners.folds import Fold
    from foretune.learners.parameters import PreprocessingParameters
    from foretune.spaces.configuration import Configuration

SIZES = ((150, 5), (500, 15), (2_000, 15), (5_000, 30))
N_CONFIGURATIONS = 12
N_FOLDS = 3
REPEATS = 5
SEED = 0


def main() -> None:
    """Print the ratios."""
    raw = read_parameters("hpo") | {"learners": ["xgboost"], "n_configurations": N_CONFIGURATIONS}
    parameters = HpoParameters.model_validate(raw)
    designed = design_configurations(parameters, "classification", SEED)
    with threadpool_limits(1):
        for n_rows, n_columns in SIZES:
            X, y = make_table(n_rows, n_columns)
            size = f"{n_rows:,} x {n_columns}"
            compare(f"{size}: boosters", *make_fits(designed, split(X, y, parameters.preprocessing)))
            compare(
                f"{size}: folds",
                partial(preprocess_each, X, y, parameters.preprocessing),
                partial(prepare_once, X, y, parameters.preprocessing),
            )
        compare("one thread", look_for_libraries, know_libraries, repeats=200)
        compare("balanced accuracy of 200 rows", *make_scores(200), repeats=200)


def make_table(n_rows: int, n_columns: int) -> tuple[pd.DataFrame, Any]:
    """Make a table with numbers, some missing, and every third column nominal; three classes."""
    rng = np.random.default_rng(SEED)
    y = rng.integers(0, 3, n_rows)
    columns: dict[str, Any] = {}
    for at in range(n_columns):
        numbers = rng.normal(size=n_rows) + y * rng.normal()
        if at % 3:
            columns[f"n{at}"] = np.where(rng.random(n_rows) < 0.05, np.nan, numbers)
        else:
            letters = np.array([*"abcdef"])[np.digitize(numbers, [-2, -1, 0, 1, 2])]
            columns[f"c{at}"] = pd.Categorical(letters)
    return pd.DataFrame(columns), y


def split(X: pd.DataFrame, y: Any, preprocessing: PreprocessingParameters) -> list[Fold]:
    """Make the folds as the engine does."""
    table = PreparedTable(X, preprocessing)
    return [make_fold(table, y, train, test, "classification") for train, test in _splitter().split(X, y)]


def make_fits(
    designed: Sequence[Configuration], folds: Sequence[Fold]
) -> tuple[Callable[[], list[Any]], Callable[[], list[Any]]]:
    """Give what fits and predicts everything on every fold: by estimators, and as the engine does."""
    learner = get_learner("xgboost")

    def by_estimators() -> list[Any]:
        fitted = [
            (learner.build(one.params, "classification", SEED).fit(fold.X_train, fold.y_train), fold)
            for one in designed
            for fold in folds
        ]
        return [estimator.predict_proba(fold.X_test) for estimator, fold in fitted]

    def by_engine() -> list[Any]:
        fitted = [
            (learner.fit(one.params, "classification", SEED, fold), fold)
            for one in designed
            for fold in folds
        ]
        return [estimator.predict_proba(fold.X_test) for estimator, fold in fitted]

    return by_estimators, by_engine


def prepare_once(X: pd.DataFrame, y: Any, preprocessing: PreprocessingParameters) -> list[Any]:
    """Make all parts of all folds as the engine does."""
    folds = split(X, y, preprocessing)
    return [part for fold in folds for part in (fold.X_train, fold.X_test)]


def preprocess_each(X: pd.DataFrame, y: Any, preprocessing: PreprocessingParameters) -> list[Any]:
    """Make the same parts by a preprocessor for each fold."""
    parts = []
    for train, test in _splitter().split(X, y):
        preprocessor = make_preprocessor(preprocessing)
        parts += [preprocessor.fit_transform(X.iloc[train]), preprocessor.transform(X.iloc[test])]
    return parts


def look_for_libraries() -> list[Any]:
    """Set one thread after looking for the libraries."""
    with threadpool_limits(1):
        return []


def know_libraries() -> list[Any]:
    """Set one thread for the libraries that are known."""
    with one_thread():
        return []


def make_scores(n_rows: int) -> tuple[Callable[[], list[Any]], Callable[[], list[Any]]]:
    """Give a scorer of scikit-learn, and the engine's metric, for the same predictions."""
    rng = np.random.default_rng(SEED)
    codes = rng.integers(0, 3, n_rows)
    rows = pd.DataFrame({"x": np.zeros(n_rows)})
    labels = np.array(["a", "b", "c"])
    empty = np.zeros((n_rows, 1))
    fold = SearchFold(empty, codes, empty, codes, rows=rows, truth=labels[codes], classes=labels)
    response = Response(rng.dirichlet(np.ones(3), n_rows))
    scorer = get_scorer("balanced_accuracy")
    by_scorer, by_arrays = ScorerMeasure(scorer), ScorerMeasure(scorer, "balanced_accuracy")
    return (
        lambda: list(by_scorer(response, fold, "classification").values()),
        lambda: list(by_arrays(response, fold, "classification").values()),
    )


def compare(
    name: str, alone: Callable[[], list[Any]], ours: Callable[[], list[Any]], repeats: int = REPEATS
) -> None:
    """Check that both give the same, and print the best times of each and their ratio."""
    for one, other in zip(alone(), ours(), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-15)
    times: tuple[list[float], list[float]] = ([], [])
    # In turn, so that whatever else the machine does meets both
    for _ in range(repeats):
        for run, taken in zip((alone, ours), times, strict=True):
            start = time.perf_counter()
            run()
            taken.append(time.perf_counter() - start)
    first, second = (min(taken) * 1e3 for taken in times)
    print(
        f"{name}: {first:.2f} ms alone, {second:.2f} ms here, {first / second:.1f} times as fast", flush=True
    )


def _splitter() -> StratifiedKFold:
    return StratifiedKFold(N_FOLDS, shuffle=True, random_state=SEED)


if __name__ == "__main__":
    main()
