"""Prior over the scores of a new task: plausible surfaces over its candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from foretune.meta_model.kernel import ConfigurationKernel
from foretune.meta_model.meta_dataset import MetaDataset
from foretune.meta_model.parameters import PolicyParameters, TargetKind
from foretune.meta_model.targets import normalise_scores

N_SHAPE_POINTS = 161
N_KERNEL_FEATURES = 64
FEWEST_SURFACES = 64
# Scales below the location beyond which a score is an outlier
LOWEST_SCORE = -4.0
# Known families from which the worth of metafeatures can be told, and the least change that is one
FEWEST_TO_WEIGH, SMALLEST_CHANGE = 3, 1e-12


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

    def in_unit_of_score(self, lowest: float) -> RelativeShapes:
        """Return the maps from scores in scales from the location, which are lines from ``lowest`` on."""
        zero, one = self.units[:, :1], np.maximum(self.units[:, 1:], SMALLEST_CHANGE)
        low, high = min(lowest, float(zero.min())), float((zero + one).max())
        points = np.linspace(low, high, N_SHAPE_POINTS)
        values = np.asarray(np.maximum((points - zero) / one, 0.0), dtype=np.float64)
        return RelativeShapes(low, high, values, self.units)

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
    known
        The mean plus the held-out residuals of each known task, shape (n_tasks, n_candidates).
    surfaces
        Samples: ``known`` mixed with the kernel, shape (n_surfaces, n_candidates). The first rows are one for
        each known task.
    shapes
        Relative score as a function of the target, of the known task behind each surface.
    level
        Predicted location and log scale.
    locations, log_scales
        Level plus the residual of the known task behind each surface, shape (n_surfaces,).
    coordinates
        Coordinates of the candidates, shape (n_candidates, n_axes).
    alternatives
        Other priors over the same candidates, which a search weighs by how well each explains the scores.
    metafeature_weight
        Weight of the metafeatures in the mean; 0 where they tell nothing, or are not there.
    """

    mean: npt.NDArray[np.float64]
    basis: npt.NDArray[np.float64]
    known: npt.NDArray[np.float64]
    surfaces: npt.NDArray[np.float64]
    shapes: RelativeShapes
    level: tuple[float, float]
    locations: npt.NDArray[np.float64]
    log_scales: npt.NDArray[np.float64]
    coordinates: npt.NDArray[np.float64]
    alternatives: tuple[SurfacePrior, ...] = ()
    metafeature_weight: float = 0.0

    def select(self, candidates: npt.NDArray[np.intp]) -> SurfacePrior:
        """Return the prior over some of the candidates."""
        return replace(
            self,
            mean=self.mean[candidates],
            basis=self.basis[candidates],
            known=self.known[:, candidates],
            surfaces=self.surfaces[:, candidates],
            coordinates=self.coordinates[candidates],
            alternatives=tuple(one.select(candidates) for one in self.alternatives),
        )

    def relative_surfaces(self) -> npt.NDArray[np.float64]:
        """Return ``known`` as relative scores: trials are planned by them, without the kernel's chance."""
        return self.shapes.select(np.arange(len(self.known)))(self.known)

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


class Expectation(NamedTuple):
    """A prediction for a new task, and what it got wrong on the known tasks.

    Attributes
    ----------
    mean
        Shape (n_candidates,).
    residuals
        Truth minus held-out prediction of the known tasks, shape (n_tasks, n_candidates).
    weight
        Weight of the metafeatures: 0 for the average of the known tasks, 1 for the surrogate's prediction.
    """

    mean: npt.NDArray[np.float64]
    residuals: npt.NDArray[np.float64]
    weight: float


