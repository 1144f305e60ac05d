"""A search that starts from memory and never leaves out the library default."""

from __future__ import annotations

from dataclasses import replace

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

    Parameters
    ----------
    prior
        What is plausible before the first trial.
    policy
        Settings of the policy.
    guard
        When the library default has its turn.
    n_defaults
        The first so many candidates are library defaults.
    seed
        Seed of the policy's draws.
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
        n_defaults: int,
        seed: int,
        *,
        default_first: bool = False,
        knows_metric: bool = True,
    ) -> None:
        self.prior = prior
        self._parameters = policy
        self._guard = guard
        self._seed = seed
        self._default_first = default_first
        self._knows_metric = knows_metric
        self._relative = prior.relative_surfaces()
        mean = self._relative.mean(axis=0)
        self.default = int(np.argmax(mean[:n_defaults])) if n_defaults else None
        self._tie_break = np.random.default_rng(seed).permutation(len(mean))
        self._asked: list[int] = []
        self._told: dict[int, float] = {}

    @property
    def n_left(self) -> int:
        """Candidates that were not asked for."""
        return int(self._relative.shape[1]) - len(self._asked)

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
            candidate = self._best_free(self.expected_gains())
        self._asked.append(candidate)
        return candidate

    def reserve(self, candidate: int) -> None:
        """Take a candidate for asked: somebody else is trying it."""
        if candidate not in self._asked:
            self._asked.append(candidate)

    def tell(self, candidate: int, score: float) -> None:
        """Take in a score, higher is better; NaN for a trial that failed."""
        self.reserve(candidate)
        self._told[candidate] = float(score)

    def expected_gains(self) -> npt.NDArray[np.float64]:
        """Say what each candidate may gain over the best so far, in relative score; shape (n_candidates,).

        1 is the distance between the best and the worst that is known of a task.
        """
        scores = {at: score for at, score in self._told.items() if np.isfinite(score)}
        prior, parameters = self.prior, self._parameters
        if not self._knows_metric:
            parameters = parameters.model_copy(update={"n_planned": max(FEWEST_SCORES, parameters.n_planned)})
            if len(scores) >= FEWEST_SCORES:
                prior = _read_off(prior, scores)
        policy = Policy(prior, parameters, np.random.default_rng(self._seed))
        for at in self._asked:
            if at in self._told:
                policy.observe(at, self._told[at])
            else:
                policy.reserve(at)
        return policy.expected_gains()

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
        if is_first and (self._default_first or self._risk() > self._guard.max_risk):
            return self.default
        # Alone at the first turn the default would leave no room for a recommendation
        return self.default if last_turn and not is_first else None

    def _risk(self) -> float:
        """Probability that the best expectation is worse than the default."""
        first = self._best_free(self.expected_gains())
        return float((self._relative[:, first] < self._relative[:, self.default]).mean())

    def _best_free(self, gains: npt.NDArray[np.float64]) -> int:
        free = np.setdiff1d(np.arange(len(gains)), self._asked)
        return int(free[np.lexsort((self._tie_break[free], -gains[free]))[0]])


def _read_off(prior: SurfacePrior, scores: dict[int, float]) -> SurfacePrior:
    """Replace the predicted location and scale of the score by what a few scores say."""
    at, values = np.array(list(scores)), np.array(list(scores.values()))
    expected = float(np.sqrt(np.var(prior.mean[at]) + np.mean(np.sum(prior.basis[at] ** 2, axis=1))))
    scale = max(float(values.std()) / max(expected, SMALLEST_SCALE), SMALLEST_SCALE)
    location = float(values.mean() - scale * prior.mean[at].mean())
    signs = _spread_evenly(len(prior.locations))
    log_scale = float(np.log(scale))
    return replace(
        prior,
        level=(location, log_scale),
        # As good as unknown: a scale of the score in either direction
        locations=location + scale * signs,
        log_scales=log_scale + SCALE_DEVIATION * signs,
    )


def _spread_evenly(n: int) -> npt.NDArray[np.float64]:
    """Values of mean 0 and variance 1, the same every time, in an order that follows nothing."""
    values = np.random.default_rng(0).permutation(np.linspace(-1.0, 1.0, n)) if n > 1 else np.zeros(n)
    return values / max(float(values.std()), SMALLEST_SCALE) if n > 1 else values
