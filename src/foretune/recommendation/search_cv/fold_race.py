"""Racing over folds: trials that the folds so far show to be behind the best are stopped."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float64]

# Folds after which trials are compared; more looks would save little and leave workers idle
LOOKS = (1, 2)
# A trial is stopped if the best is ahead of it by more standard deviations of the final difference
Z = 1.0
# Weight of the spread that earlier trials show, in folds, against that of the trial itself
PRIOR_FOLDS = 3.0


class FoldRace:
    """Comparison of trials by their scores on the same folds.

    The differences of two configurations' scores, fold by fold, vary far less than the scores themselves. If
    they have mean ``m`` on the first ``k`` of ``n_folds`` folds, and standard deviation ``s``, the final mean
    difference is expected at ``m`` with the standard deviation ``s * sqrt(1 / k - 1 / n_folds)``: its first
    part is known, the rest is a mean of new folds. A trial whose expected difference to the best is more than
    :data:`Z` of these standard deviations below zero is stopped.

    Parameters
    ----------
    n_folds
        Number of folds of a complete trial.
    """

    def __init__(self, n_folds: int) -> None:
        self.n_folds = n_folds
        self._complete: list[Scores] = []

    @property
    def looks(self) -> tuple[int, ...]:
        """Numbers of folds after which trials are compared."""
        return tuple(look for look in LOOKS if look < self.n_folds)

    def record(self, scores: Scores) -> None:
        """Record a complete trial, shape (n_folds,)."""
        self._complete.append(scores)

    def find_hopeless(self, scores: Scores) -> npt.NDArray[np.bool_]:
        """Return which trials to stop.

        Parameters
        ----------
        scores
            Scores on the first folds, higher is better, shape (n_trials, n_seen). The best of them is never
            stopped unless a complete trial is ahead of it.

        Returns
        -------
        numpy.ndarray of bool
            Shape (n_trials,); all False while nothing shows how much differences vary.
        """
        n_seen = scores.shape[1]
        differences = scores - self._reference(scores)
        spread = self._spread(scores, differences)
        if spread is None:
            return np.zeros(len(scores), dtype=bool)
        hopeless = differences.mean(axis=1) + Z * spread * np.sqrt(1 / n_seen - 1 / self.n_folds) < 0
        return np.asarray(hopeless)

    def estimate(self, scores: Scores) -> float:
        """Estimate the mean over all folds of a stopped trial from its first scores, shape (n_seen,)."""
        best = self._best
        if best is None:
            return float(scores.mean())
        return float(best.mean() + (scores - best[: len(scores)]).mean())

    @property
    def _best(self) -> Scores | None:
        return max(self._complete, key=np.mean, default=None)

    def _reference(self, scores: Scores) -> Scores:
        """Return the first scores of the best trial, complete or not, shape (n_seen,)."""
        n_seen = scores.shape[1]
        ahead = scores[scores.mean(axis=1).argmax()]
        best = self._best
        return ahead if best is None or ahead.mean() > best[:n_seen].mean() else best[:n_seen]

    def _spread(self, scores: Scores, differences: Scores) -> Scores | None:
        """Return the standard deviation of each trial's differences over folds, shape (n_trials,).

        That of the trial itself, drawn to the median of earlier trials; None if there is neither.
        """
        n_seen = scores.shape[1]
        best = self._best
        earlier: Sequence[float] = []
        if best is not None:
            earlier = [float(np.var(one - best, ddof=1)) for one in self._complete if one is not best]
        own = np.var(differences, axis=1, ddof=1) if n_seen > 1 else np.zeros(len(scores))
        if not earlier:
            others = own[own > 0]
            if not len(others):
                return None
            earlier = others.tolist()
        n_own = n_seen - 1
        pooled = (PRIOR_FOLDS * np.median(earlier) + n_own * own) / (PRIOR_FOLDS + n_own)
        return np.asarray(np.sqrt(pooled))
