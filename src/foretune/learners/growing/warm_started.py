"""Growth of boosters by warm starts."""

from __future__ import annotations

from itertools import islice
from typing import Any

from foretune.learners.folds import Fold
from foretune.learners.growing.model import Output, staged_decision
from foretune.learners.learner import fit_estimator


class WarmStartedBooster:
    """Model that grows by warm starts of a scikit-learn estimator; see :class:`.GrowingModel`.

    A warm start reads the rows anew, so growing by few rounds at a time costs more than by many.

    Parameters
    ----------
    estimator
        Unfitted estimator with ``warm_start`` and staged predictions, without early stopping of its own,
        whose ``random_state`` is a number.
    hyperparameter
        Name of its number of rounds.
    fold
        The fold.
    """

    def __init__(self, estimator: Any, hyperparameter: str, fold: Fold) -> None:
        self.n_rounds = 0
        self.ended = False
        self._estimator = estimator.set_params(warm_start=True)
        self._hyperparameter = hyperparameter
        self._fold = fold

    def grow(self, n_rounds: int) -> list[Output]:
        """Add rounds; see :meth:`.GrowingModel.grow`."""
        if self.ended or n_rounds < 1:
            return []
        fold, before = self._fold, self.n_rounds
        self._estimator.set_params(**{self._hyperparameter: before + n_rounds})
        fit_estimator(self._estimator, fold.X_train, fold.y_train, fold.weights)
        name = "staged_predict_proba" if hasattr(self._estimator, "predict_proba") else "staged_predict"
        staged = getattr(self._estimator, name)(fold.X_test)
        outputs = list(enumerate(islice(staged, before, None), before + 1))
        self.n_rounds = before + len(outputs)
        self.ended = len(outputs) < n_rounds
        return outputs

    def decide(self, n_rounds: int) -> Any:
        """Return decision values; see :meth:`.DecidingModel.decide`."""
        return staged_decision(self._estimator, self._fold.X_test, n_rounds)

    def close(self) -> None:
        """Drop the estimator."""
        self.ended = True
        self._estimator = None
