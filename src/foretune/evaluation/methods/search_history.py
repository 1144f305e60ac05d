"""What a sequential method has tried so far."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from foretune.evaluation.held_out_task import HeldOutTask


class SearchHistory:
    """Trials on a held-out task, in the order in which they were made.

    Parameters
    ----------
    task
        The task that is tuned.
    n_trials
        How many trials there will be; no more than there are candidates.
    seed
        Seed of everything random in the search.

    Attributes
    ----------
    length
        Number of trials that will be made.
    rng
        Generator of the search.
    is_free
        Whether a candidate has not been tried, shape (n_candidates,).
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
        """Scores revealed, in order, shape (n_made,); NaN where a trial failed."""
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
        """Scores with mean 0 and spread 1, shape (n_made,).

        A failed trial counts as the worst seen. Where nothing differs every target is 0.
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
        """Return the free candidate of highest merit.

        Parameters
        ----------
        merits
            Shape (n_candidates,) each, finite; a later one decides where the earlier ones are equal, chance
            where all are.
        """
        best = np.flatnonzero(self.is_free)
        for merit in merits:
            of_best = merit[best]
            best = best[of_best == of_best.max()]
        return int(best[0]) if len(best) == 1 else int(self.rng.choice(best))
