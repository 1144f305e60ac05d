"""Mixture of policies with different priors, weighted by how well each explains the scores."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from foretune.meta_model.parameters import PolicyParameters
from foretune.meta_model.policy import Policy
from foretune.meta_model.prior import SurfacePrior


class PolicyMixture:
    """Proposals by several policies with one prior each, averaged by their evidence.

    Whether metafeatures can be trusted, and whether scores are best compared by their ranks or as they are,
    differs between tasks. Each answer is a prior; after the planned trials the expected gains of its policy
    count by the marginal likelihood of the scores (Bayesian model averaging; Hoeting et al., Statistical
    Science 1999). Trials are planned by the first prior alone.

    Parameters
    ----------
    prior
        Prior over the score surface, with its alternatives.
    parameters, rng, knows_level
        As for :class:`.Policy`.
    """

    def __init__(
        self,
        prior: SurfacePrior,
        parameters: PolicyParameters,
        rng: np.random.Generator,
        *,
        knows_level: bool = True,
    ) -> None:
        self.prior = prior
        self._first = Policy(prior, parameters, rng, knows_level=knows_level)
        self._policies = [
            self._first,
            *(
                Policy(one, parameters, own, knows_level=knows_level)
                for one, own in zip(prior.alternatives, rng.spawn(len(prior.alternatives)), strict=True)
            ),
        ]

    @property
    def relative(self) -> npt.NDArray[np.float64]:
        """All surfaces of the first prior as relative scores, shape (n_surfaces, n_candidates)."""
        return self._first.relative

    @property
    def n_free(self) -> int:
        """Number of candidates that were not proposed yet and are allowed."""
        return self._first.n_free

    def set_level(
        self,
        level: tuple[float, float],
        locations: npt.NDArray[np.float64],
        log_scales: npt.NDArray[np.float64],
    ) -> None:
        """Replace the prior of location and scale of the scores; as in :class:`.SurfacePrior`."""
        for policy in self._policies:
            policy.set_level(level, locations, log_scales)

    def weights(self) -> npt.NDArray[np.float64]:
        """Return the probability of each prior given the scores, shape (1 + n_alternatives,)."""
        evidence = np.array([policy.log_evidence() for policy in self._policies])
        weights = np.exp(evidence - evidence.max())
        return np.asarray(weights / weights.sum())

    def propose(self) -> int:
        """Return the candidate to try next; it is not proposed again."""
        best = self.best_free()
        self.reserve(best)
        return best

    def best_free(self) -> int:
        """Return the candidate to try next, without reserving it; see :meth:`.Policy.best_free`."""
        return self._first.choose(self.expected_gains())

    def expected_gains(self) -> npt.NDArray[np.float64]:
        """Return each candidate's expected gain in relative score; see :meth:`.Policy.expected_gains`."""
        if len(self._policies) == 1 or self._first.is_planning:
            return self._first.expected_gains()
        return self._mixed([policy.expected_gains() for policy in self._policies])

    def gains_for(self, costs: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the expected gains, with shortlists by what it costs; see :meth:`.Policy.gains_for`."""
        if len(self._policies) == 1 or self._first.is_planning:
            return self._first.gains_for(costs)
        return self._mixed([policy.gains_for(costs) for policy in self._policies])

    def _mixed(self, of_each: Sequence[npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
        """Average the gains of the policies, -1 where no policy has shortlisted a candidate."""
        gains = np.array(of_each)
        return np.where((gains < 0).all(axis=0), -1.0, self.weights() @ np.maximum(gains, 0.0))

    def eligible(self) -> npt.NDArray[np.intp]:
        """Return the candidates that may be proposed: free, and not much less likely to work than others."""
        return self._first.eligible()

    def reserve(self, candidate: int) -> None:
        """Mark a candidate as proposed; its score is pending."""
        for policy in self._policies:
            policy.reserve(candidate)

    def restrict(self, allowed: npt.NDArray[np.bool_]) -> None:
        """Propose only some candidates until further notice, for example those that end in time."""
        for policy in self._policies:
            policy.restrict(allowed)

    def observe(self, candidate: int, score: float) -> None:
        """Record the score of a candidate, NaN for a failed trial."""
        for policy in self._policies:
            policy.observe(candidate, score)

    def regular_scores(self) -> dict[int, float]:
        """Return the scores that stand neither for a failure nor for a penalty, by candidate."""
        return self._first.regular_scores()
