"""Foretune's policy: the next configuration to try, by expected improvement under the learnt prior."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp, ndtr

from foretune.meta_model.failure_model import FailureModel
from foretune.meta_model.parameters import PolicyParameters
from foretune.meta_model.penalties import LARGEST_SCORE, find_penalties
from foretune.meta_model.prior import SurfacePrior

# Grid of scales of the score: its step (in log units) and range (in deviations from the predicted one)
SCALE_STEP, SCALE_RANGE = 0.75, 1.5
MOST_SCALES, MOST_ACTIVE_SCALES = 25, 4
SMALLEST_WEIGHT = 0.02
# Cap on the location's deviation, in units of the target; beyond it the location is the scores' mean
WIDEST_LOCATION = 30.0
# Weights of the unclipped gain and of the closed-form expected improvement: they break ties of zero gains
OVERSHOOT, SMOOTH = 1e-3, 1e-3
# Of equal gains the one with the higher mean comes first
TIE = 1e-9
# Errors of the scores that are drawn for each surface, and rows that are allocated at first
MOST_NOISES, FIRST_ROWS = 100, 32
# Distance from the best score, in the largest plausible scales, below which a score is a penalty
REACH = 50.0
# Candidates that are less than so many times as likely to work as the most likely one have to wait
LEAST_SUCCESS = 0.5


class _Scaled(NamedTuple):
    """The Gaussian process given the scores and one scale of theirs, in units of that scale.

    ``location`` and ``spread`` are mean and deviation of the unknown location before any score, ``whitened``
    is the whitened difference of scores and predictions, ``shift`` the posterior change of the location,
    ``share`` the remaining share of its uncertainty.
    """

    scale: float
    location: float
    spread: float
    whitened: npt.NDArray[np.float64]
    shift: float
    share: float
    log_likelihood: float


class _Observations:
    """Observed scores, whitened incrementally: a new score adds a row and changes none.

    With the Cholesky factor L of the observed candidates' covariance plus noise, the rows are those of
    ``inv(L) @ [covariances with all candidates, surfaces plus noises, 1, scores, predictions]``. The unknown
    location of the scores, whose uncertainty depends on their scale, is a rank-one update that is applied
    afterwards, so that one factor serves every scale.

    Parameters
    ----------
    prior
        Prior over the score surface.
    surfaces
        Surfaces to be conditioned, shape (n_surfaces, n_candidates).
    noises
        Error of each surface's n-th score, shape (n_surfaces, n); used cyclically.
    noise
        Variance of a score.
    """

    def __init__(
        self,
        prior: SurfacePrior,
        surfaces: npt.NDArray[np.float64],
        noises: npt.NDArray[np.float64],
        noise: float,
    ) -> None:
        self._prior, self._surfaces, self._noises, self._noise = prior, surfaces, noises, noise
        self.variance = np.sum(prior.basis**2, axis=1)
        self.candidates: list[int] = []
        # Scores are relative to the first: a large offset would cost precision
        self.origin = 0.0
        self._scores: list[float] = []
        self._log_pivots: list[float] = []
        self._rows = np.empty((FIRST_ROWS, len(prior.mean) + len(surfaces) + 3))

    def __len__(self) -> int:
        """Return the number of scores."""
        return len(self.candidates)

    def insert(self, position: int, candidate: int, score: float) -> None:
        """Insert a score at a position; those after it are whitened again."""
        if not self.candidates:
            self.origin = score
        later = list(zip(self.candidates[position:], self._scores[position:], strict=True))
        del self.candidates[position:], self._scores[position:], self._log_pivots[position:]
        for one, value in [(candidate, score - self.origin), *later]:
            self._append(one, value)

    def _append(self, candidate: int, score: float) -> None:
        n = len(self)
        if n == len(self._rows):
            self._rows = np.concatenate([self._rows, np.empty_like(self._rows)])
        before = self._rows[:n]
        factor = before[:, candidate]
        pivot = np.sqrt(max(self.variance[candidate] + self._noise - factor @ factor, self._noise))
        noises = np.sqrt(self._noise) * self._noises[:, n % self._noises.shape[1]]
        row = np.concatenate(
            [
                self._prior.basis @ self._prior.basis[candidate],
                self._surfaces[:, candidate] + noises,
                [1.0, score, self._prior.mean[candidate]],
            ]
        )
        self._rows[n] = (row - factor @ before) / pivot
        self.candidates.append(candidate)
        self._scores.append(score)
        self._log_pivots.append(float(np.log(pivot)))

    @property
    def values(self) -> npt.NDArray[np.float64]:
        """Scores minus the first one observed, not whitened."""
        return np.array(self._scores)

    @property
    def log_pivot(self) -> float:
        """Logarithm of the factor's determinant."""
        return sum(self._log_pivots)

    @property
    def covariances(self) -> npt.NDArray[np.float64]:
        """Whitened, shape (n, n_candidates)."""
        return self._rows[: len(self), : len(self._prior.mean)]

    @property
    def surfaces(self) -> npt.NDArray[np.float64]:
        """Whitened, shape (n, n_surfaces)."""
        return self._rows[: len(self), len(self._prior.mean) : -3]

    @property
    def ones(self) -> npt.NDArray[np.float64]:
        """Whitened, shape (n,)."""
        return self._rows[: len(self), -3]

    @property
    def scores(self) -> npt.NDArray[np.float64]:
        """Whitened, shape (n,)."""
        return self._rows[: len(self), -2]

    @property
    def predictions(self) -> npt.NDArray[np.float64]:
        """Whitened, shape (n,)."""
        return self._rows[: len(self), -1]


