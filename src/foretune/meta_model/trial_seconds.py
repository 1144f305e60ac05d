"""Seconds of a task's trials, expected from those of known tasks and of the trials that were made."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

# Seconds below this are as good as none
SHORTEST = 1e-5
# Share of a candidate's variance that it has in common with no other one
OWN_SHARE = 0.1
# Variance of the logarithm of the seconds when a trial is repeated
NOISE = 0.01


class TrialSeconds:
    """Expected seconds of each candidate on a new task, which the trials that are made bring up to date.

    The logarithms of the seconds on known tasks have a mean and a covariance between candidates. Given the
    logarithms of the trials so far, those of the others are normal. So a trial tells how fast the machine is
    and how large the task, and how much that matters to candidates like it.

    Parameters
    ----------
    known
        Seconds of the candidates on the known tasks, shape (n_tasks, n_candidates), at least one task.

    Examples
    --------
    >>> seconds = TrialSeconds(np.array([[1.0, 2.0, 20.0], [10.0, 20.0, 200.0], [2.0, 4.0, 40.0]]))
    >>> seconds.tell(0, 100.0)
    >>> bool(150 < seconds.expected()[1] < 250)
    True
    """

    def __init__(self, known: npt.NDArray[np.float64]) -> None:
        logarithms = np.log(np.maximum(known, SHORTEST))
        self._mean = logarithms.mean(axis=0)
        # Products of its columns are the covariances: a matrix of all candidates would be large
        self._factor = (logarithms - self._mean) * np.sqrt((1 - OWN_SHARE) / len(known))
        shared = np.sum(self._factor**2, axis=0)
        # Also where all known tasks agree, another one may not
        self._own = np.maximum(shared * OWN_SHARE / (1 - OWN_SHARE), NOISE)
        self._variance = shared + self._own
        self._made: list[int] = []
        self._logarithms: list[float] = []

    def tell(self, candidate: int, seconds: float) -> None:
        """Record the seconds of a trial."""
        self._made.append(candidate)
        self._logarithms.append(float(np.log(max(seconds, SHORTEST))))

    def expected(self) -> npt.NDArray[np.float64]:
        """Return the expected seconds of each candidate, shape (n_candidates,)."""
        made, mean, variance = self._made, self._mean, self._variance
        if made:
            between = self._factor[:, made].T @ self._factor
            between[np.arange(len(made)), made] += self._own[made]
            weights = np.linalg.solve(between[:, made] + NOISE * np.eye(len(made)), between)
            mean = mean + (np.array(self._logarithms) - mean[made]) @ weights
            variance = np.maximum(variance - np.einsum("ij,ij->j", weights, between), 0.0)
        return np.asarray(np.exp(mean + variance / 2), dtype=np.float64)
