"""Searches from scratch with LightGBM and early stopping, all in one space."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.model_selection import KFold, RandomizedSearchCV, StratifiedKFold

from foretune.spaces.hyperparameters import Choice, FloatRange, Hyperparameter, IntegerRange
from large.case import Case, Fitted
from large.metrics import Floats
from large.rounds import MAX_ROUNDS, Params, fit_rounds, predict_booster, split_case, split_rows, stop_early

N_FOLDS = 3
# Near to what published benchmarks tune LightGBM in; the number of rounds is found by early stopping
SPACE: Mapping[str, Hyperparameter] = {
    "learning_rate": FloatRange(type="float", low=0.01, high=0.2, log=True),
    "num_leaves": IntegerRange(type="integer", low=4, high=256, log=True),
    "min_child_samples": IntegerRange(type="integer", low=1, high=64, log=True),
    "colsample_bytree": FloatRange(type="float", low=0.4, high=1.0),
    "subsample": FloatRange(type="float", low=0.6, high=1.0),
    "subsample_freq": Choice(type="choice", choices=[1]),
    "reg_alpha": FloatRange(type="float", low=1e-4, high=1.0, log=True),
    "reg_lambda": FloatRange(type="float", low=1e-4, high=10.0, log=True),
}


def draw_params(rng: np.random.Generator) -> dict[str, Any]:
    """Draw a configuration of the space."""
    return {name: one.at(rng.random()) for name, one in SPACE.items()}


def fit_random_trials(case: Case, n_trials: int, max_rounds: int = MAX_ROUNDS) -> Fitted:
    """Try random configurations on a split, and fit the best to all rows: the end of the scale of gains.

    The smallest loss on the test part, of a trial or of the last fit, is kept as ``best_test_loss``. No
    method can choose by it, so that it is hard to reach.
    """
    rng = np.random.default_rng(case.seed)
    parts, table = split_case(case), case.table
    trials: list[tuple[float, int, dict[str, Any]]] = []
    test_losses = []
    for _ in range(n_trials):
        params = draw_params(rng)
        stopped = stop_early(case, parts, params, max_rounds)
        trials.append((stopped.loss, stopped.n_rounds, params))
        predictions = predict_booster(stopped.booster, table.X_test, table.n_classes, stopped.n_rounds)
        test_losses.append(case.metric.loss(table.y_test, predictions))
    _, n_rounds, params = min(trials, key=lambda trial: trial[0])
    fitted = fit_rounds(case, params, n_rounds, n_trials=n_trials)
    test_losses.append(case.metric.loss(table.y_test, fitted.predict(table.X_test)))
    return replace(fitted, details={**fitted.details, "best_test_loss": min(test_losses)})


class EarlyStopped(BaseEstimator):  # type: ignore[misc]
    """LightGBM that stops early on a part of the rows that it is fitted to, for scikit-learn's searches."""

    def __init__(self, case: Case, params: Params | None = None, max_rounds: int = MAX_ROUNDS) -> None:
        self.case = case
        self.params = params
        self.max_rounds = max_rounds

    def fit(self, X: pd.DataFrame, y: pd.Series) -> Self:
        """Fit four fifths of the rows, as many rounds as are best for the others."""
        parts = split_rows(X, y, self.case.table.n_classes, self.case.seed)
        self.stopped_ = stop_early(self.case, parts, self.params or {}, self.max_rounds)
        return self

    def predict_table(self, X: pd.DataFrame) -> Floats:
        """Predict probabilities or values."""
        stopped = self.stopped_
        return predict_booster(stopped.booster, X, self.case.table.n_classes, stopped.n_rounds)


def fit_randomized_search(case: Case, n_trials: int, max_rounds: int = MAX_ROUNDS) -> Fitted:
    """Search with ``RandomizedSearchCV`` in three folds, and fit the best by the hand rule."""
    rng = np.random.default_rng(case.seed)
    folds = StratifiedKFold if case.table.n_classes else KFold
    search = RandomizedSearchCV(
        EarlyStopped(case, max_rounds=max_rounds),
        {"params": [draw_params(rng) for _ in range(n_trials)]},
        n_iter=n_trials,
        scoring=_score,
        cv=folds(N_FOLDS, shuffle=True, random_state=case.seed),
        random_state=case.seed,
        refit=False,
    ).fit(case.table.X, case.table.y)
    params = search.best_params_["params"]
    n_rounds = stop_early(case, split_case(case), params, max_rounds).n_rounds
    return fit_rounds(case, params, n_rounds, n_trials=n_trials)


def _score(fitted: EarlyStopped, X: pd.DataFrame, y: pd.Series) -> float:
    return -fitted.case.metric.loss(y, fitted.predict_table(X))


def fit_optuna(
    case: Case,
    n_trials: int | None = None,
    max_time: float | None = None,
    max_rounds: int = MAX_ROUNDS,
) -> Fitted:
    """Search with Optuna's TPE on a split, by number of trials or seconds, and fit the best to all rows.

    Optuna begins no trial after `max_time` seconds; what it has begun, and the last fit, come on top.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    start = time.perf_counter()
    parts = split_case(case)

    def objective(trial: optuna.Trial) -> float:
        params = {name: _suggest(trial, name, one) for name, one in SPACE.items()}
        stopped = stop_early(case, parts, params, max_rounds)
        trial.set_user_attr("n_rounds", stopped.n_rounds)
        return stopped.loss

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=case.seed))
    left = None if max_time is None else max(max_time - (time.perf_counter() - start), 0.01)
    study.optimize(objective, n_trials=n_trials, timeout=left)
    best = study.best_trial
    return fit_rounds(case, best.params, best.user_attrs["n_rounds"], n_trials=len(study.trials))


def _suggest(trial: Any, name: str, one: Hyperparameter) -> Any:
    if isinstance(one, Choice):
        return trial.suggest_categorical(name, one.choices)
    suggest = trial.suggest_float if isinstance(one, FloatRange) else trial.suggest_int
    return suggest(name, one.low, one.high, log=one.log)


# The least that loads what a search needs
WARM_UPS = {
    "randomized_search": partial(fit_randomized_search, n_trials=1, max_rounds=2),
    "optuna": partial(fit_optuna, n_trials=1, max_rounds=2),
}
