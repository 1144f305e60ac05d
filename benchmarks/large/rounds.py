"""LightGBM with early stopping: the hand rule that every search is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from large.case import Case, Fitted
from large.metrics import Floats

MAX_ROUNDS = 2_000
PATIENCE = 50
VALIDATION_SHARE = 0.2
HAND_RULE = {"learning_rate": 0.05}

Params = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Parts:
    """Rows to fit, and rows that tell when to stop."""

    X: pd.DataFrame
    y: pd.Series
    X_valid: pd.DataFrame
    y_valid: pd.Series


@dataclass(frozen=True, eq=False)
class Stopped:
    """A booster, the number of rounds that was best on the validation part, and its loss there."""

    booster: Any
    n_rounds: int
    loss: float


def split_rows(X: pd.DataFrame, y: pd.Series, n_classes: int, seed: int) -> Parts:
    """Split training rows, 20 % for validation, stratified for classification."""
    X, X_valid, y, y_valid = train_test_split(
        X, y, test_size=VALIDATION_SHARE, random_state=seed, stratify=y if n_classes else None
    )
    return Parts(X, y, X_valid, y_valid)


def split_case(case: Case) -> Parts:
    """Split the training rows of a case."""
    return split_rows(case.table.X, case.table.y, case.table.n_classes, case.seed)


def stop_early(case: Case, parts: Parts, params: Params, max_rounds: int = MAX_ROUNDS) -> Stopped:
    """Grow until the metric has not improved on the validation part for 50 rounds."""
    import lightgbm

    train = lightgbm.Dataset(parts.X, parts.y)
    booster = lightgbm.train(
        {**_settings(case), **params},
        train,
        max_rounds,
        valid_sets=[lightgbm.Dataset(parts.X_valid, parts.y_valid, reference=train)],
        callbacks=[lightgbm.early_stopping(PATIENCE, verbose=False)],
    )
    n_rounds = booster.best_iteration or booster.current_iteration()
    predictions = predict_booster(booster, parts.X_valid, case.table.n_classes, n_rounds)
    return Stopped(booster, n_rounds, case.metric.loss(parts.y_valid, predictions))


def fit_rounds(case: Case, params: Params, n_rounds: int, **details: Any) -> Fitted:
    """Fit a number of rounds to all training rows."""
    import lightgbm

    table = case.table
    booster = lightgbm.train(
        {**_settings(case), **params}, lightgbm.Dataset(table.X, table.y), max(n_rounds, 1)
    )
    return Fitted(
        lambda rows: predict_booster(booster, rows, table.n_classes),
        {"params": dict(params), "n_rounds": n_rounds, **details},
    )


def fit_hand_rule(case: Case, max_rounds: int = MAX_ROUNDS) -> Fitted:
    """Fit LightGBM with rate .05: rounds by early stopping on a split, then as many on all rows."""
    stopped = stop_early(case, split_case(case), HAND_RULE, max_rounds)
    return fit_rounds(case, HAND_RULE, stopped.n_rounds)


def predict_booster(booster: Any, X: pd.DataFrame, n_classes: int, n_rounds: int | None = None) -> Floats:
    """Predict probabilities, shape (n_rows, n_classes), or values, shape (n_rows,)."""
    predictions = np.asarray(booster.predict(X, num_iteration=n_rounds))
    return np.column_stack([1 - predictions, predictions]) if n_classes == 2 else predictions


def _settings(case: Case) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "objective": {0: "regression", 2: "binary"}.get(case.table.n_classes, "multiclass"),
        "metric": case.name_in(case.metric.lightgbm),
        "num_threads": case.threads,
        "seed": case.seed,
        "verbosity": -1,
    }
    return settings | ({"num_class": case.table.n_classes} if case.table.n_classes > 2 else {})
