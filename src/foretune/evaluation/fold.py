"""What may be known before the first trial on a held-out task."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.base import derive_seed
from foretune.evaluation.evidence import Evidence, Truth
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.meta_model import (
    SURROGATE,
    ConfigurationKernel,
    HeldOut,
    Interpolation,
    MetaDataset,
    MetaTrainingParameters,
    SurfacePrior,
    build_prior,
    calibration_line,
)

Fitted = TypeVar("Fitted")


class EvaluationFold:
    """Known tasks of one fold and what is fitted on it, once for all methods and tasks of the fold.

    Parameters
    ----------
    meta_dataset
        All tasks of one type.
    family
        The family that is held out.
    meta_training
        Settings of the surrogate.
    evidence
        Ensembles by seed. What they say in this fold comes from members that have not seen the family.
    truth
        Truth about all tasks, of which the fold reads the known ones; made when it is needed if not given.
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
        """Return what ``fit`` gave on the first call with this key: a method's own models live here."""
        if key not in self._fitted:
            self._fitted[key] = fit()
        return cast("Fitted", self._fitted[key])

    def prediction(self, task: HeldOutTask, seed: int, model: str = SURROGATE) -> npt.NDArray[np.float64]:
        """Predict the candidates of a held-out task, higher is better.

        Parameters
        ----------
        task
            A task of the family that is held out.
        seed, model
            Which ensemble; see :mod:`foretune.meta_model.out_of_bag`.

        Returns
        -------
        numpy.ndarray
            Shape (n_candidates,), in target units (``ndcg``: no unit).
        """
        return self._judged(seed, model).mean[self._meta_dataset.rows_of(task.task_id)]

    def prior(self, task: HeldOutTask, seed: int, model: str = SURROGATE) -> SurfacePrior:
        """Say what the surface of a held-out task may look like; arguments as for :meth:`prediction`.

        Every residual in it is honest twice: it comes from members that have seen neither the known task's
        family nor the one held out.
        """
        return self.fit_once(("prior", task.task_id, seed, model), lambda: self._prior(task, seed, model))

    def relative_scores(self, config_ids: pd.Index) -> npt.NDArray[np.float64]:
        """Scores of the known tasks between 0 (worst of the task's own pool) and 1 (best).

        ``1 - relative score`` is the normalised regret of trying that configuration alone.

        Returns
        -------
        numpy.ndarray
            Shape (n_tasks, n_configurations). NaN where a task has not evaluated the configuration; a failed
            trial finds nothing and counts 0. On a task where all scores are equal every one is the best.
        """
        return self.fit_once(
            ("relative scores", tuple(config_ids)),
            lambda: self._interpolation.known(self._relative, self._known, self._positions(config_ids)),
        )

    def surfaces(self, config_ids: pd.Index) -> npt.NDArray[np.float64]:
        """Relative scores of the known tasks, interpolated where a task has not evaluated a configuration.

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

    @property
    def _relative(self) -> npt.NDArray[np.float64]:
        return self.fit_once("relative", lambda: _relative_scores(self._meta_dataset))

    @property
    def _interpolation(self) -> Interpolation:
        return self._the_truth.completion

    @property
    def _the_truth(self) -> Truth:
        if self._truth is None:
            self._truth = Truth.from_meta_dataset(self._meta_dataset, self.meta_training.target)
        return self._truth

    @property
    def _kernel(self) -> ConfigurationKernel:
        return self.fit_once("kernel", lambda: self._the_truth.kernels.without(self._held_out))

    def _positions(self, config_ids: pd.Index) -> npt.NDArray[np.intp]:
        return self._meta_dataset.configurations.index.get_indexer(config_ids)

    def _judged(self, seed: int, model: str) -> HeldOut:
        out_of_bag = self._evidence[seed].out_of_bag[model]
        return self.fit_once(
            ("judged", seed, model),
            lambda: out_of_bag.without(self._held_out, self._meta_dataset.arrays.task),
        )

    def _calibrated(self, seed: int, model: str) -> npt.NDArray[np.float64]:
        """Predictions of all evaluations, shrunk by what they were worth on the known tasks."""
        mean, targets = self._judged(seed, model).mean, self._the_truth.targets
        known = ~self._held_out[self._meta_dataset.arrays.task]
        intercept, slope = calibration_line(mean[known], targets[known])
        return intercept + slope * mean

    def _prior(self, task: HeldOutTask, seed: int, model: str) -> SurfacePrior:
        truth, rows = self._the_truth, self._meta_dataset.rows_of(task.task_id)
        predicted = self.fit_once(("calibrated", seed, model), lambda: self._calibrated(seed, model))
        configs = self._meta_dataset.arrays.config[rows]
        residuals, interpolated = self._interpolation.complete(
            truth.targets - predicted, self._known, configs, self._kernel
        )
        level = self._judged(seed, model).level
        return build_prior(
            predicted[rows],
            residuals,
            level[self._meta_dataset.tasks.index == task.task_id][0],
            (truth.levels - level)[self._known],
            truth.shapes.select(self._known),
            self.meta_training.policy,
            kernel=self._kernel,
            coordinates=self._interpolation.coordinates[configs],
            interpolated=interpolated,
            rng=np.random.default_rng(derive_seed(seed, "prior", task.task_id)),
        )


def _relative_scores(meta_dataset: MetaDataset) -> npt.NDArray[np.float64]:
    """Relative score of every evaluation."""
    task, _, score = meta_dataset.arrays
    bounds = np.searchsorted(task, np.arange(len(meta_dataset.tasks) + 1))
    low = np.fmin.reduceat(score, bounds[:-1])
    spread = np.fmax.reduceat(score, bounds[:-1]) - low
    relative = np.divide(score - low[task], spread[task], out=np.ones_like(score), where=(spread > 0)[task])
    return np.where(np.isnan(score), 0.0, relative)
