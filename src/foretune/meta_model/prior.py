"""Prior over the scores of a new task: plausible surfaces over its candidates."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from foretune.meta_model.kernel import ConfigurationKernel
from foretune.meta_model.meta_dataset import MetaDataset
from foretune.meta_model.parameters import PolicyParameters, TargetKind
from foretune.meta_model.targets import normalise_scores

N_SHAPE_POINTS = 161
N_KERNEL_FEATURES = 64
FEWEST_SURFACES = 64


class RelativeShapes:
    """Maps from target to relative score (0 worst, 1 best) of each known task.

    Parameters
    ----------
    low, high
        Range of the target.
    values
        Relative score at equally spaced targets, shape (n_tasks, n_points).
    units
        Position of relative score 0 and distance of 1 from it, in scales from the task's location; shape
        (n_tasks, 2).
    """

    def __init__(
        self, low: float, high: float, values: npt.NDArray[np.float64], units: npt.NDArray[np.float64]
    ) -> None:
        self.low = low
        self.high = high
        self.values = values
        self.units = units

    @classmethod
    def from_meta_dataset(cls, meta_dataset: MetaDataset, kind: TargetKind) -> RelativeShapes:
        """Compute the shapes from the scores of all tasks."""
        task, _, score = meta_dataset.arrays
        bounds = np.searchsorted(task, np.arange(len(meta_dataset.tasks) + 1))
        pairs, units = [], []
        for position in range(len(meta_dataset.tasks)):
            values = score[bounds[position] : bounds[position + 1]]
            values = np.sort(values[np.isfinite(values)])
            normalised, relative = normalise_scores(values, kind), normalise_scores(values, "minmax")
            # Equal scores are all the best
            best = relative.targets if relative.scale > 0 else np.ones(len(values))
            pairs.append((normalised.targets, best))
            scale = normalised.scale if normalised.scale > 0 else 1.0
            units.append([(values[0] - normalised.location) / scale, np.ptp(values) / scale])
        low, high = min(pair[0][0] for pair in pairs), max(pair[0][-1] for pair in pairs)
        points = np.linspace(low, high, N_SHAPE_POINTS)
        shapes = np.array([np.interp(points, target, relative) for target, relative in pairs])
        return cls(low, high, shapes, np.array(units))

    def select(self, tasks: npt.NDArray[np.intp]) -> RelativeShapes:
        """Return the shapes of some tasks."""
        return RelativeShapes(self.low, self.high, self.values[tasks], self.units[tasks])

    def standardised(self, targets: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Map targets to scores in scales from the location, the inverse of the normalisation."""
        standardised: npt.NDArray[np.float64] = self.units[:, :1] + self.units[:, 1:] * self(targets)
        return standardised

    def __call__(self, targets: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Map targets, shape (n_tasks, n), to relative scores by the shape of each row."""
        last = self.values.shape[1] - 1
        place = (targets - self.low) * (last / max(self.high - self.low, 1e-12))
        place = np.clip(place, 0.0, last - 1e-9)
        left = place.astype(np.intp)
        share = place - left
        flat = left + np.arange(len(targets))[:, None] * (last + 1)
        values = self.values.ravel()
        mapped: npt.NDArray[np.float64] = values[flat] * (1 - share) + values[flat + 1] * share
        return mapped


@dataclass(frozen=True)
class SurfacePrior:
    """Distribution over the surfaces of a new task, with mean, covariance and samples.

    In target units except ``locations`` and ``log_scales``, which with ``shapes`` convert surfaces to scores.

    Attributes
    ----------
    mean
        Shape (n_candidates,).
    basis
        Factor of the covariance, shape (n_candidates, rank).
    surfaces
        Samples: the mean plus the held-out residuals of one known task, shape (n_surfaces, n_candidates). The
        first rows are one for each known task.
    shapes
        Relative score as a function of the target, of the known task behind each surface.
    level
        Predicted location and log scale.
    locations, log_scales
        Level plus the residual of the known task behind each surface, shape (n_surfaces,).
    coordinates
        Coordinates of the candidates, shape (n_candidates, n_axes).
    """

    mean: npt.NDArray[np.float64]
    basis: npt.NDArray[np.float64]
    surfaces: npt.NDArray[np.float64]
    shapes: RelativeShapes
    level: tuple[float, float]
    locations: npt.NDArray[np.float64]
    log_scales: npt.NDArray[np.float64]
    coordinates: npt.NDArray[np.float64]

    def select(self, candidates: npt.NDArray[np.intp]) -> SurfacePrior:
        """Return the prior over some of the candidates."""
        return replace(
            self,
            mean=self.mean[candidates],
            basis=self.basis[candidates],
            surfaces=self.surfaces[:, candidates],
            coordinates=self.coordinates[candidates],
        )

    def relative_surfaces(self) -> npt.NDArray[np.float64]:
        """Return the surfaces as relative scores."""
        return self.shapes(self.surfaces)

    def score_surfaces(self) -> npt.NDArray[np.float64]:
        """Return the surfaces in the unit of the score."""
        scales = np.exp(self.log_scales)[:, None]
        surfaces: npt.NDArray[np.float64] = self.locations[:, None] + scales * self.shapes.standardised(
            self.surfaces
        )
        return surfaces

    def predict_scores(self) -> npt.NDArray[np.float64]:
        """Predict the score of every candidate by the median over the surfaces, shape (n_candidates,)."""
        return np.asarray(np.median(self.score_surfaces(), axis=0), dtype=np.float64)

    def interval(self, coverage: float) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Compute prediction intervals of the score of every candidate with the given coverage.

        Quantiles over the surfaces, widened for their number as in split conformal prediction (Vovk et al.,
        2005), where the true surface is exchangeable with them. From n known tasks the coverage is at most
        ``(n - 1) / (n + 1)``, so with fewer than 39 an interval of 95 % covers less.

        Returns
        -------
        low, high : numpy.ndarray
            Shape (n_candidates,) each.
        """
        scores = np.sort(self.score_surfaces(), axis=0)
        n = len(scores)
        tail = (1 - coverage) / 2
        low = int(np.clip(np.floor(tail * (n + 1)) - 1, 0, n - 1))
        return scores[low], scores[n - 1 - low]


def average_level(
    levels: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the level to expect of a task without metafeatures, and each known task's distance from it.

    Parameters
    ----------
    levels
        Location and log scale of the known tasks, shape (n_tasks, 2); NaN where a task has no spread.

    Returns
    -------
    level, residuals : numpy.ndarray
        Shapes (2,) and (n_tasks, 2), finite.
    """
    level = np.nanmean(levels, axis=0)
    return level, np.nan_to_num(levels - level)


def build_prior(  # noqa: PLR0913
    mean: npt.NDArray[np.float64],
    residuals: npt.NDArray[np.float64],
    level: npt.NDArray[np.float64],
    level_residuals: npt.NDArray[np.float64],
    shapes: RelativeShapes,
    parameters: PolicyParameters,
    *,
    kernel: ConfigurationKernel,
    coordinates: npt.NDArray[np.float64],
    interpolated: float,
    rng: np.random.Generator,
) -> SurfacePrior:
    """Build the prior of one task.

    Parameters
    ----------
    mean
        Prediction for the new task, shape (n_candidates,).
    residuals
        Truth minus held-out prediction of the known tasks at the candidates, shape (n_tasks, n_candidates).
    level, level_residuals
        Predicted location and log scale, shape (2,), and residuals of the known tasks, shape (n_tasks, 2);
        NaN for a task without spread.
    shapes
        Shapes of the known tasks.
    parameters
        Minimum share of the covariance from the kernel.
    kernel, coordinates
        Kernel between configurations, and the candidates' coordinates.
    interpolated
        Share of interpolated residuals, whose uncertainty is part of the kernel's covariance.
    rng
        Random generator of the kernel's features and the samples.
    """
    n_tasks = len(residuals)
    remainder = max(parameters.remainder, interpolated * kernel.unexplained, 1 / (n_tasks + 1))
    shift = residuals.mean(axis=0)
    centred = residuals - shift
    spread = np.sqrt(np.mean(centred**2, axis=0))
    # Shrinkage of the mean residuals by their noise (James and Stein, 1961)
    noise = np.mean(spread**2) / n_tasks
    shift = shift * max(0.0, 1 - noise / max(float(np.mean(shift**2)), noise, 1e-12))
    spread = np.maximum(spread, 1e-6 + 0.1 * spread.mean())
    features = spread[:, None] * kernel.random_features(coordinates, N_KERNEL_FEATURES, rng)
    learnt = np.sqrt(1 - remainder) * centred
    features *= np.sqrt(remainder)
    source = np.arange(n_tasks)
    if n_tasks < FEWEST_SURFACES:
        source = np.tile(source, -(-FEWEST_SURFACES // n_tasks))
    drawn = rng.standard_normal((len(source), features.shape[1])) @ features.T
    # Centred, so that the mean over surfaces is the prediction and chance does not decide the first trial
    drawn -= drawn.mean(axis=0)
    errors = np.nan_to_num(level_residuals)
    return SurfacePrior(
        mean=mean + shift,
        basis=np.hstack([learnt.T / np.sqrt(n_tasks), features]),
        surfaces=mean + shift + learnt[source] + drawn,
        shapes=shapes.select(source),
        level=(float(level[0]), float(level[1])),
        locations=level[0] + errors[source, 0],
        log_scales=level[1] + errors[source, 1],
        coordinates=coordinates,
    )
