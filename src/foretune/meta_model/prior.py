"""What a new task may look like before its first trial: plausible surfaces over its candidates."""

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
    """How the target of each known task maps to its relative score: 0 the task's worst, 1 its best.

    Parameters
    ----------
    low, high
        Range of the target.
    values
        Relative score at equally spaced targets, shape (n_tasks, n_points).
    units
        Where a relative score of 0 lies, and how far 1 is from it, in scales from the task's location; shape
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
        """Read the shapes off the scores of all tasks."""
        task, _, score = meta_dataset.arrays
        bounds = np.searchsorted(task, np.arange(len(meta_dataset.tasks) + 1))
        pairs, units = [], []
        for position in range(len(meta_dataset.tasks)):
            values = score[bounds[position] : bounds[position + 1]]
            values = np.sort(values[np.isfinite(values)])
            normalised, relative = normalise_scores(values, kind), normalise_scores(values, "minmax")
            # Where all are equal every one is the best
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
        """Map targets to scores in scales from the location; the inverse of how the targets were made."""
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
    """A distribution over the surfaces of a new task, with mean, covariance and samples.

    Everything is in target units but ``locations`` and ``log_scales``, which with its shape take a surface to
    scores.

    Attributes
    ----------
    mean
        Shape (n_candidates,).
    basis
        The covariance of two candidates is the product of their rows; shape (n_candidates, rank).
    surfaces
        Samples: the mean plus what honest predictions got wrong on one known task, shape
        (n_surfaces, n_candidates). The first rows are one for each known task.
    shapes
        Relative score by target, of the known task behind each surface.
    level
        Predicted location and log scale.
    locations, log_scales
        The same plus what was got wrong on the known task behind each surface, shape (n_surfaces,).
    """

    mean: npt.NDArray[np.float64]
    basis: npt.NDArray[np.float64]
    surfaces: npt.NDArray[np.float64]
    shapes: RelativeShapes
    level: tuple[float, float]
    locations: npt.NDArray[np.float64]
    log_scales: npt.NDArray[np.float64]

    def select(self, candidates: npt.NDArray[np.intp]) -> SurfacePrior:
        """Return what is plausible over some of the candidates."""
        return replace(
            self,
            mean=self.mean[candidates],
            basis=self.basis[candidates],
            surfaces=self.surfaces[:, candidates],
        )

    def relative_surfaces(self) -> npt.NDArray[np.float64]:
        """Surfaces as relative scores: where the best of each surface is 1, as far as its shape goes."""
        return self.shapes(self.surfaces)

    def score_surfaces(self) -> npt.NDArray[np.float64]:
        """Surfaces in the unit of the score."""
        scales = np.exp(self.log_scales)[:, None]
        surfaces: npt.NDArray[np.float64] = self.locations[:, None] + scales * self.shapes.standardised(
            self.surfaces
        )
        return surfaces

    def predict_scores(self) -> npt.NDArray[np.float64]:
        """Predict the score of every candidate: the median over the surfaces, shape (n_candidates,)."""
        return np.asarray(np.median(self.score_surfaces(), axis=0), dtype=np.float64)

    def interval(self, coverage: float) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Interval of the score of every candidate that holds the truth with the given probability.

        Quantiles over the surfaces, widened for their number as in split conformal prediction (Vovk et al.,
        2005): the true surface is one more draw of the same kind. No method can promise more than
        ``(n - 1) / (n + 1)`` from n known tasks, so below 39 of them an interval of 95 % holds less.

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
        Truth minus honest prediction of the known tasks at the candidates, shape (n_tasks, n_candidates).
    level, level_residuals
        Predicted location and log scale, shape (2,), and what was got wrong on the known tasks, shape
        (n_tasks, 2); NaN where a task has no spread.
    shapes
        Of the known tasks.
    parameters
        Share of the covariance that is not learnt.
    kernel, coordinates
        Kernel between configurations, and the candidates' coordinates.
    interpolated
        Share of the residuals that is interpolated: what interpolation cannot know goes to the kernel.
    rng
        Draws the kernel's features and the samples.
    """
    n_tasks = len(residuals)
    remainder = max(parameters.remainder, interpolated * kernel.unexplained, 1 / (n_tasks + 1))
    shift = residuals.mean(axis=0)
    centred = residuals - shift
    spread = np.sqrt(np.mean(centred**2, axis=0))
    # As much of the mean residuals as is more than the noise of a mean (James and Stein, 1961)
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
    # The mean over the surfaces is the prediction: chance must not choose the first trial
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
    )
