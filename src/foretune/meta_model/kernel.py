"""Matern kernel between configurations, and the choice of its hyperparameters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

LENGTH_SCALES = (0.15, 0.3, 0.6, 1.2, 2.4)
NOISES = (0.01, 0.1, 0.5)
MOST_TASKS, MOST_ROWS = 20, 128
DEGREES_OF_FREEDOM = 5


@dataclass(frozen=True)
class ConfigurationKernel:
    """Matern 5/2 kernel over coordinates.

    Attributes
    ----------
    length_scale
        Length scale in units of the coordinates.
    noise
        Variance of the noise relative to that of the surface.
    unexplained
        Mean squared leave-one-out error of the interpolation, relative to the variance.
    """

    length_scale: float
    noise: float
    unexplained: float

    def between(
        self, first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.float64]:
        """Compute the kernel between two sets of coordinates, shape (n_first, n_second)."""
        return _matern(_distances(first, second) / self.length_scale)

    def random_features(
        self, coordinates: npt.NDArray[np.float64], n_features: int, rng: np.random.Generator
    ) -> npt.NDArray[np.float64]:
        """Draw random features whose inner product approximates the kernel (Rahimi and Recht, NeurIPS 2007).

        The spectrum of a Matern 5/2 kernel is a multivariate t distribution with 5 degrees of freedom.

        Returns
        -------
        numpy.ndarray
            Shape (n_coordinates, 2 * (n_features // 2)).
        """
        half = n_features // 2
        normal = rng.standard_normal((coordinates.shape[1], half))
        spread = np.sqrt(DEGREES_OF_FREEDOM / rng.chisquare(DEGREES_OF_FREEDOM, half))
        angles = coordinates @ (normal * spread / self.length_scale)
        features = np.hstack([np.cos(angles), np.sin(angles)]) / np.sqrt(half)
        return np.asarray(features, dtype=np.float64)


class KernelChoice:
    """Choice of length scale and noise by the leave-one-out error on some tasks.

    The error has a closed form (Rasmussen and Williams, 2006, equation 5.12). It is computed once for each of
    at most 20 tasks with at most 128 configurations, evenly spaced, so that any can be held out.

    Parameters
    ----------
    coordinates
        Coordinates of all configurations, shape (n_configurations, n_axes).
    task, config, target
        All evaluations, sorted by task; shape (n_evaluations,).
    """

    def __init__(
        self,
        coordinates: npt.NDArray[np.float64],
        task: npt.NDArray[np.intp],
        config: npt.NDArray[np.intp],
        target: npt.NDArray[np.float64],
    ) -> None:
        tasks = np.unique(task)
        tasks = tasks[np.linspace(0, len(tasks) - 1, min(len(tasks), MOST_TASKS)).astype(int)]
        self.tasks: list[int] = []
        errors: list[list[float]] = []
        for one in tasks:
            rows = thinned(np.arange(*np.searchsorted(task, [one, one + 1])))
            values = target[rows] - target[rows].mean()
            if len(rows) > 2 and values.std() > 0:
                distances = _distances(coordinates[config[rows]], coordinates[config[rows]])
                self.tasks.append(int(one))
                errors.append(_errors(distances, values / values.std()))
        self.errors = np.array(errors).reshape(len(errors), len(LENGTH_SCALES) * len(NOISES))

    def without(self, held_out: npt.NDArray[np.bool_]) -> ConfigurationKernel:
        """Choose the kernel by the tasks that are not held out; ``held_out`` has shape (n_tasks,)."""
        errors = self.errors[~held_out[self.tasks]]
        if not len(errors):
            return ConfigurationKernel(LENGTH_SCALES[2], NOISES[1], 1.0)
        means = errors.mean(axis=0)
        best = int(np.argmin(means))
        length_scale, noise = LENGTH_SCALES[best // len(NOISES)], NOISES[best % len(NOISES)]
        return ConfigurationKernel(length_scale, noise, float(min(means[best], 1.0)))


def _errors(distances: npt.NDArray[np.float64], values: npt.NDArray[np.float64]) -> list[float]:
    """Compute the error for every length scale and noise."""
    return [
        _leave_one_out_error(kernel, values, noise)
        for kernel in (_matern(distances / length_scale) for length_scale in LENGTH_SCALES)
        for noise in NOISES
    ]


def thinned(rows: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Return at most 128 evenly spaced rows."""
    return rows[np.linspace(0, len(rows) - 1, min(len(rows), MOST_ROWS)).astype(int)] if len(rows) else rows


def _distances(first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(cdist(first, second), dtype=np.float64)


def _matern(scaled: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    root = np.sqrt(5.0) * scaled
    return np.asarray((1.0 + root + root**2 / 3.0) * np.exp(-root), dtype=np.float64)


def _leave_one_out_error(
    kernel: npt.NDArray[np.float64], values: npt.NDArray[np.float64], noise: float
) -> float:
    inverse = np.linalg.inv(kernel + noise * np.eye(len(kernel)))
    return float(np.mean((inverse @ values / np.diag(inverse)) ** 2))
