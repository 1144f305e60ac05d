"""What is fitted once for all folds: an ensemble of each model, judged out of bag."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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
    """What is known of the tasks before anything is fitted; a fold reads its known tasks only.

    Attributes
    ----------
    targets
        Normalised score of every evaluation, shape (n_evaluations,).
    levels
        Location and log scale of each task, shape (n_tasks, 2).
    shapes
        Relative score by target, of every task.
    completion
        Interpolates values of a task between the configurations it has evaluated.
    kernels
        Chooses the kernel of the interpolation without the tasks held out.
    """

    targets: npt.NDArray[np.float64]
    levels: npt.NDArray[np.float64]
    shapes: RelativeShapes
    completion: Interpolation
    kernels: KernelChoice

    @classmethod
    def from_meta_dataset(cls, meta_dataset: MetaDataset, kind: TargetKind) -> Truth:
        """Read it off a meta-dataset."""
        targets = meta_dataset.targets(kind)
        completion = Interpolation.from_meta_dataset(meta_dataset)
        return cls(
            targets=targets,
            levels=task_levels(meta_dataset, kind),
            shapes=RelativeShapes.from_meta_dataset(meta_dataset, kind),
            completion=completion,
            kernels=completion.choose_kernel(targets),
        )


@dataclass(frozen=True)
class Evidence:
    """Ensembles of one seed, by name of the model, and the truth they are compared with."""

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
