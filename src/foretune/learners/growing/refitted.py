"""Growth by new fits with ever more rounds, for boosters that cannot grow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from foretune.base import TaskType
from foretune.learners.folds import Fold
from foretune.learners.growing.model import Output
from foretune.learners.learner import Learner
from foretune.learners.nested_axis import NestedAxis, NotNestedError

# It and its doubles are multiples of ten, at which slow scorers look
FIRST_ROUNDS = 80


class RefittedBooster:
    """Model that is fitted anew with twice as many rounds when they are used up; see :class:`.GrowingModel`.

    One fit gives the predictions at all numbers of rounds by the learner's nested axis. If it cannot give
    them exactly, only those of its own number are given.

    Parameters
    ----------
    learner
        Learner with a nested axis of rounds.
    axis
        The axis.
    params, task_type, seed
        Hyperparameters without the number of rounds, and what else determines a fit.
    fold
        The fold.
    max_rounds
        Largest number of rounds.
    """

    def __init__(
        self,
        learner: Learner,
        axis: NestedAxis,
        params: dict[str, Any],
        task_type: TaskType,
        seed: int,
        fold: Fold,
        max_rounds: int,
    ) -> None:
        self.n_rounds = 0
        self.ended = False
        self._learner, self._axis, self._params = learner, axis, params
        self._task_type, self._seed, self._fold = task_type, seed, fold
        self._max_rounds = max_rounds
        self._n_fitted = 0
        self._outputs: Iterator[Output] = iter(())
        self._next: Output | None = None

    def grow(self, n_rounds: int) -> list[Output]:
        """Add rounds; see :meth:`.GrowingModel.grow`."""
        end = min(self.n_rounds + n_rounds, self._max_rounds)
        found: list[Output] = []
        while self.n_rounds < end and not self.ended:
            if self.n_rounds == self._n_fitted:
                self._refit(end)
            reached = min(end, self._n_fitted)
            # Outputs are computed when they are asked for
            while self._next is not None and self._next[0] <= reached:
                found.append(self._next)
                self._next = next(self._outputs, None)
            self.n_rounds = reached
        return found

    def close(self) -> None:
        """Drop the last fit."""
        self.ended = True
        self._outputs, self._next = iter(()), None

    def _refit(self, end: int) -> None:
        before, wanted = self._n_fitted, max(end, 2 * self._n_fitted, FIRST_ROUNDS)
        self._n_fitted = min(wanted, self._max_rounds)
        self._outputs = self._predict(before)
        self._next = next(self._outputs, None)

    def _predict(self, before: int) -> Iterator[Output]:
        axis, fold, n_fitted = self._axis, self._fold, self._n_fitted
        numbers = range(before + 1, n_fitted + 1)
        varied = [{**self._params, axis.hyperparameter: number} for number in numbers]
        fitted = self._learner.fit(varied[-1], self._task_type, self._seed, fold)
        n_given = 0
        try:
            outputs = axis.predict(fitted, fold.X_test, varied, self._task_type)
            for number, output in zip(numbers, outputs, strict=True):
                n_given += 1
                yield number, output
        except NotNestedError:
            if n_given:
                raise
            predict = fitted.predict_proba if self._task_type == "classification" else fitted.predict
            yield n_fitted, predict(fold.X_test)
