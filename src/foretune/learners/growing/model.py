"""Protocol of boosters that grow on a fold."""

from __future__ import annotations

from typing import Any, Protocol

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
