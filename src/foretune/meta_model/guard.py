"""A search that starts from a memory and never leaves out the library default."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import numpy.typing as npt

from foretune.meta_model.parameters import Guard, PolicyParameters
from foretune.meta_model.policy import Policy
from foretune.meta_model.prior import SurfacePrior

# Scores before the scale of a metric that the memory does not know can be read off them
FEWEST_SCORES = 3
# Deviation of the logarithm of a scale that was read off a few scores
SCALE_DEVIATION = 0.7
SMALLEST_SCALE = 1e-12


class GuardedSearch:
    """Proposes candidates one by one; each score changes what comes next.

    One policy lives as long as the search, so a trial costs the same whenever it comes.

    Parameters
    ----------
    prior
        What is plausible before the first trial.
    policy
        Settings of the policy.
    guard
        When the library default has its turn.
    defaults
        Candidates that are library defaults; the one with the highest expected score stands for them. Without
        any, the search is the policy alone.
    rng
        Source of the policy's draws.
    default_first
        Begin with the default, because little is known of tables like this one.
    knows_metric
        Whether scores are in the unit that the memory predicts. If not, location and scale are read off the
        scores themselves.
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
        self._policy = Policy(prior, policy, rng)
        self._guard = guard
        self._default_first = default_first
        self._knows_metric = knows_metric
        self._asked: list[int] = []
        self._told: dict[int, float] = {}
        expected = self._policy.relative.mean(axis=0)
        self.default = max(map(int, defaults), key=lambda at: expected[at], default=None)

    @property
    def n_left(self) -> int:
        """Candidates that were not asked for."""
        return self._policy.n_free

    @property
    def n_told(self) -> int:
        """Candidates whose score is known."""
        return len(self._told)

    def ask(self) -> int:
        """Return the candidate to try next; it is not returned again.

        Raises
        ------
        IndexError
            If all were tried.
        """
        if self.n_left == 0:
            raise IndexError("every candidate was tried")
        candidate = self._due_default()
        if candidate is None:
            candidate = self._policy.best_free()
        self.reserve(candidate)
        return candidate

    def reserve(self, candidate: int) -> None:
        """Take a candidate for asked: somebody else is trying it."""
        if candidate not in self._asked:
            self._asked.append(candidate)
            self._policy.reserve(candidate)

    def tell(self, candidate: int, score: float) -> None:
        """Take in a score, higher is better; NaN for a trial that failed.

        Raises
        ------
        ValueError
            If the candidate's score was told before.
        """
        if candidate in self._told:
            raise ValueError(f"the score of candidate {candidate} was told before")
        self.reserve(candidate)
        self._told[candidate] = float(score)
        self._policy.observe(candidate, score)
        if not self._knows_metric:
            self._read_off_level()

    def expected_gains(self) -> npt.NDArray[np.float64]:
        """Say what each candidate may gain over the best so far, in relative score; shape (n_candidates,).

        1 is the distance between the best and the worst that is known of a task.
        """
        return self._policy.expected_gains()

    def plan(self, length: int) -> list[int]:
        """List the candidates that together have the highest expected best score, without any feedback."""
        while len(self._asked) < length and self.n_left:
            self.ask()
        return self._asked[:length]

    def _due_default(self) -> int | None:
        if self.default is None or self.default in self._asked:
            return None
        is_first = not self._asked
        last_turn = len(self._asked) >= self._guard.default_within - 1
        if is_first and (self._default_first or self._risk(self.default) > self._guard.max_risk):
            return self.default
        # Alone at the first turn the default would leave no room for a recommendation
        return self.default if last_turn and not is_first else None

    def _risk(self, default: int) -> float:
        """Probability that the best expectation is worse than the default."""
        relative = self._policy.relative
        return float((relative[:, self._policy.best_free()] < relative[:, default]).mean())

    def _read_off_level(self) -> None:
        """Replace the predicted location and scale of the scores by what the scores themselves say."""
        scores = {at: score for at, score in self._told.items() if np.isfinite(score)}
        if len(scores) < FEWEST_SCORES:
            return
        prior, at, values = self._policy.prior, np.array(list(scores)), np.array(list(scores.values()))
        expected = float(np.sqrt(np.var(prior.mean[at]) + np.mean(np.sum(prior.basis[at] ** 2, axis=1))))
        scale = max(float(values.std()) / max(expected, SMALLEST_SCALE), SMALLEST_SCALE)
        location = float(values.mean() - scale * prior.mean[at].mean())
        log_scale = float(np.log(scale))
        # As good as unknown: a scale of the score in either direction
        errors = _spread_evenly(len(prior.locations))
        self._policy.set_level(
            (location, log_scale), location + scale * errors, log_scale + SCALE_DEVIATION * errors
        )


def _spread_evenly(n: int) -> npt.NDArray[np.float64]:
    """Values of mean 0 and variance 1, the same every time, in an order that follows nothing."""
    if n == 1:
        return np.zeros(1)
    values = np.random.default_rng(0).permutation(np.linspace(-1.0, 1.0, n))
    return values / float(values.std())
