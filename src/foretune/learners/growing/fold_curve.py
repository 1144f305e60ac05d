"""Growth of a booster on one fold, with its scores by the number of rounds."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from foretune.base import TaskType, one_thread
from foretune.learners.fit import Measure, Response
from foretune.learners.folds import Fold
from foretune.learners.growing.model import GrowingModel
from foretune.learners.recorded_warnings import record_warnings

# Of predictions that are kept for one fold, until it is known which number of rounds is chosen
MOST_BYTES = 64 * 2**20


class Step(NamedTuple):
    """State of a model after it was asked for more rounds, and the warnings of growing.

    Attributes
    ----------
    n_rounds
        Number of rounds so far.
    ended
        Whether the model has stopped by itself.
    caught
        The warnings.
    """

    n_rounds: int
    ended: bool
    caught: Sequence[warnings.WarningMessage]


class _Computed(NamedTuple):
    """What was computed from predictions, None if one of them is not finite, and the warnings of it."""

    value: Any
    caught: Sequence[warnings.WarningMessage] = ()


class FoldCurve:
    """Scores of a booster that grows on a fold, computed when they are first asked for.

    What it has grown can be followed again from its first round, together with other folds, although it has
    gone on: scores are kept, and predictions of at most :data:`MOST_BYTES`.

    Parameters
    ----------
    model
        Model that has not grown yet.
    fold
        Its fold.
    task_type
        Task type of the fold.
    look
        Returns the metric asked of predictions.
    measure
        Computes all metrics of predictions.
    refit
        Returns the predictions for the test part of a new fit with a number of rounds.
    decide
        Returns the values of ``decision_function`` for the test part at a number of rounds that the model has
        reached; None if the estimator has none.
    """

    def __init__(
        self,
        model: GrowingModel,
        fold: Fold,
        task_type: TaskType,
        look: Callable[[Response, Fold, TaskType], float],
        measure: Measure,
        refit: Callable[[int], Any],
        decide: Callable[[int], Any] | None = None,
    ) -> None:
        self._model = model
        self._fold = fold
        self.task_type: TaskType = task_type
        self._look, self._measure, self._refit, self._decide = look, measure, refit, decide
        self._numbers: set[int] = set()
        self._outputs: dict[int, Any] = {}
        self._scores: dict[int, _Computed] = {}
        self._metrics: dict[int, _Computed] = {}
        self.steps: list[Step] = []
        self.score_seconds = 0.0

    def grow(self, n_rounds: int) -> None:
        """Add rounds to the model, in any thread."""
        with record_warnings() as caught, one_thread():
            grown = self._model.grow(n_rounds)
        self._outputs.update(grown)
        self._numbers.update(number for number, _ in grown)
        self.steps.append(Step(self._model.n_rounds, self._model.ended, caught))

    def has(self, n_rounds: int, step: Step) -> bool:
        """Return whether there were predictions at a number of rounds after a step; an ended model stays."""
        return n_rounds in self._numbers or (step.ended and n_rounds > step.n_rounds)

    def is_finite(self, n_rounds: int) -> bool:
        """Return whether all predictions at a number of rounds are finite."""
        known = self._scores.get(n_rounds)
        if known is not None:
            return known.value is not None
        start = time.perf_counter()
        is_finite = bool(np.isfinite(self._output(n_rounds)).all())
        if not is_finite:
            self._scores[n_rounds] = _Computed(None)
        self.score_seconds += time.perf_counter() - start
        return is_finite

    def score(self, n_rounds: int) -> float:
        """Return the metric asked at a number of rounds with finite predictions."""
        if n_rounds not in self._scores:
            self._scores[n_rounds] = self._compute(self._look, n_rounds, self._output(n_rounds))
        known = self._scores[n_rounds]
        if known.value is None:
            raise ValueError("a prediction is not finite")
        emit(known.caught)
        return float(known.value)

    def metrics(self, n_rounds: int, output: Any = None) -> dict[str, float]:
        """Return all metrics at a number of rounds, whose predictions may be given if they were kept."""
        if n_rounds not in self._metrics:
            found = self._output(n_rounds) if output is None else output
            self._metrics[n_rounds] = self._compute(self._measure, n_rounds, found)
        known = self._metrics[n_rounds]
        emit(known.caught)
        return dict(known.value)

    def _compute(
        self, function: Callable[[Response, Fold, TaskType], Any], n_rounds: int, output: Any
    ) -> _Computed:
        start = time.perf_counter()
        # Asked for by few scorers, so they are not kept while growing
        decide = self._decide and partial(self._decide, self._number(n_rounds))
        with record_warnings() as caught:
            value = function(Response(output, decide=decide), self._fold, self.task_type)
        self.score_seconds += time.perf_counter() - start
        return _Computed(value, caught)

    def kept(self, n_rounds: int) -> Any:
        """Return the predictions at a number of rounds if they are kept, otherwise None."""
        return self._outputs.get(self._number(n_rounds))

    def forget(self, n_rounds: int) -> None:
        """Drop the predictions at smaller numbers of rounds; that of an ended model remains."""
        last = self._number(n_rounds)
        self._outputs = {number: one for number, one in self._outputs.items() if number >= last}

    def keep_near(self, n_rounds: int) -> None:
        """Drop predictions beyond :data:`MOST_BYTES`, the farthest from a number of rounds first."""
        sizes = {number: np.asarray(one).nbytes for number, one in self._outputs.items()}
        if sum(sizes.values()) <= MOST_BYTES:
            return
        nearest = sorted(sizes, key=lambda number: (abs(number - n_rounds), number))
        total = np.cumsum([sizes[number] for number in nearest])
        self._outputs = {
            number: self._outputs[number]
            for number, size in zip(nearest, total, strict=True)
            if size <= MOST_BYTES
        }

    def close(self) -> None:
        """Close the model."""
        self._model.close()

    def _output(self, n_rounds: int) -> Any:
        number = self._number(n_rounds)
        if number not in self._outputs:
            return self._refit(n_rounds) if number in self._numbers else None
        return self._outputs[number]

    def _number(self, n_rounds: int) -> int:
        """Return the number of rounds whose predictions are those of a number."""
        if n_rounds in self._numbers:
            return n_rounds
        return max((number for number in self._numbers if number <= n_rounds), default=0)


def emit(caught: Sequence[warnings.WarningMessage]) -> None:
    """Emit recorded warnings again."""
    for one in caught:
        warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
