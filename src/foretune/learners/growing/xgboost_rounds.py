"""Growth of XGBoost's boosters."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np

from foretune.learners.fast.quick_booster import (
    TREE_PARAMETERS,
    can_fit_quickly,
    count_classes,
    predict_rows,
    start_booster,
)
from foretune.learners.folds import Fold
from foretune.learners.growing.paused_fit import AfterRound, PausedFit

# With any other parameter predictions may have another form, or later rounds may change earlier trees
CALLED_BACK = TREE_PARAMETERS | {
    "enable_categorical",
    "feature_types",
    "interaction_constraints",
    "max_bin",
    "max_cat_threshold",
    "max_cat_to_onehot",
    "monotone_constraints",
    "num_parallel_tree",
    "sampling_method",
    "tree_method",
}


def grow_xgboost(estimator: Any, params: dict[str, Any], fold: Fold) -> PausedFit | None:
    """Return a model that grows up to the estimator's number of rounds.

    Margins of the test part are summed tree by tree, as in a prediction from the first tree. Where a faster
    fit is exact it is with binned rows of the fold, otherwise by a callback of the estimator's fit.

    Parameters
    ----------
    estimator
        Unfitted ``XGBClassifier`` or ``XGBRegressor``.
    params
        Its parameters, except threads and seed.
    fold
        The fold.

    Returns
    -------
    PausedFit or None
        None where parameters or classes are not supported, or this release of XGBoost sums in another way.
    """
    n_classes = count_classes(estimator, fold.y_train)
    if n_classes == 0 or not params.keys() <= CALLED_BACK:
        return None
    grow = _grow if can_fit_quickly(estimator, params, fold.y_train) else _grow_by_callback
    return grow(estimator, params, fold) if _sums_exactly(n_classes and min(n_classes, 3), grow) else None


def _grow(estimator: Any, params: dict[str, Any], fold: Fold) -> PausedFit:
    # Rows are binned here, where trials find those of earlier ones: the thread of the fit is a new one
    start = start_booster(estimator, params, fold.X_train, fold.y_train, fold.weights)

    def train(after_round: AfterRound) -> None:
        training = start()
        predict = training.predictor(fold.X_test)
        for iteration in range(estimator.n_estimators):
            training.update(iteration)
            after_round(predict)

    return PausedFit(train)


def _grow_by_callback(estimator: Any, params: dict[str, Any], fold: Fold) -> PausedFit:
    n_classes = count_classes(estimator, fold.y_train)
    columns = {name: params[name] for name in ("enable_categorical", "feature_types") if name in params}

    def train(after_round: AfterRound) -> None:
        from xgboost import DMatrix
        from xgboost.callback import TrainingCallback

        rows = DMatrix(fold.X_test, nthread=1, **columns)

        class Pause(TrainingCallback):
            """Callback that pauses the fit."""

            def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
                after_round(partial(predict_rows, model, rows, n_classes))
                return False

        estimator.set_params(callbacks=[Pause()])
        estimator.fit(fold.X_train, fold.y_train, sample_weight=fold.weights)

    return PausedFit(train)


@cache
def _sums_exactly(n_classes: int | None, grow: Callable[..., PausedFit]) -> bool:
    """Whether a small growing booster predicts as fits with fewer rounds; three classes stand for more."""
    from xgboost import XGBClassifier, XGBRegressor

    X = np.random.default_rng(0).random((24, 2))
    y = X[:, 0] * X[:, 1] if n_classes is None else np.arange(24) % n_classes
    params = {"max_depth": 2, "subsample": 0.7}
    booster = XGBRegressor if n_classes is None else XGBClassifier

    def make(n_rounds: int) -> Any:
        return booster(n_jobs=1, random_state=0, n_estimators=n_rounds, **params)

    try:
        growing = grow(make(3), params, Fold(X, y, X, y))
        outputs = growing.grow(1) + growing.grow(2)
        growing.close()
        fitted = [make(n_rounds).fit(X, y) for n_rounds in (1, 2, 3)]
        expected = [one.predict(X) if n_classes is None else one.predict_proba(X) for one in fitted]
        return all(np.array_equal(ours, theirs) for (_, ours), theirs in zip(outputs, expected, strict=True))
    except Exception:  # noqa: BLE001 (whatever another release makes of its parts)
        return False
