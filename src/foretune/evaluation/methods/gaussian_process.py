"""Gaussian process over a fixed pool of points with sequential observations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from foretune.spaces import CandidateFeatures

Array = npt.NDArray[np.float64]


# Grid of hyperparameters: distances in the unit cube, shares of the signal variance
LENGTH_SCALES = (0.5, 1.0, 2.0, 4.0)
NOISES = (1e-3, 3e-2, 3e-1)
# Length scale of learners and activity: different learners are almost independent
STRUCTURE_LENGTH_SCALE = 0.5
# Weight, in observations, of the prior that the variance of standardised targets is 1
PRIOR_WEIGHT = 1.0
# Grid points with a smaller likelihood, relative to the largest, are ignored
SMALLEST_LIKELIHOOD = 0.01


@dataclass(frozen=True)
class Posterior:
    """Posterior of the process over the pool, for the likely grid points of hyperparameters.

    Attributes
    ----------
    weights
        Posterior probability of each grid point, shape (n_grid,).
    means, stds
        Posterior moments of the noise-free function, shape (n_grid, n_pool).
    left_out
        Leave-one-out prediction of each observation, shape (n_observations,).
    """

    weights: Array
    means: Array
    stds: Array
    left_out: Array

    def expected_improvement(
        self, best: float, offset: Array | float = 0.0, scale: Array | float = 1.0
    ) -> Array:
        """Compute the expected improvement of ``offset + scale * f`` over ``best``.

        Averaged over the grid, which is the integrated acquisition of Snoek et al. (2012).

        Parameters
        ----------
        best
            Value to improve on.
        offset, scale
            Shape (n_pool,) or numbers.

        Returns
        -------
        numpy.ndarray
            Shape (n_pool,).
        """
        return self.weights @ expected_improvement(offset + scale * self.means, scale * self.stds, best)

    def moments(self) -> tuple[Array, Array]:
        """Return mean and standard deviation of the mixture over the grid, shape (n_pool,) each."""
        mean = self.weights @ self.means
        variance = self.weights @ (self.stds**2 + self.means**2) - mean**2
        return mean, np.sqrt(np.maximum(variance, 0.0))


class PoolGaussianProcess:
    """Gaussian process with a Matérn 5/2 kernel and a constant mean on a finite pool of points.

    The kernel is isotropic in the values of hyperparameters; the structure has a short length scale of its
    own. Length scale and noise are on a grid; the mean is estimated by generalised least squares and the
    signal variance is integrated out, so the marginal likelihood of a grid point has a closed form (Jones,
    Schonlau and Welch, J. Global Optimization 1998, with a weak prior on the variance) and is its weight. An
    observation adds a row to the inverse of every Cholesky factor, at a cost of n_grid * n * n_pool
    operations.

    Parameters
    ----------
    features
        Points of the pool.
    n_max
        Maximum number of observations.
    """

    def __init__(self, features: CandidateFeatures, n_max: int) -> None:
        self._features = features
        # Grid points in the order of the length scales
        self._of_length = np.repeat(np.arange(len(LENGTH_SCALES)), len(NOISES))
        self._noises = np.tile(NOISES, len(LENGTH_SCALES))
        n_grid, n_pool = len(self._noises), len(features.settings)
        self.n = 0
        # L^-1 K(observed, pool) and L^-1, where L L' = K(observed, observed) + noise
        self._whitened = np.empty((n_grid, n_max, n_pool))
        self._inverse = np.zeros((n_grid, n_max, n_max))
        self._log_determinant = np.zeros(n_grid)
        self._variance = np.ones((n_grid, n_pool))

    def observe(self, position: int) -> None:
        """Add an observation at a point of the pool; :meth:`posterior` takes its value."""
        n = self.n
        kernel = self._kernel_with(position)[self._of_length]
        row = self._whitened[:, None, :n, position]
        pivot = np.sqrt(1 + self._noises - (row**2).sum(axis=(1, 2)))
        self._whitened[:, n] = (kernel - (row @ self._whitened[:, :n])[:, 0]) / pivot[:, None]
        self._inverse[:, n, :n] = -(row @ self._inverse[:, :n, :n])[:, 0] / pivot[:, None]
        self._inverse[:, n, n] = 1 / pivot
        self._log_determinant += np.log(pivot)
        self._variance -= self._whitened[:, n] ** 2
        self.n = n + 1

    def _kernel_with(self, position: int) -> Array:
        """Return the Matérn 5/2 kernel of the pool and one point, shape (n_length_scales, n_pool)."""
        of_settings = _squared_distances(self._features.settings, position)
        of_structure = _squared_distances(self._features.structure, position)
        squares = of_settings / np.square(LENGTH_SCALES)[:, None] + of_structure / STRUCTURE_LENGTH_SCALE**2
        scaled = np.sqrt(5 * squares)
        kernel: Array = (1 + scaled + scaled**2 / 3) * np.exp(-scaled)
        return kernel

    def posterior(self, targets: Array) -> Posterior:
        """Compute the posterior given the targets of all observations.

        Parameters
        ----------
        targets
            Shape (n_observations,), finite, with a standard deviation of about 1, in the order of
            observation.

        Returns
        -------
        Posterior
            Posterior in the unit of the targets.

        Raises
        ------
        ValueError
            If there are no observations, or their number differs from that of the targets.
        """
        n = self.n
        if n == 0 or len(targets) != n:
            msg = f"{n} observations need as many targets, at least one; got {len(targets)}"
            raise ValueError(msg)
        inverse = self._inverse[:, :n, :n]
        whitened_targets = inverse @ targets
        whitened_ones = inverse.sum(axis=2)
        precision = (whitened_ones**2).sum(axis=1)
        level = (whitened_ones * whitened_targets).sum(axis=1) / precision
        rest = whitened_targets - level[:, None] * whitened_ones
        energy = (rest**2).sum(axis=1) + PRIOR_WEIGHT
        log_likelihood = (
            -0.5 * (n - 1 + PRIOR_WEIGHT) * np.log(energy) - self._log_determinant - 0.5 * np.log(precision)
        )
        weights = np.exp(log_likelihood - log_likelihood.max())
        kept = np.flatnonzero(weights >= SMALLEST_LIKELIHOOD)
        weights = weights[kept] / weights[kept].sum()

        means = np.empty((len(kept), self._whitened.shape[2]))
        left_out = np.zeros(n)
        for at, grid_point in enumerate(kept):
            means[at] = level[grid_point] + rest[grid_point] @ self._whitened[grid_point, :n]
            factor = inverse[grid_point]
            pulls = (rest[grid_point] @ factor) / (factor**2).sum(axis=0)
            left_out += weights[at] * (targets - pulls)
        spread = np.sqrt(energy[kept] / (n - 1 + PRIOR_WEIGHT))
        stds = spread[:, None] * np.sqrt(np.maximum(self._variance[kept], 0.0))
        return Posterior(weights, means, stds, left_out)


def _squared_distances(points: Array, position: int) -> Array:
    squares: Array = np.square(points - points[position]).sum(axis=1)
    return squares


def expected_improvement(mean: Array, std: Array, best: float) -> Array:
    """Compute the expected improvement of normal variables over ``best`` (Jones et al., 1998).

    Parameters
    ----------
    mean, std
        Same shape; a standard deviation of 0 means a known value.
    best
        Value to improve on.

    Returns
    -------
    numpy.ndarray
        Same shape, at least 0.
    """
    gain = mean - best
    is_known = std <= 0
    z = gain / np.where(is_known, 1.0, std)
    density = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    improvement = np.where(is_known, gain, gain * ndtr(z) + std * density)
    return np.maximum(improvement, 0.0)
