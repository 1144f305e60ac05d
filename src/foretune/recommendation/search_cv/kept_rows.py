"""Fitted estimators whose steps before the last transform known rows only once."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import Pipeline

PASSED = (None, "passthrough")


def keep_rows(fitted: Any, rows: Any) -> Any:
    """Return a fitted estimator that predicts the same, but transforms some rows only once.

    Its last step is the very one of the estimator. What the other steps make of the rows is kept as long as
    the result.

    Parameters
    ----------
    fitted
        A fitted estimator: pipelines, and regressors of transformed targets, are looked into.
    rows
        The rows: this object, not its equals.

    Returns
    -------
    Any
        The estimator itself if it has no such steps, or if they cannot be copied.
    """
    try:
        return _keep(fitted, rows)
    except Exception:  # noqa: BLE001 (what the user's own steps raise, predictions raise again)
        return fitted


def _keep(fitted: Any, rows: Any) -> Any:
    if isinstance(fitted, TransformedTargetRegressor):
        kept = copy.copy(fitted)
        kept.regressor_ = _keep(fitted.regressor_, rows)
        return kept
    if not isinstance(fitted, Pipeline):
        return fitted
    steps = []
    for name, step in fitted.steps[:-1]:
        if step in PASSED:
            steps.append((name, step))
            continue
        made = step.transform(rows)
        steps.append((name, _with_transform(step, partial(_transform, step.transform, rows, made))))
        rows = made
    name, last = fitted.steps[-1]
    kept = copy.copy(fitted)
    kept.steps = [*steps, (name, _keep(last, rows))]
    return kept


def _with_transform(step: Any, transform: Callable[..., Any]) -> Any:
    kept = copy.copy(step)
    kept.transform = transform
    return kept


def _transform(others: Callable[..., Any], rows: Any, made: Any, X: Any, **params: Any) -> Any:
    """Return what was made of the rows; any others are transformed."""
    return made if X is rows and not params else others(X, **params)
