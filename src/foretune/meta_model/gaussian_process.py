"""Gaussian process over configurations that learns from the scores of one search alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize
from scipy.special import ndtr

from foretune.meta_model.kernel import ConfigurationKernel

# Prior of the logarithm of a length scale: it grows with the root of the number of axes, as distances do
# (Hvarfner et al., "Vanilla Bayesian optimization performs great in high dimensions", ICML 2024)
LENGTH_MEAN, LENGTH_DEVIATION = -0.5, 1.0
# Prior of the logarithm of the noise's variance, in that of the scores
NOISE_MEAN, NOISE_DEVIATION = np.log(1e-3), 2.0
SHORTEST, LONGEST = np.log(0.03), np.log(30.0)
LEAST_NOISE, MOST_NOISE = np.log(1e-6), np.log(0.5)
MOST_STEPS = 40
JITTER = 1e-9
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class GaussianProcess:
    """Posterior of standardised scores, with a length scale for each axis.

    Attributes
    ----------
    coordinates
        Of the observed configurations, shape (n, n_axes).
    length_scales
        Of each axis, shape (n_axes,).
    noise
        Variance of a score.
    factor
        Cholesky factor of the observed covariance, shape (n, n).
    solved
        The inverse covariance times the scores, shape (n,).
    """

    coordinates: Floats
    length_scales: Floats
    noise: float
    factor: Floats
    solved: Floats

    @classmethod
    def fit(
        cls, coordinates: Floats, scores: Floats, start: GaussianProcess | None = None
    ) -> GaussianProcess:
        """Fit length scales and noise by their posterior mode.

        Parameters
        ----------
        coordinates
            Shape (n, n_axes).
        scores
            Standardised, shape (n,).
        start
            An earlier fit to begin from; None for the mode of the prior.
        """
        n_axes = coordinates.shape[1]
        squares = (coordinates[:, None, :] - coordinates[None, :, :]) ** 2
        mean = LENGTH_MEAN + np.log(max(n_axes, 1)) / 2
        first = np.append(np.full(n_axes, mean), NOISE_MEAN)
        starts = [first]
        if start is not None:
            starts.append(np.append(np.log(start.length_scales), np.log(start.noise)))
        bounds = [(SHORTEST, LONGEST)] * n_axes + [(LEAST_NOISE, MOST_NOISE)]
        found = [
            minimize(
                _loss,
                one,
                (squares, scores, mean),
                method="L-BFGS-B",
                jac=True,
                bounds=bounds,
                options={"maxiter": MOST_STEPS},
            )
            for one in starts
        ]
        best = min(found, key=lambda one: float(one.fun)).x
        return cls.of(coordinates, scores, np.exp(best[:-1]), float(np.exp(best[-1])))

    @classmethod
    def of(cls, coordinates: Floats, scores: Floats, length_scales: Floats, noise: float) -> GaussianProcess:
        """Condition on scores with known hyperparameters."""
        covariance = _kernel(coordinates / length_scales, coordinates / length_scales)
        covariance[np.diag_indices_from(covariance)] += noise + JITTER
        factor = cholesky(covariance, lower=True)
        return cls(coordinates, length_scales, noise, factor, cho_solve((factor, True), scores))

    def predict(self, coordinates: Floats) -> tuple[Floats, Floats]:
        """Return mean and standard deviation of the surface at coordinates, shape (n,) each."""
        between = _kernel(coordinates / self.length_scales, self.coordinates / self.length_scales)
        reduced = solve_triangular(self.factor, between.T, lower=True)
        variance = np.maximum(1.0 - np.sum(reduced**2, axis=0), 1e-12)
        return between @ self.solved, np.sqrt(variance)

    def expected_improvement(self, coordinates: Floats, best: float) -> Floats:
        """Return the expected improvement over a score, shape (n,)."""
        mean, deviation = self.predict(coordinates)
        lead = (mean - best) / deviation
        density = np.exp(-(lead**2) / 2) / np.sqrt(2 * np.pi)
        return np.asarray(deviation * (lead * ndtr(lead) + density), dtype=np.float64)

    def share_to_learn(self, coordinates: Floats) -> Floats:
        """Return how much one more noisy score can tell, from 0 where nothing is left to learn, shape (n,).

        Expected improvement times this is the augmented expected improvement (Huang et al., "Global
        optimization of stochastic black-box systems via sequential kriging meta-models", 2006), which does
        not return to the best point again and again to average its noise.
        """
        _, deviation = self.predict(coordinates)
        return np.asarray(1 - np.sqrt(self.noise / (deviation**2 + self.noise)), dtype=np.float64)


def _kernel(first: Floats, second: Floats) -> Floats:
    return ConfigurationKernel(1.0, 0.0, 1.0).between(first, second)


def _loss(theta: Floats, squares: Floats, scores: Floats, mean: float) -> tuple[float, Floats]:
    """Return the negative logarithm of the posterior density, and its gradient."""
    weights = np.exp(-2 * theta[:-1])
    root = np.sqrt(5.0) * np.sqrt(np.maximum(squares @ weights, 0.0))
    decay = np.exp(-root)
    noise = np.exp(theta[-1])
    covariance = (1 + root + root**2 / 3) * decay
    covariance[np.diag_indices_from(covariance)] += noise + JITTER
    factor = cholesky(covariance, lower=True)
    inverse = cho_solve((factor, True), np.eye(len(scores)))
    solved = inverse @ scores
    # Derivative of half the log determinant and of the quadratic form by the covariance
    by_covariance = (inverse - np.outer(solved, solved)) / 2
    # Of the Matern kernel by the logarithm of a length scale, without a division by the distance
    by_kernel = by_covariance * (5.0 / 3.0) * (1 + root) * decay
    by_length = np.einsum("ij,ijk->k", by_kernel, squares) * weights
    gradient = np.append(by_length, np.trace(by_covariance) * noise)
    loss = scores @ solved / 2 + np.sum(np.log(np.diag(factor)))
    errors = np.append((theta[:-1] - mean) / LENGTH_DEVIATION, (theta[-1] - NOISE_MEAN) / NOISE_DEVIATION)
    gradient += errors / np.append(np.full(len(theta) - 1, LENGTH_DEVIATION), NOISE_DEVIATION)
    return float(loss + errors @ errors / 2), gradient
