"""Out-of-bag predictions of all tasks from one ensemble, by members not trained on them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from foretune.base import derive_seed
from foretune.meta_model.bags import draw_bags, fit_in_bags
from foretune.meta_model.boosting import fit_booster
from foretune.meta_model.ensemble import (
    TrainingData,
    fit_level,
    fit_main_effect,
    fit_ranker,
    predict_unseen,
)
from foretune.meta_model.meta_dataset import MetaDataset
from foretune.meta_model.parameters import MetaTrainingParameters
from foretune.metafeatures import tells_rows

# Models trained on the same bags
SURROGATE = "surrogate"
NO_METAFEATURES = "no_metafeatures"
SHUFFLED = "shuffled_metafeatures"
ROWS_HIDDEN = "rows_hidden"
RANKER = "ndcg"
MODELS = (SURROGATE, NO_METAFEATURES, SHUFFLED, ROWS_HIDDEN, RANKER)


class HeldOut(NamedTuple):
    """Out-of-bag predictions by members not trained on a family.

    ``mean`` (n_evaluations,) is in target units, ``level`` (n_tasks, 2) is location and log scale. NaN if all
    of these members were trained on the task.
    """

    mean: npt.NDArray[np.float64]
    level: npt.NDArray[np.float64]


@dataclass(frozen=True)
class OutOfBag:
    """Predictions of all evaluations by all members of one ensemble.

    Attributes
    ----------
    seen
        Whether each member was trained on each task, shape (n_members, n_tasks).
    predictions
        Shape (n_members, n_evaluations), in target units and in the order of the meta-dataset's arrays.
        Predictions of training tasks are never read, and may be any finite value.
    levels
        Location and log scale, shape (n_members, n_tasks, 2).
    """

    seen: npt.NDArray[np.bool_]
    predictions: npt.NDArray[np.float32]
    levels: npt.NDArray[np.float64]

    def without(self, held_out: npt.NDArray[np.bool_], task: npt.NDArray[np.intp]) -> HeldOut:
        """Average the predictions of members not trained on some tasks.

        Predictions of each other task come from those of them that were not trained on that task either, so
        that residuals of known tasks are held out too and independent of the held-out task.

        Parameters
        ----------
        held_out
            Shape (n_tasks,), True for the tasks of the family to hold out.
        task
            Task of each evaluation, shape (n_evaluations,), sorted.
        """
        blind = ~self.seen[:, held_out].any(axis=1)
        unseen = (~self.seen[blind]).astype(np.float32)
        count = unseen.sum(axis=0)
        share = np.divide(unseen, count, out=np.full_like(unseen, np.nan), where=count > 0)
        mean = np.zeros(len(task))
        for member, predicted in zip(share, self.predictions[blind], strict=True):
            mean += member[task] * predicted
        return HeldOut(mean, np.einsum("bt,btl->tl", share, self.levels[blind]))


def calibration_line(
    predicted: npt.NDArray[np.float64], truth: npt.NDArray[np.float64]
) -> tuple[float, float]:
    """Fit the least-squares line of the truth on held-out predictions; return intercept and slope."""
    spread = float(np.var(predicted))
    slope = float(np.cov(predicted, truth, bias=True)[0, 1]) / spread if spread > 0 else 0.0
    return float(truth.mean() - slope * predicted.mean()), slope


def fit_out_of_bag(
    meta_dataset: MetaDataset,
    parameters: MetaTrainingParameters,
    models: Collection[str],
    seed: int,
    n_workers: int = 1,
    on_progress: Callable[[int, int], None] | None = None,
) -> dict[str, OutOfBag]:
    """Train ensembles on bags of families, and predict every evaluation with every member.

    ``n_members`` fits serve any number of tasks: a task's leave-one-family-out prediction is the mean over
    the members not trained on its family (Breiman, "Out-of-bag estimation", 1996).

    Parameters
    ----------
    meta_dataset
        Meta-dataset of one task type.
    parameters
        Parameters of members, bags and trees.
    models
        Names out of :data:`MODELS`.
    seed
        Random seed.
    n_workers
        Number of members trained in parallel.
    on_progress
        Called with the number of members done and their total.
    """
    data = TrainingData.from_meta_dataset(meta_dataset, parameters.target)
    bags = draw_bags(meta_dataset.families, parameters.n_members, parameters.bag_share, seed)
    shuffled = np.random.default_rng(derive_seed(seed, SHUFFLED)).permutation(len(bags[0]))
    hidden = np.array([tells_rows(str(name)) for name in meta_dataset.metafeatures], dtype=np.bool_)
    job = _Job(data, parameters, tuple(name for name in MODELS if name in models), shuffled, hidden)
    found = fit_in_bags(job, bags, seed, n_workers, on_progress)
    return {
        name: OutOfBag(
            bags, np.array([member[name][0] for member in found]), np.array([m[name][1] for m in found])
        )
        for name in job.models
    }


@dataclass(frozen=True)
class _Job:
    """Training of one member of every model, with its predictions."""

    data: TrainingData
    parameters: MetaTrainingParameters
    models: tuple[str, ...]
    shuffled: npt.NDArray[np.intp]
    hidden: npt.NDArray[np.bool_]

    def __call__(
        self, in_bag: npt.NDArray[np.bool_], seed: int
    ) -> dict[str, tuple[npt.NDArray[np.float32], npt.NDArray[np.float64]]]:
        data, parameters = self.data, self.parameters
        main_effect, chosen, weights = fit_main_effect(data, in_bag, parameters, seed)
        informed = data.with_main_effect(main_effect)
        result: dict[str, tuple[npt.NDArray[np.float32], npt.NDArray[np.float64]]] = {}
        for name in self.models:
            seen_as = informed
            if name == SHUFFLED:
                seen_as = informed._replace(metafeatures=data.metafeatures[self.shuffled])
            if name == NO_METAFEATURES:
                seen_as = informed._replace(metafeatures=data.metafeatures[:, :0])
            if name == ROWS_HIDDEN:
                seen_as = informed._replace(metafeatures=data.metafeatures[:, ~self.hidden])
            if name == RANKER:
                ranker = fit_ranker(data, in_bag, parameters, seed)
                result[name] = (
                    predict_unseen(ranker, data, in_bag).astype(np.float32),
                    np.zeros(data.level.shape),
                )
                continue
            predicted: npt.NDArray[np.floating] = informed.configurations[data.config, -1]
            if name != NO_METAFEATURES:
                rows, target = seen_as.rows(chosen), data.target[chosen]
                trees = fit_booster(parameters.surrogate, rows, target, seed, weights=weights)
                predicted = predict_unseen(trees, seen_as, in_bag)
            level = fit_level(seen_as, in_bag, parameters, seed)
            result[name] = predicted.astype(np.float32), level.predict(seen_as.metafeatures)
        return result