class Policy:
    """Sequential proposals by Gaussian-process optimisation with a learnt kernel.

    The first configurations are planned together: each has the largest expected gain over those before it.
    After that the surfaces of the prior are conditioned on the scores (Matheron's rule; Wilson et al.,
    "Pathwise conditioning of Gaussian processes", JMLR 2021), with an unknown location and scale of the score
    weighed by their likelihood, and the configuration with the largest expected improvement in relative score
    comes next. With one or two scores the scale is too uncertain for that to beat the plan.

    A failed trial lowers the gains of candidates that are like it (:class:`.FailureModel`), and so does one
    whose score is so far below the others that it stands for a failure (:func:`.find_penalties`). Candidates
    that are likely to fail wait until the others are tried. Without any failure none of this plays a part.

    Scores are added incrementally, so the number of passes over the candidates is the same for every trial.

    Parameters
    ----------
    prior
        Prior over the score surface.
    parameters
        Noise, and how many surfaces and candidates are used.
    rng
        Draws the surfaces that are used, and breaks ties.
    knows_level
        Whether the scores are in the unit of the prior, which then bounds how low they are.
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
        self.parameters = parameters
        self._knows_level = knows_level
        n_candidates, n_surfaces = len(prior.mean), len(prior.surfaces)
        self._tie_break = rng.permutation(n_candidates)
        self._kept = rng.permutation(n_surfaces)[: parameters.n_surfaces]
        self._surfaces = prior.surfaces[self._kept]
        self._shapes = prior.shapes.select(self._kept)
        self._noises = rng.standard_normal((len(self._kept), min(n_candidates, MOST_NOISES)))
        self._observations = self._without_scores()
        self._is_free = np.ones(n_candidates, dtype=bool)
        self._is_allowed = np.ones(n_candidates, dtype=bool)
        self._reserved: list[int] = []
        self._scores: dict[int, float] = {}
        self._failed: set[int] = set()
        # Tried, or being tried, and not failed
        self._counted: list[int] = []
        self._is_settled = True
        self._works: npt.NDArray[np.float64] | None = None
        self._gains: npt.NDArray[np.float64] | None = None
        self.set_level(prior.level, prior.locations, prior.log_scales)

    def _without_scores(self) -> _Observations:
        return _Observations(self.prior, self._surfaces, self._noises, self.parameters.noise)

    @cached_property
    def _failure_model(self) -> FailureModel:
        return FailureModel(self.prior.coordinates)

    @cached_property
    def relative(self) -> npt.NDArray[np.float64]:
        """All surfaces of the prior as relative scores, shape (n_surfaces, n_candidates)."""
        return self.prior.relative_surfaces()

    @property
    def n_free(self) -> int:
        """Number of candidates that were not proposed yet and are allowed."""
        return int((self._is_free & self._is_allowed).sum())

    def set_level(
        self,
        level: tuple[float, float],
        locations: npt.NDArray[np.float64],
        log_scales: npt.NDArray[np.float64],
    ) -> None:
        """Replace the prior of location and scale of the scores; as in :class:`SurfacePrior`."""
        location_errors, scale_errors = locations - level[0], log_scales - level[1]
        self._level = level
        self._location_errors = location_errors[self._kept]
        self._location_deviation = float(np.sqrt(np.mean(location_errors**2)))
        self._scale_deviation = float(np.sqrt(np.mean(scale_errors**2)))
        self._gains = None

    def propose(self) -> int:
        """Return the candidate to try next; it is not proposed again.

        Raises
        ------
        IndexError
            If every candidate was proposed.
        """
        best = self.best_free()
        self.reserve(best)
        return best

    def best_free(self) -> int:
        """Return the candidate to try next, without reserving it.

        Raises
        ------
        IndexError
            If every candidate was proposed.
        """
        return self.choose(self.expected_gains())

    def choose(self, gains: npt.NDArray[np.float64]) -> int:
        """Return the candidate of the largest gain that may be proposed; ties are broken by chance.

        Raises
        ------
        IndexError
            If every candidate was proposed.
        """
        if not self.n_free:
            raise IndexError("every candidate was proposed")
        free = self.eligible()
        return int(free[np.lexsort((self._tie_break[free], -gains[free]))[0]])

    def reserve(self, candidate: int) -> None:
        """Mark a candidate as proposed; its score is pending."""
        if candidate not in self._reserved:
            self._reserved.append(candidate)
            self._counted.append(candidate)
            self._gains = None
        self._is_free[candidate] = False

    def restrict(self, allowed: npt.NDArray[np.bool_]) -> None:
        """Propose only some candidates until further notice, for example those that end in time."""
        self._is_allowed = allowed

    def observe(self, candidate: int, score: float) -> None:
        """Record the score of a candidate, NaN for a failed trial.

        Scores may arrive in any order: the order in which candidates were reserved counts.
        """
        self.reserve(candidate)
        self._scores[candidate] = float(score)
        self._is_settled = False
        self._gains = None

    def regular_scores(self) -> dict[int, float]:
        """Return the scores that stand neither for a failure nor for a penalty, by candidate."""
        self._settle()
        return {at: min(score, LARGEST_SCORE) for at, score in self._scores.items() if at not in self._failed}

    def expected_gains(self) -> npt.NDArray[np.float64]:
        """Return each candidate's expected gain in relative score, -1 for those not shortlisted.

        Shape (n_candidates,). A trial that fails gains nothing. Before the first trial: the expected relative
        score itself.
        """
        if self._gains is None:
            self._gains = self.gains_for(np.ones(len(self.prior.mean)))
        return self._gains

    def gains_for(self, costs: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the expected gains, with a shortlist of those that gain most for what they cost.

        Parameters
        ----------
        costs
            Positive, in any unit, shape (n_candidates,).
        """
        self._settle()
        works = self._success()
        return works * self._planned_gains() if self.is_planning else self._conditioned_gains(works, costs)

    @property
    def is_planning(self) -> bool:
        """Whether the next trial belongs to those that are planned whatever the scores."""
        self._settle()
        return not len(self._observations) or len(self._counted) < self.parameters.n_planned

    def log_evidence(self) -> float:
        """Return the logarithm of the scores' marginal likelihood under the prior, 0 without scores."""
        self._settle()
        if not len(self._observations):
            return 0.0
        deviations = self._scale_deviations()
        log_prior = -(deviations**2) / 2
        log_likelihood = [self._scale(float(deviation)).log_likelihood for deviation in deviations]
        return float(logsumexp(log_likelihood + log_prior) - logsumexp(log_prior))

    def _settle(self) -> None:
        """Sort the scores into regular ones, which are observed, and failures with penalties among them.

        With more scores, one that was regular may turn out to be a penalty, and the reverse.
        """
        if self._is_settled:
            return
        self._is_settled, self._works = True, None
        scores = np.array(list(self._scores.values()))
        is_failed = ~np.isfinite(scores) | find_penalties(scores, self._reach(scores))
        self._failed = {at for at, fails in zip(self._scores, is_failed, strict=True) if fails}
        self._counted = [at for at in self._reserved if at not in self._failed]
        if not self._failed.isdisjoint(self._observations.candidates):
            self._observations = self._without_scores()
        observed = set(self._observations.candidates)
        for at, score in self.regular_scores().items():
            if at not in observed:
                place = len(observed.intersection(self._counted[: self._counted.index(at)]))
                self._observations.insert(place, at, score)
                observed.add(at)

    def _reach(self, scores: npt.NDArray[np.float64]) -> float | None:
        """Return how far below the best score others may be; None if the scores are not where predicted."""
        scale = np.exp(self._level[1] + SCALE_RANGE * self._scale_deviation)
        reach = REACH * max(float(scale), self._location_deviation)
        known = scores[np.isfinite(scores)]
        is_usual = self._knows_level and len(known) and abs(known.max() - self._level[0]) <= reach
        return reach if is_usual else None

    def _success(self) -> npt.NDArray[np.float64]:
        """Return the probability that the trial of each candidate works; exactly 1 if none failed so far."""
        if self._works is None:
            self._works = np.ones(len(self.prior.mean))
            if self._failed:
                tried = np.array(list(self._scores))
                is_failed = np.array([at in self._failed for at in self._scores])
                self._works -= self._failure_model.probability_of_failure(tried, is_failed)
        return self._works

    def eligible(self) -> npt.NDArray[np.intp]:
        """Return the candidates that may be proposed: free, and not much less likely to work than others."""
        free = np.flatnonzero(self._is_free & self._is_allowed)
        works = self._success()[free]
        return np.asarray(free[works >= LEAST_SUCCESS * works.max(initial=0.0)])

    def _planned_gains(self) -> npt.NDArray[np.float64]:
        """Gains over all that was tried, on average over the surfaces as they were before any score."""
        mean = np.asarray(self.relative.mean(axis=0), dtype=np.float64)
        if not self._counted:
            return mean
        best = self.relative[:, self._counted].max(axis=1, keepdims=True)
        gains = np.maximum(self.relative - best, 0.0).mean(axis=0)
        return np.asarray(gains + TIE * mean, dtype=np.float64)

    def _conditioned_gains(
        self, works: npt.NDArray[np.float64], costs: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.float64]:
        """Gains over the best score, on average over the surfaces given all scores, if the trial works."""
        covariances, ones = self._observations.covariances, self._observations.ones
        explained, along = np.einsum("ij,ij->j", covariances, covariances), ones @ covariances
        gains = np.full(len(self.prior.mean), -1.0)
        for weight, scaled in self._plausible_scales():
            lost = scaled.spread**2 * scaled.share
            deviation = np.sqrt(np.maximum(self._observations.variance - explained + lost * along**2, 1e-12))
            candidates, gain = self._gains_at(scaled, deviation, works / costs)
            gains[candidates] = np.maximum(gains[candidates], 0.0) + weight * works[candidates] * gain
        return gains

    def _plausible_scales(self) -> list[tuple[float, _Scaled]]:
        """Weigh scales of the score by prior and likelihood."""
        deviations = self._scale_deviations()
        scaled = [self._scale(float(deviation)) for deviation in deviations]
        likelihood = np.array([one.log_likelihood for one in scaled]) - deviations**2 / 2
        weights = np.exp(likelihood - likelihood.max())
        weights /= weights.sum()
        order = np.argsort(-weights, kind="stable")[:MOST_ACTIVE_SCALES]
        return [(float(weights[at]), scaled[at]) for at in order if weights[at] >= SMALLEST_WEIGHT]

    def _scale_deviations(self) -> npt.NDArray[np.float64]:
        """Return the grid of scales, in deviations from the predicted one."""
        steps = 2 * int(np.ceil(SCALE_RANGE * self._scale_deviation / SCALE_STEP)) + 1
        if steps == 1:
            return np.zeros(1)
        return np.linspace(-SCALE_RANGE, SCALE_RANGE, min(steps, MOST_SCALES))

    def _scale(self, deviation: float) -> _Scaled:
        """Condition on the scores in units of a scale, so many deviations from the predicted one."""
        seen = self._observations
        log_scale = self._level[1] + self._scale_deviation * deviation
        scale = float(np.exp(log_scale))
        location, spread = (self._level[0] - seen.origin) / scale, self._location_deviation / scale
        if spread > WIDEST_LOCATION:
            location = float(np.mean(seen.values / scale - self.prior.mean[seen.candidates]))
            spread = WIDEST_LOCATION
        whitened = seen.scores / scale - location * seen.ones - seen.predictions
        evidence = float(seen.ones @ seen.ones)
        shift = float(seen.ones @ whitened) / evidence
        share = 1 / (1 + spread**2 * evidence)
        rest = whitened - shift * seen.ones
        likelihood = -(rest @ rest + shift**2 * evidence * share) / 2 + np.log(share) / 2
        likelihood -= seen.log_pivot + len(seen) * log_scale
        return _Scaled(scale, location, spread, whitened, shift, share, float(likelihood))

    def _gains_at(
        self, given: _Scaled, deviation: npt.NDArray[np.float64], merits: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
        """Return the gains of the most promising candidates if they work.

        Given a scale, the posterior deviation of the candidates, and the weights of their gains: how likely
        they are to work, for what they cost.
        """
        seen = self._observations
        solved = given.whitened - (1 - given.share) * given.shift * seen.ones
        mean = self.prior.mean + solved @ seen.covariances
        # Each surface has its own error of the location, as it has its own residuals
        offsets = np.zeros(len(self._surfaces))
        if self._location_deviation > 0:
            offsets = self._location_errors * (given.spread / self._location_deviation)
        missed = (seen.scores / given.scale)[:, None] - np.outer(seen.ones, given.location + offsets)
        missed -= seen.surfaces
        evidence = float(seen.ones @ seen.ones)
        shifts = seen.ones @ missed / evidence
        missed -= np.outer(seen.ones, (1 - given.share) * shifts)
        offsets = offsets + shifts * (evidence * given.share * given.spread**2)
        best = seen.values.max() / given.scale - given.location - offsets

        lead = (mean - best.mean()) / deviation
        smooth = deviation * (lead * ndtr(lead) + np.exp(-(lead**2) / 2) / np.sqrt(2 * np.pi))
        free = self.eligible()
        promising = np.argsort(-merits[free] * smooth[free], kind="stable")[: self.parameters.n_candidates]
        candidates = np.sort(free[promising])
        conditioned = self._surfaces[:, candidates] + missed.T @ seen.covariances[:, candidates]
        gain = np.maximum(self._shapes(conditioned) - self._shapes(best[:, None]), 0.0).mean(axis=0)
        over = np.maximum(conditioned - best[:, None], 0.0).mean(axis=0)
        return candidates, gain + OVERSHOOT * over + SMOOTH * smooth[candidates]


def maximise_expected_best(surfaces: npt.NDArray[np.float64], length: int) -> npt.NDArray[np.intp]:
    """Choose columns greedily so that the mean over the rows of the best chosen value is largest.

    Parameters
    ----------
    surfaces
        Shape (n_surfaces, n_configurations), all finite.
    length
        Number of columns to choose.

    Returns
    -------
    numpy.ndarray
        Distinct columns, shape (min(length, n_configurations),); the first has the highest mean, and equal
        gains go to the higher mean.
    """
    order = np.argsort(-surfaces.mean(axis=0), kind="stable")
    ordered = surfaces[:, order]
    best = ordered[:, [0]]
    is_free = np.ones(len(order), dtype=bool)
    is_free[0] = False
    chosen = [order[0]]
    while len(chosen) < min(length, len(order)):
        gain = np.maximum(ordered - best, 0.0).sum(axis=0)
        column = int(np.argmax(np.where(is_free, gain, -1.0)))
        chosen.append(order[column])
        is_free[column] = False
        best = np.maximum(best, ordered[:, [column]])
    return np.array(chosen, dtype=np.intp)
