"""Method: the best configurations of the tasks with the nearest metafeatures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods.method import Method
from foretune.evaluation.methods.ranking import order_by_merit
from foretune.evaluation.parameters import EvaluationParameters
from foretune.meta_model import MetaDataset


class NearestTasks(Method):
    """Configurations in order of their mean relative score on the k tasks with the nearest metafeatures.

    With one neighbour this is the zero-shot choice of FLAML (Wang et al., "Mining robust default
    configurations for resource-constrained AutoML", 2022), with several the warm start of auto-sklearn
    (Feurer et al., "Efficient and robust automated machine learning", NeurIPS 2015). Missing evaluations are
    interpolated; ties are broken by the average over all tasks.

    Parameters
    ----------
    n_neighbours
        Number of neighbours k.
    """

    def __init__(self, n_neighbours: int) -> None:
        self.n_neighbours = n_neighbours
        self.name = f"nearest_tasks_{n_neighbours}"

    @classmethod
    def create(cls, parameters: EvaluationParameters, learner_order: Sequence[str]) -> list[Method]:
        """Create one method for every number of neighbours."""
        return [cls(n_neighbours) for n_neighbours in parameters.n_neighbours]

    def is_applicable(self, meta_dataset: MetaDataset) -> bool:
        """Whether there are metafeatures."""
        return not meta_dataset.metafeatures.empty

    def search(
        self, fold: EvaluationFold, task: HeldOutTask, n_trials: int, seed: int
    ) -> npt.NDArray[np.intp]:
        """Return the neighbours' best configurations."""
        scores = fold.surfaces(task.candidates.index)
        distances = standardised_distances(fold.known_tasks.metafeatures, task.metafeatures)
        nearest = np.argsort(distances, kind="stable")[: self.n_neighbours]
        merits = scores[nearest].mean(axis=0), scores.mean(axis=0)
        return order_by_merit(task.rng(seed), *merits)[:n_trials]


def standardised_distances(known: pd.DataFrame, new: pd.Series) -> npt.NDArray[np.float64]:
    """Compute Euclidean distances of standardised metafeatures.

    Missing values are imputed by the median and columns standardised over the known tasks; columns that are
    missing or constant there are left out.

    Parameters
    ----------
    known
        Metafeatures of the known tasks, shape (n_tasks, n_metafeatures).
    new
        Metafeatures of the new task, indexed by name.

    Returns
    -------
    numpy.ndarray
        Shape (n_tasks,).
    """
    values = known.to_numpy(dtype=np.float64)
    described = new.reindex(known.columns).to_numpy(dtype=np.float64)
    is_known = np.isfinite(values)
    has_any = is_known.any(axis=0)
    values = np.where(is_known, values, np.nan)[:, has_any]
    described = described[has_any]

    medians = np.nanmedian(values, axis=0)
    values = np.where(np.isnan(values), medians, values)
    described = np.where(np.isfinite(described), described, medians)
    spread = values.std(axis=0)
    is_telling = spread > 0
    difference = (values - described)[:, is_telling] / spread[is_telling]
    distances: npt.NDArray[np.float64] = np.sqrt((difference**2).sum(axis=1))
    return distances
