"""Growth of scikit-learn's gradient boosting, which calls a monitor after each stage."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from foretune.learners.folds import Fold
from foretune.learners.growing.model import staged_decision
from foretune.learners.growing.paused_fit import AfterRound, PausedFit


class MonitoredBooster(PausedFit):
    """Model that grows by a monitor of the fit; see :class:`.GrowingModel` and :class:`.DecidingModel`.

    Parameters
    ----------
    estimator
        Unfitted ``GradientBoostingClassifier`` or ``GradientBoostingRegressor``.
    fold
        The fold.
    """

    def __init__(self, estimator: Any, fold: Fold) -> None:
        super().__init__(partial(_train, estimator, fold))
        self._estimator = estimator
        self._fold = fold

    def decide(self, n_rounds: int) -> Any:
        """Return decision values; see :meth:`.DecidingModel.decide`. The fit is paused, or over."""
        return staged_decision(self._estimator, self._fold.X_test, n_rounds)


def grow_monitored(estimator: Any, fold: Fold) -> MonitoredBooster:
    """Return a model that grows up to the estimator's number of stages, by a monitor of its fit.

    Parameters
    ----------
    estimator
        Unfitted ``GradientBoostingClassifier`` or ``GradientBoostingRegressor``.
    fold
        The fold.
    """
    return MonitoredBooster(estimator, fold)


def _train(estimator: Any, fold: Fold, after_round: AfterRound) -> None:
    staged: Iterator[Any] | None = None

    def monitor(_: int, fitted: Any, __: Any) -> bool:
        nonlocal staged
        if staged is None:
            name = "staged_predict_proba" if hasattr(fitted, "staged_predict_proba") else "staged_predict"
            # Sums stage after stage, each when it is asked for
            staged = iter(getattr(fitted, name)(fold.X_test))
        after_round(staged.__next__)
        return False

    estimator.fit(fold.X_train, fold.y_train, sample_weight=fold.weights, monitor=monitor)
