"""Ask-and-tell search that evaluates the library default among its first trials."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import numpy.typing as npt

from foretune.meta_model.parameters import Guard, PolicyParameters
from foretune.meta_model.policy_mixture import PolicyMixture
from foretune.meta_model.prior import SurfacePrior

# Least number of scores from which the scale of an unknown metric is estimated
FEWEST_SCORES = 3
# Standard deviation of the logarithm of a scale that was estimated from few scores
SCALE_DEVIATION = 0.7
SMALLEST_SCALE = 1e-12


class GuardedSearch:
    """Search that proposes candidates one by one, with the library default among the first trials.

    Parameters
    ----------
    prior
        Prior over the score surface of the table.
    policy, guard
        Settings of the policy, and when the library default is proposed.
    defaults
        Library defaults among the candidates; the one with the highest expected score is used. Without any,
        the search is the policy alone.
    rng
        Random generator of the policy.
    default_first
        Start with the default, for tables unlike the known ones.
    knows_metric
        Whether scores are in the metric that the memory predicts; if not, their location and scale are
        estimated from the scores.
    """

    def __init__(
        self,
        prior: SurfacePrior,
        policy: PolicyParameters,
        guard: Guard,
        defaults: Collection[int],
        rng: np.random.Generator,
        *,
        default_first: bool = False,
        knows_metric: bool = True,
    ) -> None:
        if not knows_metric:
            policy = policy.model_copy(update={"n_planned": max(FEWEST_SCORES, policy.n_planned)})
        self._policy = PolicyMixture(prior, policy, rng, knows_level=knows_metric)
        self._guard = guard
        self._default_first = default_first
        self._knows_metric = knows_metric
        self._asked: list[int] = []
        self._told: dict[int, float] = {}
        self._is_level_due = False
        self._defaults = list(map(int, defaults))
        self._expected = self._policy.relative.mean(axis=0)
        self._allowed = np.ones(len(prior.mean), dtype=bool)
        self.default = self._best_default()

    @property
    def n_left(self) -> int:
        """Number of candidates that were not proposed yet."""
        return self._policy.n_free

    @property
    def n_told(self) -> int:
        """Number of candidates whose score is known."""
        return len(self._told)

    def ask(self, seconds: npt.NDArray[np.float64] | None = None, spent: float | None = None) -> int:
        """Return the candidate to try next; it is not returned again.

        Parameters
        ----------
        seconds
            Expected seconds of each candidate, positive, shape (n_candidates,): the largest gain per second
            is chosen. None for the largest gain.
        spent
            Seconds of the trials so far, for a search without a deadline. The gain is then that per growth of
            the logarithm of the time: what takes much longer than all trials so far costs less than its
            seconds. And of the library defaults the one with the highest expected score for its cost is used.

        Raises
        ------
        IndexError
            If all were tried.
        """
        if self.n_left == 0:
            raise IndexError("every candidate was tried")
        self._read_off_level()
        costs = _costs(seconds, spent)
        if costs is not None and spent is not None and self.default not in self._asked:
            self.default = self._best_default(costs)
        candidate = self._due_default()
        if candidate is None:
            candidate = self._policy.best_free() if costs is None else self._best_for(costs)
        self.reserve(candidate)
        return candidate

    def restrict(self, allowed: npt.NDArray[np.bool_]) -> None:
        """Propose only some candidates until further notice, shape (n_candidates,).

        If the due default is not among them, the best default that is takes its place.
        """
        self._policy.restrict(allowed)
        self._allowed = allowed
        if self.default is None or self.default not in self._asked:
            self.default = self._best_default()

    def reserve(self, candidate: int) -> None:
        """Mark a candidate as proposed, for example because another process evaluates it."""
        if candidate not in self._asked:
            self._asked.append(candidate)
            self._policy.reserve(candidate)

    def tell(self, candidate: int, score: float) -> None:
        """Record a score, higher is better; NaN for a failed or pruned trial.

        Raises
        ------
        ValueError
            If the candidate has a score already.
        """
        if candidate in self._told:
            raise ValueError(f"the score of candidate {candidate} was told before")
        self.reserve(candidate)
        self._told[candidate] = float(score)
        self._policy.observe(candidate, score)
        self._is_level_due = not self._knows_metric

    def expected_gains(self) -> npt.NDArray[np.float64]:
        """Return each candidate's expected gain over the best so far, shape (n_candidates,).

        In relative score: 1 is the distance between the best and the worst known score of a task.
        """
        self._read_off_level()
        return self._policy.expected_gains()

    def plan(self, length: int) -> list[int]:
        """List the candidates that together have the highest expected best score, before any is evaluated."""
        while len(self._asked) < length and self.n_left:
            self.ask()
        return self._asked[:length]

    def _best_default(self, costs: npt.NDArray[np.float64] | None = None) -> int | None:
        """Return the default with the highest expected score, for its cost if that is given."""
        merits = self._expected if costs is None else self._expected / costs
        return max(
            (at for at in self._defaults if self._allowed[at]), key=lambda at: merits[at], default=None
        )

    def _best_for(self, costs: npt.NDArray[np.float64]) -> int:
        """Return the free candidate with the largest gain for what it costs."""
        free = self._policy.eligible()
        gains = np.maximum(self._policy.gains_for(costs)[free], 0.0) / costs[free]
        # Without any gain the cheapest
        return int(free[np.lexsort((costs[free], -gains))[0]])

    def _due_default(self) -> int | None:
        if self.default is None or self.default in self._asked:
            return None
        is_first = not self._asked
        last_turn = len(self._asked) >= self._guard.default_within - 1
        if is_first and (self._default_first or self._risk(self.default) > self._guard.max_risk):
            return self.default
        # Not due at the first trial, which is left to a recommendation
        return self.default if last_turn and not is_first else None

    def _risk(self, default: int) -> float:
        """Return the probability that the best free candidate is worse than the default."""
        relative = self._policy.relative
        return float((relative[:, self._policy.best_free()] < relative[:, default]).mean())

    def _read_off_level(self) -> None:
        """Estimate location and scale of the scores from new scores, in place of the predicted ones."""
        if not self._is_level_due:
            return
        self._is_level_due = False
        scores = self._policy.regular_scores()
        if len(scores) < FEWEST_SCORES:
            return
        prior, at, values = self._policy.prior, np.array(list(scores)), np.array(list(scores.values()))
        expected = float(np.sqrt(np.var(prior.mean[at]) + np.mean(np.sum(prior.basis[at] ** 2, axis=1))))
        scale = max(float(values.std()) / max(expected, SMALLEST_SCALE), SMALLEST_SCALE)
        location = float(values.mean() - scale * prior.mean[at].mean())
        log_scale = float(np.log(scale))
        # Wide uncertainty of the location: one scale in either direction
        errors = _spread_evenly(len(prior.locations))
        self._policy.set_level(
            (location, log_scale), location + scale * errors, log_scale + SCALE_DEVIATION * errors
        )


def _costs(seconds: npt.NDArray[np.float64] | None, spent: float | None) -> npt.NDArray[np.float64] | None:
    """Return the costs of candidates: the seconds, or the growth of the logarithm of the time that is spent.

    The latter is times the time spent, so that for what is short it is the seconds too.
    """
    return seconds if seconds is None or not spent else spent * np.log1p(seconds / spent)


def _spread_evenly(n: int) -> npt.NDArray[np.float64]:
    """Return evenly spaced values of mean 0 and variance 1 in a fixed random order."""
    if n == 1:
        return np.zeros(1)
    values = np.random.default_rng(0).permutation(np.linspace(-1.0, 1.0, n))
    return values / float(values.std())
