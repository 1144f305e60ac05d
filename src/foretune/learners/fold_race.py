"""Racing over folds: trials that the folds so far show to be behind the best are stopped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from foretune.base import counted

Scores = npt.NDArray[np.float64]

# Status of a trial that a race has stopped
STOPPED = "stopped"
# Folds after which trials are compared; more looks would save little and leave workers idle
LOOKS = (1, 2)
# A trial is stopped if the best is ahead of it by more standard deviations of the final difference
Z = 1.0
# Share of the training rows of the first fold that a first look has, and trials that tell how far it is right
LOOK_SHARE = 0.25
FEWEST_LOOKS = 4
# A first look errs in more ways than a fold
LOOK_Z = 1.5
# Weight of the spread that earlier trials show, in folds, against that of the trial itself
PRIOR_FOLDS = 3.0


def describe_stop(n_seen: int, n_folds: int) -> str:
    """Return why a trial was stopped after its first folds."""
    return f"behind the best on {counted(n_seen, 'fold')} of {n_folds}"


class FoldRace:
    """Comparison of trials by their scores on the same folds, and before on a sample of the first.

    The differences of two configurations' scores, fold by fold, vary far less than the scores themselves. If
    they have mean ``m`` on the first ``k`` of ``n_folds`` folds, and standard deviation ``s``, the final mean
    difference is expected at ``m`` with the standard deviation ``s * sqrt(1 / k - 1 / n_folds)``: its first
    part is known, the rest is a mean of new folds. A trial whose expected difference to the best is more than
    :data:`Z` of these standard deviations below zero is stopped.

    A first look is the score on the first fold after training on a share of its rows. Complete trials show
    how far their looks' differences to the best are from those of their means; a trial that is further
    behind than :data:`LOOK_Z` times the root of their mean square is stopped.

    Parameters
    ----------
    n_folds
        Number of folds of a complete trial.
    takes_looks
        Whether trials begin with a first look, at :data:`LOOK_SHARE` of the rows.
    metric
        Name of the score among the metrics of a fold.
    higher_is_better
        Direction of the metric.
    """

    def __init__(
        self,
        n_folds: int,
        *,
        takes_looks: bool = False,
        metric: str = "score",
        higher_is_better: bool = True,
    ) -> None:
        self.n_folds = n_folds
        self.takes_looks = takes_looks
        self._metric = metric
        self._sign = 1.0 if higher_is_better else -1.0
        self._complete: list[Scores] = []
        # First look and mean score of complete trials
        self._looks: list[tuple[float, float]] = []

    @property
    def looks(self) -> tuple[int, ...]:
        """Numbers of folds after which trials are compared."""
        return tuple(look for look in LOOKS if look < self.n_folds)

    def record(self, scores: Scores, look: float | None = None) -> None:
        """Record a complete trial, shape (n_folds,), and its first look."""
        self._complete.append(scores)
        if look is not None and np.isfinite(look):
            self._looks.append((look, float(scores.mean())))

    def find_hopeless_looks(self, looks: Scores) -> npt.NDArray[np.bool_]:
        """Return which trials to stop by their first looks, shape (n_trials,); none while few are known."""
        if len(self._looks) < FEWEST_LOOKS:
            return np.zeros(len(looks), dtype=bool)
        known = np.array(self._looks)
        best = known[known[:, 1].argmax()]
        by_look, by_mean = (known - best).T
        error = np.sqrt(np.mean((by_look - by_mean) ** 2))
        return np.asarray(looks - best[0] + LOOK_Z * error < 0)

    def estimate_look(self, look: float) -> float:
        """Estimate the mean over all folds of a trial that was stopped by its first look."""
        best_look, best_mean = max(self._looks, key=lambda one: one[1])
        return best_mean + look - best_look

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

    def scores_of(self, fold_metrics: Sequence[Mapping[str, float]]) -> Scores:
        """Return the scores of folds, higher is better, shape (n_seen,)."""
        return np.array([self._sign * metrics[self._metric] for metrics in fold_metrics])

    def is_hopeless(self, fold_metrics: Sequence[Mapping[str, float]]) -> bool:
        """Return whether to stop a trial by its metrics on the first folds; see :meth:`find_hopeless`."""
        scores = self.scores_of(fold_metrics)
        return bool(np.isfinite(scores).all() and self.find_hopeless(scores[None])[0])

    def find_stop(self, fold_metrics: Sequence[Mapping[str, float]]) -> int | None:
        """Return after how many folds a trial is stopped by its metrics on each; None if it goes on."""
        seen = (look for look in self.looks if look <= len(fold_metrics))
        return next((look for look in seen if self.is_hopeless(fold_metrics[:look])), None)

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
