"""Growth of LightGBM's boosters, which call back after each round."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from foretune.learners.folds import Fold
from foretune.learners.growing.paused_fit import AfterRound, PausedFit
from foretune.learners.nested_axis import NotNestedError

TREES_STAY = ("gbdt", "goss")


class LightGBMBooster(PausedFit):
    """Model that grows by a callback of the fit; see :class:`.GrowingModel` and :class:`.DecidingModel`.

    Parameters
    ----------
    train
        As for :class:`.PausedFit`.
    boosters
        Holds LightGBM's booster once the fit has begun.
    fold
        The fold.
    are_nested
        Whether trees stay as they are.
    """

    def __init__(
        self, train: Callable[[AfterRound], None], boosters: list[Any], fold: Fold, *, are_nested: bool
    ) -> None:
        super().__init__(train)
        self._boosters, self._fold, self._are_nested = boosters, fold, are_nested

    def decide(self, n_rounds: int) -> Any:
        """Return decision values; see :meth:`.DecidingModel.decide`. The fit is paused, or over."""
        (booster,) = self._boosters
        # A round without a split adds no tree
        if not self._are_nested or booster.current_iteration() < self.n_rounds:
            raise NotNestedError
        return booster.predict(self._fold.X_test, raw_score=True, num_iteration=n_rounds)


def grow_lightgbm(estimator: Any, fold: Fold) -> LightGBMBooster:
    """Return a model that grows up to the estimator's number of rounds, by a callback of its fit.

    LightGBM keeps the scores of the test part, summed tree by tree in double precision as in a prediction
    from the first tree; where they would round differently, each prediction is from the first tree. A round
    without a split adds no tree, and later ones may: then as in any other fit.

    Parameters
    ----------
    estimator
        Unfitted ``LGBMClassifier`` or ``LGBMRegressor``.
    fold
        The fold.
    """
    boosters: list[Any] = []
    sums_exactly = _sums_exactly(estimator.get_params())

    def train(after_round: AfterRound) -> None:
        predictions: list[Callable[[], Any]] = []

        def prepare(environment: Any) -> None:
            if not predictions:
                boosters.append(environment.model)
                predictions.append(_predictor(environment.model, fold, sums_exactly=sums_exactly))

        def pause(_: Any) -> None:
            after_round(predictions[0])

        # Rows that are added after a round without a split would miss the mean of the target
        prepare.before_iteration = True  # type: ignore[attr-defined]
        # No metric is computed beside the predictions
        estimator.set_params(metric="None")
        estimator.fit(fold.X_train, fold.y_train, sample_weight=fold.weights, callbacks=[prepare, pause])

    return LightGBMBooster(train, boosters, fold, are_nested=sums_exactly)


def _sums_exactly(params: dict[str, Any]) -> bool:
    """Whether trees stay as they are, and are summed in double precision from values in it."""
    is_linear = any(params.get(name) for name in ("linear_tree", "linear_trees"))
    has_alias = any(name in params for name in ("boosting", "boost"))
    return params.get("boosting_type") in TREES_STAY and not (is_linear or has_alias)


def _predictor(booster: Any, fold: Fold, *, sums_exactly: bool) -> Callable[[], Any]:
    """Return the function that predicts for the test part of a fold at the present number of rounds."""
    find = _KeptScores(booster, fold) if sums_exactly else partial(booster.predict, fold.X_test)
    is_binary = booster.params.get("objective") == "binary"

    def predict() -> Any:
        found = find()
        return np.vstack((1.0 - found, found)).transpose() if is_binary else found

    return predict


class _KeptScores:
    """Predictions of a booster that keeps the scores of the test part of a fold."""

    def __init__(self, booster: Any, fold: Fold) -> None:
        self._booster = booster
        training = booster.train_set
        self._rows = training.create_valid(
            fold.X_test, label=np.zeros(len(fold.y_test)), params=training.get_params()
        )
        booster.add_valid(self._rows, "test")
        self._found: Any = None

    def __call__(self) -> Any:
        self._booster.eval(self._rows, "test", self._keep)
        return self._found

    def _keep(self, predictions: Any, _: Any) -> tuple[str, float, bool]:
        """Take the place of a metric, which is given the predictions."""
        self._found = np.array(predictions)
        return "none", 0.0, True
