"""Data and ensembles shared by all folds: true scores, and out-of-bag predictions of each model."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.evaluation.times import read_seconds
from foretune.meta_model import (
    Interpolation,
    KernelChoice,
    MetaDataset,
    MetaTrainingParameters,
    OutOfBag,
    RelativeShapes,
    TargetKind,
    fit_out_of_bag,
    task_levels,
)


@dataclass(frozen=True)
class Truth:
    """Properties of all tasks that need no fitting; a fold reads only those of its known tasks.

    Attributes
    ----------
    targets
        Normalised score of every evaluation, shape (n_evaluations,).
    levels
        Location and log scale of each task, shape (n_tasks, 2).
    shapes
        Relative score as a function of the target, for every task.
    interpolation
        Interpolation of a task's values between its evaluated configurations.
    kernels
        Choice of the interpolation's kernel without the held-out tasks.
    seconds
        Seconds of every evaluation, shape (n_evaluations,), NaN on tasks without times; None if there are
        none.
    """

    targets: npt.NDArray[np.float64]
    levels: npt.NDArray[np.float64]
    shapes: RelativeShapes
    interpolation: Interpolation
    kernels: KernelChoice
    seconds: npt.NDArray[np.float64] | None = None

    @classmethod
    def from_meta_dataset(
        cls, meta_dataset: MetaDataset, kind: TargetKind, trial_costs: pd.DataFrame | None = None
    ) -> Truth:
        """Compute the properties from a meta-dataset, and from the seconds of its trials if known."""
        targets = meta_dataset.targets(kind)
        interpolation = Interpolation.from_meta_dataset(meta_dataset)
        return cls(
            targets=targets,
            levels=task_levels(meta_dataset, kind),
            shapes=RelativeShapes.from_meta_dataset(meta_dataset, kind),
            interpolation=interpolation,
            kernels=interpolation.choose_kernel(targets),
            seconds=read_seconds(meta_dataset, trial_costs),
        )


@dataclass(frozen=True)
class Evidence:
    """Ensembles of one seed by name of the model, and the true scores."""

    seed: int
    parameters: MetaTrainingParameters
    truth: Truth
    out_of_bag: Mapping[str, OutOfBag]

    @classmethod
    def fit(
        cls,
        meta_dataset: MetaDataset,
        truth: Truth,
        parameters: MetaTrainingParameters,
        models: Collection[str],
        seed: int,
        n_workers: int = 1,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> Evidence:
        """Fit the ensembles; arguments as for :func:`foretune.meta_model.out_of_bag.fit_out_of_bag`."""
        fitted = (
            fit_out_of_bag(meta_dataset, parameters, models, seed, n_workers, on_progress) if models else {}
        )
        return cls(seed, parameters, truth, fitted)
