"""Evaluation fold: everything a method may use when one family is held out."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.base import derive_seed
from foretune.evaluation.evidence import Evidence, Truth
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.meta_model import (
    SHORTEST,
    SURROGATE,
    ConfigurationKernel,
    Expectation,
    HeldOut,
    Interpolation,
    MetaDataset,
    MetaTrainingParameters,
    SurfacePrior,
    TaskDistances,
    TrialSeconds,
    average_level,
    average_surface,
    build_prior,
    calibration_line,
    combine_predictions,
)
from foretune.metafeatures import tells_rows

Fitted = TypeVar("Fitted")


class EvaluationFold:
    """Known tasks of one fold, and results fitted once for all its methods and tasks.

    Parameters
    ----------
    meta_dataset
        All tasks of one type.
    family
        The held-out family.
    meta_training
        Parameters of the surrogate.
    evidence
        Ensembles by seed; predictions in this fold come from members not trained on the family.
    truth
        Properties of all tasks, of which the fold reads the known ones; computed on demand if not given.
    """

    def __init__(
        self,
        meta_dataset: MetaDataset,
        family: str,
        meta_training: MetaTrainingParameters,
        evidence: Mapping[int, Evidence] | None = None,
        truth: Truth | None = None,
    ) -> None:
        self._held_out = (meta_dataset.families == family).to_numpy()
        self._known = np.flatnonzero(~self._held_out)
        self._meta_dataset = meta_dataset
        self._evidence = {} if evidence is None else evidence
        self._truth = truth
        self._fitted: dict[Hashable, Any] = {}
        self.known_tasks = meta_dataset.select(meta_dataset.tasks.index[self._known])
        self.meta_training = meta_training

    def fit_once(self, key: Hashable, fit: Callable[[], Fitted]) -> Fitted:
        """Return the cached result of ``fit`` for a key, such as a method's own models."""
        if key not in self._fitted:
            self._fitted[key] = fit()
        return cast("Fitted", self._fitted[key])

    def prediction(self, task: HeldOutTask, seed: int, model: str = SURROGATE) -> npt.NDArray[np.float64]:
        """Predict the candidates of a held-out task, higher is better.

        Parameters
        ----------
        task
            A task of the held-out family.
        seed, model
            Seed and name of the ensemble; see :mod:`foretune.meta_model.out_of_bag`.

        Returns
        -------
        numpy.ndarray
            Shape (n_candidates,), in target units (``ndcg``: no unit).
        """
        return self._judged(seed, model).mean[self._meta_dataset.rows_of(task.task_id)]

    def prior(self, task: HeldOutTask, seed: int, model: str = SURROGATE) -> SurfacePrior:
        """Return the prior over the surface of a held-out task; arguments as for :meth:`prediction`.

        Its residuals come from members trained neither on the known task's family nor on the held-out one.
        Where there are no metafeatures it is :meth:`prior_without_metafeatures`.
        """
        if self._meta_dataset.metafeatures.empty:
            return self.prior_without_metafeatures(task, seed)
        return self.fit_once(("prior", task.task_id, seed, model), lambda: self._prior(task, seed, model))

    def prior_without_metafeatures(self, task: HeldOutTask, seed: int) -> SurfacePrior:
        """Say what the surface of a task may look like that may be like any known one.

        The same as :meth:`foretune.meta_model.Memory.prior` without metafeatures.
        """

        def make() -> SurfacePrior:
            truth = self._the_truth
            targets, interpolated = self._known_at(task, truth.targets)
            level, level_residuals = average_level(truth.levels[self._known])
            expected = [average_surface(targets, self._families)]
            return self._build_prior(task, seed, expected, interpolated, level, level_residuals)

        return self.fit_once(("prior without metafeatures", task.task_id, seed), make)

    def is_out_of_distribution(self, task: HeldOutTask, *, hide_rows: bool = False) -> bool:
        """Whether no known task is near enough to rely on the metafeatures of a held-out task.

        With ``hide_rows`` the metafeatures that tell the number of rows do not count.
        """
        counted = [name for name in task.metafeatures.index if not (hide_rows and tells_rows(str(name)))]
        distances = self.fit_once(("task distances", hide_rows), lambda: self._measure_distances(counted))
        described = task.metafeatures[counted].to_numpy(dtype=np.float64)
        nearest = distances.distances_to(described).min(initial=np.inf)
        return self.meta_training.guard.is_out_of_distribution(nearest, distances.largest_distance)

    def relative_scores(self, config_ids: pd.Index) -> npt.NDArray[np.float64]:
        """Return the scores of the known tasks scaled to 0 (worst of the task's pool) and 1 (best).

        ``1 - relative score`` is the normalised regret of a single trial with the configuration.

        Returns
        -------
        numpy.ndarray
            Shape (n_tasks, n_configurations). NaN where the configuration was not evaluated; 0 where the
            trial failed; 1 if all scores of a task are equal.
        """
        return self.fit_once(
            ("relative scores", tuple(config_ids)),
            lambda: self._interpolation.known(self._relative, self._known, self._positions(config_ids)),
        )

    def surfaces(self, config_ids: pd.Index) -> npt.NDArray[np.float64]:
        """Return the relative scores of the known tasks, interpolated where not evaluated.

        Returns
        -------
        numpy.ndarray
            Shape (n_tasks, n_configurations), finite.
        """
        return self.fit_once(
            ("surfaces", tuple(config_ids)),
            lambda: self._interpolation.complete(
                self._relative, self._known, self._positions(config_ids), self._kernel
            )[0],
        )

    def trial_seconds(self, task: HeldOutTask) -> TrialSeconds:
        """Begin to expect the seconds of a held-out task's trials, by those of the known tasks with times.

        Raises
        ------
        ValueError
            If no known task has times.
        """
        config_ids = task.candidates.index
        key = ("known seconds", tuple(config_ids))
        return TrialSeconds(self.fit_once(key, lambda: self._known_seconds(config_ids)))

    def _known_seconds(self, config_ids: pd.Index) -> npt.NDArray[np.float64]:
        """Return seconds of the known tasks with times, interpolated where not evaluated."""
        seconds = self._the_truth.seconds
        if seconds is None:
            raise ValueError("the known tasks have no times")
        first = np.searchsorted(self._meta_dataset.arrays.task, self._known)
        known = self._known[np.isfinite(seconds[first])]
        logarithms = np.log(np.maximum(seconds, SHORTEST))
        completed, _ = self._interpolation.complete(
            logarithms, known, self._positions(config_ids), self._kernel
        )
        return np.exp(completed)

    @property
    def _families(self) -> list[str]:
        return list(self.known_tasks.families)

    @property
    def _relative(self) -> npt.NDArray[np.float64]:
        return self.fit_once("relative", lambda: relative_scores(self._meta_dataset))

    @property
    def _interpolation(self) -> Interpolation:
        return self._the_truth.interpolation

    @property
    def _the_truth(self) -> Truth:
        if self._truth is None:
            self._truth = Truth.from_meta_dataset(self._meta_dataset, self.meta_training.target)
        return self._truth

    @property
    def _kernel(self) -> ConfigurationKernel:
        return self.fit_once("kernel", lambda: self._the_truth.kernels.without(self._held_out))

    def _measure_distances(self, counted: list[str]) -> TaskDistances:
        known = self.known_tasks
        return TaskDistances.of(known.metafeatures[counted].to_numpy(dtype=np.float64), list(known.families))

    def _positions(self, config_ids: pd.Index) -> npt.NDArray[np.intp]:
        return self._meta_dataset.configurations.index.get_indexer(config_ids)

    def _judged(self, seed: int, model: str) -> HeldOut:
        out_of_bag = self._evidence[seed].out_of_bag[model]
        return self.fit_once(
            ("judged", seed, model),
            lambda: out_of_bag.without(self._held_out, self._meta_dataset.arrays.task),
        )

    def _calibrated(self, seed: int, model: str) -> npt.NDArray[np.float64]:
        """Return the predictions of all evaluations, calibrated by a line fitted to the known tasks."""
        mean, targets = self._judged(seed, model).mean, self._the_truth.targets
        known = ~self._held_out[self._meta_dataset.arrays.task]
        intercept, slope = calibration_line(mean[known], targets[known])
        return intercept + slope * mean

    def _prior(self, task: HeldOutTask, seed: int, model: str) -> SurfacePrior:
        truth, rows = self._the_truth, self._meta_dataset.rows_of(task.task_id)
        predicted = self.fit_once(("calibrated", seed, model), lambda: self._calibrated(seed, model))
        levels = self._judged(seed, model).level
        level = levels[self._meta_dataset.tasks.index == task.task_id][0]
        level_residuals = (truth.levels - levels)[self._known]
        targets, interpolated = self._known_at(task, truth.targets)
        residuals, _ = self._known_at(task, truth.targets - predicted)
        expected = combine_predictions(targets, predicted[rows], residuals, self._families)
        return self._build_prior(task, seed, expected, interpolated, level, level_residuals)

    def _known_at(
        self, task: HeldOutTask, values: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.float64], float]:
        """Return the known tasks' values at the candidates of a held-out one, and the share interpolated."""
        return self._interpolation.complete(values, self._known, self._configs_of(task), self._kernel)

    def _configs_of(self, task: HeldOutTask) -> npt.NDArray[np.intp]:
        return self._meta_dataset.arrays.config[self._meta_dataset.rows_of(task.task_id)]

    def _build_prior(
        self,
        task: HeldOutTask,
        seed: int,
        expected: Sequence[Expectation],
        interpolated: float,
        level: npt.NDArray[np.float64],
        level_residuals: npt.NDArray[np.float64],
    ) -> SurfacePrior:
        """Build a prior from what is expected, and from how the known tasks and their levels vary."""
        configs = self._configs_of(task)
        return build_prior(
            expected,
            level,
            level_residuals,
            self._the_truth.shapes.select(self._known),
            self.meta_training.policy,
            kernel=self._kernel,
            coordinates=self._interpolation.coordinates[configs],
            interpolated=interpolated,
            rng=np.random.default_rng(derive_seed(seed, "prior", task.task_id)),
        )


def relative_scores(meta_dataset: MetaDataset) -> npt.NDArray[np.float64]:
    """Return every score scaled to 0 (worst of its task) and 1 (best); 0 where the trial failed."""
    task, _, score = meta_dataset.arrays
    bounds = np.searchsorted(task, np.arange(len(meta_dataset.tasks) + 1))
    low = np.fmin.reduceat(score, bounds[:-1])
    spread = np.fmax.reduceat(score, bounds[:-1]) - low
    relative = np.divide(score - low[task], spread[task], out=np.ones_like(score), where=(spread > 0)[task])
    return np.where(np.isnan(score), 0.0, relative)