def average_surface(targets: npt.NDArray[np.float64], families: Sequence[str]) -> Expectation:
    """Predict a new task by the average of the known ones, and each known one by that of other families.

    Parameters
    ----------
    targets
        Targets of the known tasks at the candidates, shape (n_tasks, n_candidates).
    families
        Family of each known task. A task's own family would tell what its near-duplicates know.
    """
    family = _numbered(families)
    total, n_tasks = targets.sum(axis=0), len(targets)
    of_others = total - _sum_by(family, targets)[family]
    n_others = n_tasks - np.bincount(family)[family]
    expected = of_others / np.maximum(n_others, 1)[:, None]
    return Expectation(total / n_tasks, targets - expected, 0.0)


def combine_predictions(
    targets: npt.NDArray[np.float64],
    predicted: npt.NDArray[np.float64],
    residuals: npt.NDArray[np.float64],
    families: Sequence[str],
) -> list[Expectation]:
    """Combine the average of the known tasks with the surrogate's prediction by what the latter is worth.

    The prediction is ``average + weight * (predicted - average)``, with the weight learnt from the known
    tasks, each predicted without its family (:func:`metafeature_weight`). Where metafeatures tell nothing the
    average remains, which learns from all of the known tasks and not from a bag of them. It follows as an
    alternative where it is not the same.

    Parameters
    ----------
    targets
        Targets of the known tasks at the candidates, shape (n_tasks, n_candidates).
    predicted
        The surrogate's prediction for the new task, shape (n_candidates,).
    residuals
        Truth minus the surrogate's held-out prediction of the known tasks, shape (n_tasks, n_candidates).
    families
        Family of each known task.
    """
    average = average_surface(targets, families)
    weight = _hedge(metafeature_weight(average.residuals, residuals, families))
    if weight == 0:
        return [average]
    combined = Expectation(
        (1 - weight) * average.mean + weight * predicted,
        (1 - weight) * average.residuals + weight * residuals,
        weight,
    )
    return [combined, average]


def metafeature_weight(
    average_residuals: npt.NDArray[np.float64],
    predicted_residuals: npt.NDArray[np.float64],
    families: Sequence[str],
) -> float:
    """Weigh the surrogate's prediction against the average of the known tasks, from 0 to 1.

    The least-squares slope of what the average gets wrong on what the prediction would change, within tasks,
    shrunk by its jackknife variance over the families as in positive-part James-Stein estimation: chance, of
    which few families have much, counts for nothing.

    Parameters
    ----------
    average_residuals, predicted_residuals
        Truth minus held-out prediction by either, shape (n_tasks, n_candidates).
    families
        Family of each task.
    """
    family = _numbered(families)
    wrong = _centred(average_residuals)
    change = wrong - _centred(predicted_residuals)
    agreement = np.bincount(family, np.sum(wrong * change, axis=1))
    size = np.bincount(family, np.sum(change**2, axis=1))
    n_families, total = len(size), float(size.sum())
    if n_families < FEWEST_TO_WEIGH or total <= SMALLEST_CHANGE:
        return 0.0
    slope = float(agreement.sum()) / total
    others = (agreement.sum() - agreement) / np.maximum(total - size, SMALLEST_CHANGE)
    variance = (n_families - 1) * float(np.var(others))
    if slope <= 0 or variance >= slope**2:
        return 0.0
    return min(slope * (1 - variance / slope**2), 1.0)


def _hedge(weight: float) -> float:
    """Lower a weight above one half, unless it is 1.

    The weight has the least squared error over all candidates, but the best of them is chosen, where the
    surrogate errs upwards.
    """
    return weight if weight <= 0.5 else 0.5 + 2 * (weight - 0.5) ** 2


def _numbered(families: Sequence[str]) -> npt.NDArray[np.intp]:
    return np.asarray(np.unique(np.asarray(families), return_inverse=True)[1], dtype=np.intp)


