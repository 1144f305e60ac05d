"""Foretune's policy: which configuration to try next, from what is plausible and what was seen."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from foretune.meta_model.parameters import PolicyParameters
from foretune.meta_model.prior import SurfacePrior

# Scales of the score are tried this far apart (in log units), up to 1.5 deviations from the predicted one
SCALE_STEP, SCALE_RANGE = 0.75, 1.5
MOST_SCALES, MOST_ACTIVE_SCALES = 25, 4
SMALLEST_WEIGHT = 0.02
# In units of the target: beyond, the location is as good as unknown
WIDEST_LOCATION = 30.0
# What a gain beyond every known shape, and a gain that no surface shows, are worth
OVERSHOOT, SMOOTH = 1e-3, 1e-3
# Of equal gains the one with the higher mean comes first
TIE = 1e-9


class _Conditioned(NamedTuple):
    """The Gaussian process given the scores and one scale of theirs; all but the likelihood in that scale.

    ``location`` and ``spread`` are mean and deviation of the unknown location before any score, ``factor`` is
    the Cholesky factor of the scores' covariance, and ``whitened`` what was not expected, solved by it.
    """

    values: npt.NDArray[np.float64]
    location: float
    spread: float
    factor: npt.NDArray[np.floating]
    whitened: npt.NDArray[np.floating]
    log_likelihood: float


class Policy:
    """Proposes configurations one by one; each observed score changes what is plausible.

    The first ones are planned together: each has the largest expected gain over those before it, whatever
    their scores will be. After that the surfaces of the prior are conditioned on the scores (Matheron's rule;
    Wilson et al., "Pathwise conditioning of Gaussian processes", JMLR 2021), with a location and scale of the
    score that are unknown and weighed by their likelihood, and the configuration with the largest expected
    improvement in relative score comes next: Gaussian-process optimisation with a learnt kernel. One or two
    scores say too little about the scale for that to beat the plan.

    Parameters
    ----------
    prior
        What is plausible before the first trial.
    parameters
        Noise, and how many surfaces and candidates are looked at.
    rng
        Draws which surfaces are looked at, and breaks ties.
    """

    def __init__(self, prior: SurfacePrior, parameters: PolicyParameters, rng: np.random.Generator) -> None:
        self.prior = prior
        self.parameters = parameters
        n_candidates, n_surfaces = len(prior.mean), len(prior.surfaces)
        self._tie_break = rng.permutation(n_candidates)
        kept = rng.permutation(n_surfaces)[: parameters.n_surfaces]
        self._surfaces = prior.surfaces[kept]
        self._shapes = prior.shapes.select(kept)
        location_errors = prior.locations - prior.level[0]
        scale_errors = prior.log_scales - prior.level[1]
        self._location_errors = location_errors[kept]
        self._location_deviation = float(np.sqrt(np.mean(location_errors**2)))
        self._scale_deviation = float(np.sqrt(np.mean(scale_errors**2)))
        self._noises = rng.standard_normal((len(kept), n_candidates if n_candidates < 100 else 100))
        self._variance = np.sum(prior.basis**2, axis=1)
        self._is_free = np.ones(n_candidates, dtype=bool)
        # Tried, or being tried, and not failed
        self._counted: list[int] = []
        self._observed: list[int] = []
        self._scores: list[float] = []
        self._covariances: list[npt.NDArray[np.float64]] = []
        self._relative: npt.NDArray[np.float64] | None = None

    def propose(self) -> int:
        """Return the candidate to try next; it is not proposed again.

        Raises
        ------
        IndexError
            If every candidate was proposed.
        """
        if not self._is_free.any():
            raise IndexError("every candidate was proposed")
        gains = self.expected_gains()
        free = np.flatnonzero(self._is_free)
        best = free[np.lexsort((self._tie_break[free], -gains[free]))[0]]
        self.reserve(int(best))
        return int(best)

    def reserve(self, candidate: int) -> None:
        """Take a candidate for tried; its score is still to come."""
        if candidate not in self._counted:
            self._counted.append(candidate)
        self._is_free[candidate] = False

    def observe(self, candidate: int, score: float) -> None:
        """Take in the score of a candidate; a failed trial (NaN) is not proposed again, and tells nothing."""
        self.reserve(candidate)
        if not np.isfinite(score):
            self._counted.remove(candidate)
        else:
            self._observed.append(candidate)
            self._scores.append(score)
            self._covariances.append(self.prior.basis @ self.prior.basis[candidate])

    def expected_gains(self) -> npt.NDArray[np.float64]:
        """Say what each candidate may gain in relative score; -1 where it was looked at less closely.

        Returns
        -------
        numpy.ndarray
            Shape (n_candidates,). Before the first trial: the expected relative score itself.
        """
        if not self._observed or len(self._counted) < self.parameters.n_planned:
            return self._planned_gains()
        gains = np.zeros(len(self.prior.mean))
        looked_at = np.zeros(len(gains), dtype=bool)
        for weight, scale in self._plausible_scales():
            candidates, gain = self._gains(scale)
            gains[candidates] += weight * gain
            looked_at[candidates] = True
        return np.where(looked_at, gains, -1.0)

    def _planned_gains(self) -> npt.NDArray[np.float64]:
        """Gains over all that was tried, on average over the surfaces as they were before any score."""
        if self._relative is None:
            self._relative = self.prior.relative_surfaces()
        if not self._counted:
            return np.asarray(self._relative.mean(axis=0), dtype=np.float64)
        best = self._relative[:, self._counted].max(axis=1, keepdims=True)
        gains = np.maximum(self._relative - best, 0.0).mean(axis=0)
        return np.asarray(gains + TIE * self._relative.mean(axis=0), dtype=np.float64)

    def _plausible_scales(self) -> list[tuple[float, _Conditioned]]:
        """Weigh scales of the score by prior and likelihood."""
        steps = 2 * int(np.ceil(SCALE_RANGE * self._scale_deviation / SCALE_STEP)) + 1
        deviations = (
            np.linspace(-SCALE_RANGE, SCALE_RANGE, min(steps, MOST_SCALES)) if steps > 1 else np.zeros(1)
        )
        conditioned = [self._condition(float(deviation)) for deviation in deviations]
        likelihood = np.array([one.log_likelihood for one in conditioned]) - deviations**2 / 2
        weights = np.exp(likelihood - likelihood.max())
        weights /= weights.sum()
        order = np.argsort(-weights, kind="stable")[:MOST_ACTIVE_SCALES]
        return [(float(weights[at]), conditioned[at]) for at in order if weights[at] >= SMALLEST_WEIGHT]

    def _condition(self, deviation: float) -> _Conditioned:
        log_scale = self.prior.level[1] + self._scale_deviation * deviation
        scale = float(np.exp(log_scale))
        observed = np.array(self._observed)
        values = np.array(self._scores) / scale
        predicted = self.prior.mean[observed]
        location, spread = self.prior.level[0] / scale, self._location_deviation / scale
        if spread > WIDEST_LOCATION:
            location, spread = float(np.mean(values - predicted)), WIDEST_LOCATION
        n = len(observed)
        covariance = np.array([row[observed] for row in self._covariances]) + spread**2
        factor = np.linalg.cholesky(covariance + self.parameters.noise * np.eye(n))
        whitened = np.linalg.solve(factor, values - location - predicted)
        likelihood = -whitened @ whitened / 2 - np.log(np.diag(factor)).sum() - n * log_scale
        return _Conditioned(values, location, spread, factor, whitened, float(likelihood))

    def _gains(self, given: _Conditioned) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
        """Say what the most promising candidates may gain, given a scale."""
        from scipy.special import ndtr

        observed = np.array(self._observed)
        n = len(observed)
        covariances = np.array(self._covariances)
        solved = np.linalg.solve(given.factor, covariances)
        mean = self.prior.mean + given.whitened @ solved
        deviation = np.sqrt(np.maximum(self._variance - np.sum(solved**2, axis=0), 1e-12))
        inverse = np.linalg.inv(given.factor)
        # Each surface has its own error of the location, as it has its own residuals
        offsets = np.zeros(len(self._surfaces))
        if self._location_deviation > 0:
            offsets = self._location_errors * (given.spread / self._location_deviation)
        noises = np.sqrt(self.parameters.noise) * self._noises[:, np.arange(n) % self._noises.shape[1]]
        missed = given.values - given.location - offsets[:, None] - self._surfaces[:, observed] - noises
        weights = missed @ inverse.T @ inverse
        offsets = offsets + weights.sum(axis=1) * given.spread**2
        best = given.values.max() - given.location - offsets

        lead = (mean - best.mean()) / deviation
        smooth = deviation * (lead * ndtr(lead) + np.exp(-(lead**2) / 2) / np.sqrt(2 * np.pi))
        free = np.flatnonzero(self._is_free)
        promising = np.argsort(-smooth[free], kind="stable")[: self.parameters.n_candidates]
        candidates = np.sort(free[promising])
        conditioned = self._surfaces[:, candidates] + weights @ covariances[:, candidates]
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
        Length of the list.

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
