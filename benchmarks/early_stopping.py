"""Benchmark of early stopping in lockstep against the libraries' own cross-validation.

For simulated tables of several sizes and some configurations of LightGBM and XGBoost it prints the ratio of
wall times on one core: a plain loop, in which ``lightgbm.cv`` or ``xgboost.cv`` with early stopping finds
the number of rounds and ``cross_validate`` scores it on the same folds, by the engine. Both stop after the
same number of rounds without a better log loss; the numbers that they choose differ a little, because the
libraries bin the rows of all folds together and draw with other seeds. The work limit is the ratio that an
engine without any cost beside its fits would have: the plain loop by fits with as many rounds as were grown.
Run it with ``--rows 2000,20000`` for larger tables.
"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING, Any

import lightgbm
import numpy as np
import pandas as pd
import xgboost
from sklearn.datasets import make_classification
from sklearn.model_selection import cross_validate
from threadpoolctl import threadpool_limits

from foretune.learners import EarlyStopping, RoundChoice, evaluate_growing, get_learner, with_rounds
from foretune.learners.fit import to_predictions
from foretune.learners.folds import make_fold
from foretune.learners.metrics import log_loss
from foretune.learners.parameters import PreprocessingParameters
from foretune.learners.preprocessing import PreparedTable
from foretune.learners.splitters import make_splitter
from foretune.spaces.configuration import Configuration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from foretune.base.parameters import TaskType
    from foretune.learners import Rounds
    from foretune.learners.fit import Response
    from foretune.learners.folds import Fold

PATIENCE, LARGEST, N_FOLDS, SEED = 30, 1000, 5, 0
CONFIGURATIONS = {
    "lightgbm": (
        {"learning_rate": 0.05, "num_leaves": 31},
        {"learning_rate": 0.1, "num_leaves": 15, "subsample": 0.7, "subsample_freq": 1},
        {"learning_rate": 0.03, "num_leaves": 8, "colsample_bytree": 0.6},
    ),
    "xgboost": (
        {"learning_rate": 0.05, "max_depth": 6},
        {"learning_rate": 0.1, "max_depth": 4, "subsample": 0.7},
        {"learning_rate": 0.03, "max_depth": 3, "colsample_bytree": 0.6},
    ),
}


def main() -> None:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", default="1000", help="numbers of rows of the tables")
    parser.add_argument("--learners", default=",".join(CONFIGURATIONS), help="lightgbm, xgboost")
    options = parser.parse_args()
    stopping = EarlyStopping(PATIENCE, LARGEST)
    print(f"{N_FOLDS} folds, at most {LARGEST} rounds, patience {PATIENCE}, log loss, one core")
    with threadpool_limits(1):
        for n_rows in map(int, options.rows.split(",")):
            X, y = make_classification(n_rows, 20, n_informative=8, flip_y=0.1, random_state=SEED)
            for learner in options.learners.split(","):
                compare(learner, X, y, stopping)


def compare(learner: str, X: Any, y: Any, stopping: EarlyStopping) -> None:
    """Print the ratio of times for one learner and table, its limit, and the numbers of rounds of both."""
    splits = list(make_splitter("classification", N_FOLDS, SEED).split(X, y))
    table = PreparedTable(pd.DataFrame(X), PreprocessingParameters())
    folds = [make_fold(table, y, train, test, "classification") for train, test in splits]
    # What is done once in a process
    grow({"max_depth": 2}, learner, folds, EarlyStopping(1, 2))
    engine, plain, bare = 0.0, 0.0, 0.0
    chosen: list[int] = []
    found: list[int] = []
    for params in CONFIGURATIONS[learner]:
        start = time.perf_counter()
        rounds = grow(params, learner, folds, stopping)
        engine += time.perf_counter() - start
        start = time.perf_counter()
        fit(params, learner, folds, rounds.n_grown)
        bare += time.perf_counter() - start
        start = time.perf_counter()
        found.append(loop(params, learner, X, y, splits, stopping))
        plain += time.perf_counter() - start
        chosen.append(rounds.chosen)
    print(
        f"{len(X):,} x {X.shape[1]}, {learner}: {plain / engine:.2f} x ({plain:.1f} s by {engine:.1f} s), "
        f"work limit {plain / bare:.2f} x; rounds {chosen} and {found}"
    )


def fit(params: dict[str, Any], learner: str, folds: Sequence[Fold], n_rounds: int) -> None:
    """Fit to each fold with as many rounds as were grown: the least that an engine can do."""
    fixed = with_rounds(Configuration(learner, params), n_rounds)
    for fold in folds:
        get_learner(learner).fit(fixed.params, "classification", SEED, fold)


def grow(params: dict[str, Any], learner: str, folds: Sequence[Fold], stopping: EarlyStopping) -> Rounds:
    """Choose the number of rounds in lockstep, and score it."""

    def look(response: Response, fold: Fold, _: TaskType) -> dict[str, float]:
        return {"log_loss": log_loss(to_predictions(response.output, fold))}

    choice = RoundChoice(stopping, "log_loss", higher_is_better=False, look=look)
    trial = evaluate_growing(Configuration(learner, params), folds, "classification", SEED, choice)
    if trial.rounds is None:
        raise RuntimeError(trial.error)
    return trial.rounds


def loop(params: dict[str, Any], learner: str, X: Any, y: Any, splits: Any, stopping: EarlyStopping) -> int:
    """Let the library's own cross-validation find the number of rounds, and score it."""
    find = _find_by_lightgbm if learner == "lightgbm" else _find_by_xgboost
    n_rounds = find(params, X, y, splits, stopping)
    fixed = with_rounds(Configuration(learner, params), n_rounds)
    estimator = get_learner(learner).build(fixed.params, "classification", SEED)
    scores = cross_validate(estimator, X, y, cv=splits, scoring="neg_log_loss")["test_score"]
    if not np.isfinite(scores).all():
        raise RuntimeError("a score is not finite")
    return n_rounds


def _find_by_lightgbm(params: dict[str, Any], X: Any, y: Any, splits: Any, stopping: EarlyStopping) -> int:
    settings = {"objective": "binary", "metric": "binary_logloss", "num_threads": 1, "verbosity": -1}
    curve = lightgbm.cv(
        {**settings, "seed": SEED, **params},
        lightgbm.Dataset(X, y),
        stopping.max_rounds,
        folds=splits,
        callbacks=[lightgbm.early_stopping(stopping.patience, verbose=False)],
    )
    return len(np.asarray(curve["valid binary_logloss-mean"]))


def _find_by_xgboost(params: dict[str, Any], X: Any, y: Any, splits: Any, stopping: EarlyStopping) -> int:
    curve = xgboost.cv(
        {"objective": "binary:logistic", "nthread": 1, "seed": SEED, **params},
        xgboost.DMatrix(X, y, nthread=1),
        stopping.max_rounds,
        folds=splits,
        metrics="logloss",
        early_stopping_rounds=stopping.patience,
    )
    return len(curve)


if __name__ == "__main__":
    main()