def _sum_by(family: npt.NDArray[np.intp], rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    sums = np.zeros((int(family.max()) + 1, rows.shape[1]))
    np.add.at(sums, family, rows)
    return sums


def _centred(surfaces: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    centred: npt.NDArray[np.float64] = surfaces - surfaces.mean(axis=1, keepdims=True)
    return centred


def build_prior(  # noqa: PLR0913
    expectations: Sequence[Expectation],
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
    """Build the prior of one task, with its alternatives.

    Parameters
    ----------
    expectations
        The first is planned by; the others, and all of them in the unit of the score, are alternatives.
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
    n_tasks = len(shapes.units)
    remainder = max(parameters.remainder, interpolated * kernel.unexplained, 1 / (n_tasks + 1))
    source = np.arange(n_tasks)
    if n_tasks < FEWEST_SURFACES:
        source = np.tile(source, -(-FEWEST_SURFACES // n_tasks))
    errors = np.nan_to_num(level_residuals)
    priors = []
    for one in expectations:
        mean, centred = _with_mean_residual(one)
        basis, deviations = _vary(centred, source, remainder, kernel, coordinates, rng)
        priors.append(
            SurfacePrior(
                mean=mean,
                basis=basis,
                known=mean + centred,
                surfaces=mean + deviations,
                shapes=shapes.select(source),
                level=(float(level[0]), float(level[1])),
                locations=level[0] + errors[source, 0],
                log_scales=level[1] + errors[source, 1],
                coordinates=coordinates,
                metafeature_weight=one.weight,
            )
        )
    in_scores = [_in_unit_of_score(one, parameters.remainder, kernel, rng) for one in priors]
    return replace(priors[0], alternatives=(*priors[1:], *in_scores))


def _with_mean_residual(
    expected: Expectation,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the prediction corrected by what it gets wrong on average, and the centred residuals.

    The correction is shrunk by its noise (James and Stein, 1961).
    """
    shift = expected.residuals.mean(axis=0)
    centred = expected.residuals - shift
    noise = float(np.mean(centred**2)) / len(centred)
    kept = max(0.0, 1 - noise / max(float(np.mean(shift**2)), noise, 1e-12))
    return expected.mean + kept * shift, centred


def _in_unit_of_score(
    prior: SurfacePrior, remainder: float, kernel: ConfigurationKernel, rng: np.random.Generator
) -> SurfacePrior:
    """Return the Gaussian prior with the moments of the surfaces as scores, in scales from the location.

    Normal scores flatten the top: where one configuration is far better than the others, the scores as they
    are tell more. Low outliers are cut off.
    """
    scores = np.maximum(prior.shapes.standardised(prior.surfaces), LOWEST_SCORE)
    mean = scores.mean(axis=0)
    n_surfaces = len(scores)
    basis, deviations = _vary(scores - mean, np.arange(n_surfaces), remainder, kernel, prior.coordinates, rng)
    return replace(
        prior,
        mean=mean,
        basis=basis,
        known=scores[: len(prior.known)],
        surfaces=mean + deviations,
        shapes=prior.shapes.in_unit_of_score(LOWEST_SCORE),
        alternatives=(),
    )


def _vary(
    centred: npt.NDArray[np.float64],
    source: npt.NDArray[np.intp],
    remainder: float,
    kernel: ConfigurationKernel,
    coordinates: npt.NDArray[np.float64],
    rng: np.random.Generator,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return a factor of the covariance of centred surfaces mixed with a kernel, and deviations drawn by it.

    ``source`` is the surface behind each drawn one.
    """
    spread = np.sqrt(np.mean(centred**2, axis=0))
    spread = np.maximum(spread, 1e-6 + 0.1 * spread.mean())
    features = spread[:, None] * kernel.random_features(coordinates, N_KERNEL_FEATURES, rng)
    features *= np.sqrt(remainder)
    learnt = np.sqrt(1 - remainder) * centred
    drawn = rng.standard_normal((len(source), features.shape[1])) @ features.T
    # Centred, so that the mean over surfaces is the prediction and chance does not decide the first trial
    drawn -= drawn.mean(axis=0)
    return np.hstack([learnt.T / np.sqrt(len(centred)), features]), learnt[source] + drawn
