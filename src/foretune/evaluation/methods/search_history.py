"""History of a sequential search on a held-out task."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from foretune.evaluation.held_out_task import HeldOutTask


class SearchHistory:
    """Trials on a held-out task in their order.

    Parameters
    ----------
    task
        The held-out task.
    n_trials
        Number of trials, limited by the number of candidates.
    seed
        Random seed of the search.

    Attributes
    ----------
    length
        Total number of trials.
    rng
        Random generator of the search.
    is_free
        Whether each candidate is untried, shape (n_candidates,).
    """

    def __init__(self, task: HeldOutTask, n_trials: int, seed: int) -> None:
        self._task = task
        self.length = min(n_trials, len(task))
        self.rng = task.rng(seed)
        self.is_free = np.ones(len(task), dtype=bool)
        self._positions = np.empty(self.length, dtype=np.intp)
        self._scores = np.empty(self.length)
        self._n = 0

    def __len__(self) -> int:
        """Return the number of trials made."""
        return self._n

    @property
    def is_over(self) -> bool:
        """Whether all trials are made."""
        return self._n == self.length

    @property
    def positions(self) -> npt.NDArray[np.intp]:
        """Positions tried, in order, shape (n_made,)."""
        return self._positions[: self._n]

    @property
    def scores(self) -> npt.NDArray[np.float64]:
        """Scores, in order, shape (n_made,); NaN where a trial failed."""
        return self._scores[: self._n]

    def reveal(self, position: int) -> float:
        """Try a candidate and return its score, NaN if it failed."""
        score = self._task.evaluate(position)
        self._positions[self._n] = position
        self._scores[self._n] = score
        self.is_free[position] = False
        self._n += 1
        return score

    def targets(self) -> npt.NDArray[np.float64]:
        """Return the standardised scores, shape (n_made,).

        A failed trial counts as the worst. Equal scores become 0.
        """
        scores = self.scores
        known = scores[np.isfinite(scores)]
        if not len(known):
            return np.zeros(self._n)
        filled = np.where(np.isfinite(scores), scores, known.min())
        spread = filled.std()
        centred: npt.NDArray[np.float64] = filled - filled.mean()
        return centred / spread if spread > 0 else np.zeros(self._n)

    def choose(self, *merits: npt.NDArray[np.float64]) -> int:
        """Return the untried candidate of highest merit.

        Parameters
        ----------
        merits
            Shape (n_candidates,) each, finite; later ones break ties of earlier ones, chance the remaining
            ties.
        """
        best = np.flatnonzero(self.is_free)
        for merit in merits:
            of_best = merit[best]
            best = best[of_best == of_best.max()]
        return int(best[0]) if len(best) == 1 else int(self.rng.choice(best))
