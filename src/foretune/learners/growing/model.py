"""Protocol of boosters that grow on a fold."""

from __future__ import annotations

from itertools import islice
from typing import Any, Protocol, runtime_checkable

# Number of rounds, and class probabilities, shape (n_rows, n_classes), or values, shape (n_rows,), after them
Output = tuple[int, Any]


class GrowingModel(Protocol):
    """Booster on the training part of a fold that can add rounds.

    What it gives after a number of rounds equals, to the last bit, the predictions of an estimator that was
    fitted with this number.
    """

    @property
    def n_rounds(self) -> int:
        """Number of rounds so far."""

    @property
    def ended(self) -> bool:
        """Whether more rounds would change nothing, because the estimator stopped by itself."""

    def grow(self, n_rounds: int) -> list[Output]:
        """Add rounds.

        Parameters
        ----------
        n_rounds
            How many to add.

        Returns
        -------
        list of (int, numpy.ndarray)
            Predictions for the test part of the fold at the new numbers of rounds: at all of them, or at few
            if each needs a fit of its own.
        """

    def close(self) -> None:
        """Release what growing needs; the model cannot grow any more."""


@runtime_checkable
class DecidingModel(Protocol):
    """Growing model that gives the values of ``decision_function`` too, without a new fit."""

    def decide(self, n_rounds: int) -> Any:
        """Return the decision values for the test part of the fold, those of a fit with a number of rounds.

        Parameters
        ----------
        n_rounds
            One of the numbers of rounds that the model has reached.

        Raises
        ------
        foretune.learners.nested_axis.NotNestedError
            If only a new fit gives them.
        """


def staged_decision(estimator: Any, X: Any, n_rounds: int) -> Any:
    """Return the decision values after the first rounds of a booster of scikit-learn.

    Parameters
    ----------
    estimator
        Classifier with ``staged_decision_function``, fitted to at least this number of rounds.
    X
        Rows.
    n_rounds
        Number of rounds.

    Returns
    -------
    numpy.ndarray
        In the shape of ``decision_function``: (n_rows,) for two classes, otherwise (n_rows, n_classes).
    """
    values = next(islice(estimator.staged_decision_function(X), n_rounds - 1, None))
    return values.ravel() if values.ndim > 1 and values.shape[1] == 1 else values
