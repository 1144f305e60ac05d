"""One member of the ensemble: trees for what a configuration is worth, and for what a task changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from foretune.meta_model.boosting import ROWS_AT_ONCE, finite_or_missing, fit_booster, predict_booster
from foretune.meta_model.meta_dataset import MetaDataset
from foretune.meta_model.parameters import MetaTrainingParameters, TargetKind
from foretune.meta_model.targets import SMALLEST_SPREAD, normalise_scores

if TYPE_CHECKING:
    import xgboost as xgb


# Grades of a ranking: of ten, the best tenth of a task's configurations has 9
N_GRADES = 10


class TrainingData(NamedTuple):
    """What all members are trained on, as arrays.

    ``task`` and ``config`` (n_evaluations,) say which row of ``metafeatures`` and ``configurations``
    (``float32``) an evaluation belongs to; ``target`` (n_evaluations,) is finite. ``level`` (n_tasks, 2)
    holds the location and the logarithm of the scale of each task's scores, the latter NaN where all are
    equal.
    """

    task: npt.NDArray[np.intp]
    config: npt.NDArray[np.intp]
    target: npt.NDArray[np.float64]
    metafeatures: npt.NDArray[np.float32]
    configurations: npt.NDArray[np.float32]
    level: npt.NDArray[np.float64]

    @classmethod
    def from_meta_dataset(cls, meta_dataset: MetaDataset, kind: TargetKind) -> TrainingData:
        """Take the arrays out of a meta-dataset."""
        task, config, _ = meta_dataset.arrays
        return cls(
            task=task,
            config=config,
            target=meta_dataset.targets(kind),
            metafeatures=finite_or_missing(meta_dataset.metafeatures.to_numpy(dtype=np.float64)),
            configurations=finite_or_missing(meta_dataset.configurations.to_numpy(dtype=np.float64)),
            level=task_levels(meta_dataset, kind),
        )

    def with_main_effect(self, main_effect: xgb.Booster) -> TrainingData:
        """Return the same with what the main effect predicts as a last column of the configurations."""
        return self._replace(configurations=with_main_effect(main_effect, self.configurations))

    def rows(self, chosen: npt.NDArray[np.intp]) -> npt.NDArray[np.float32]:
        """Metafeatures and configuration of some evaluations side by side."""
        return np.hstack([self.metafeatures[self.task[chosen]], self.configurations[self.config[chosen]]])


def task_levels(meta_dataset: MetaDataset, kind: TargetKind) -> npt.NDArray[np.float64]:
    """Location and logarithm of the scale of each task's scores, shape (n_tasks, 2)."""
    task, _, score = meta_dataset.arrays
    bounds = np.searchsorted(task, np.arange(len(meta_dataset.tasks) + 1))
    levels = np.empty((len(meta_dataset.tasks), 2))
    for position in range(len(levels)):
        normalised = normalise_scores(score[bounds[position] : bounds[position + 1]], kind)
        spread = normalised.scale
        levels[position] = normalised.location, np.log(spread) if spread > SMALLEST_SPREAD else np.nan
    return levels


@dataclass(frozen=True)
class LevelModel:
    """Predicts location and log scale of a task's scores.

    Attributes
    ----------
    location, log_scale
        Trees on the metafeatures; None where there are none, or nothing varies.
    means
        What is predicted where there are no trees.
    """

    location: xgb.Booster | None
    log_scale: xgb.Booster | None
    means: tuple[float, float]

    def predict(self, metafeatures: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Predict tasks, shape (n_tasks, 2)."""
        level = np.tile(self.means, (len(metafeatures), 1))
        for column, booster in enumerate((self.location, self.log_scale)):
            if booster is not None:
                level[:, column] = predict_booster(booster, metafeatures)
        return level


@dataclass(frozen=True)
class Member:
    """Trees trained on one bag of tasks.

    Attributes
    ----------
    main_effect
        Predicts the mean target of a configuration from the configuration alone.
    regressor
        Predicts the target from metafeatures, configuration, and what the main effect predicts: trees that
        find it as a column need not learn it from thousands of rows.
    level
        Predicts a task's location and scale.
    """

    main_effect: xgb.Booster
    regressor: xgb.Booster
    level: LevelModel

    def predict_unseen(self, data: TrainingData, in_bag: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
        """Predict the evaluations of the tasks outside of a bag; 0 for the others, shape (n_evaluations,)."""
        return predict_unseen(self.regressor, data.with_main_effect(self.main_effect), in_bag)


def draw_rows(
    data: TrainingData, in_bag: npt.NDArray[np.bool_], max_rows: int, rng: np.random.Generator
) -> npt.NDArray[np.intp]:
    """Draw evaluations of the tasks in a bag, as evenly over the tasks as they allow; sorted."""
    counts = np.bincount(data.task, minlength=len(in_bag)) * in_bag
    if counts.sum() <= max_rows:
        return np.flatnonzero(in_bag[data.task])
    kept = _even_shares(counts, max_rows)
    starts = np.searchsorted(data.task, np.arange(len(in_bag)))
    return np.concatenate(
        [
            starts[task] + np.sort(rng.choice(counts[task], kept[task], replace=False))
            for task in np.flatnonzero(kept)
        ]
    )


def _even_shares(counts: npt.NDArray[np.intp], total: int) -> npt.NDArray[np.intp]:
    """Largest equal share of each count so that the sum stays below the total."""
    low, high = 0, int(counts.max())
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if np.minimum(counts, middle).sum() <= total else (low, middle - 1)
    return np.minimum(counts, max(low, 1))


def fit_member(
    data: TrainingData, in_bag: npt.NDArray[np.bool_], parameters: MetaTrainingParameters, seed: int
) -> Member:
    """Train a member on the tasks in its bag; every task weighs the same.

    Parameters
    ----------
    data
        All evaluations.
    in_bag
        Shape (n_tasks,).
    parameters
        Settings of the trees and the largest number of rows.
    seed
        Seed of every draw.
    """
    main_effect, chosen, weights = fit_main_effect(data, in_bag, parameters, seed)
    rows = data.with_main_effect(main_effect).rows(chosen)
    regressor = fit_booster(parameters.surrogate, rows, data.target[chosen], seed, weights=weights)
    return Member(main_effect, regressor, fit_level(data, in_bag, parameters, seed))


def fit_main_effect(
    data: TrainingData, in_bag: npt.NDArray[np.bool_], parameters: MetaTrainingParameters, seed: int
) -> tuple[xgb.Booster, npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    """Fit the mean target of a configuration; return also the evaluations drawn and their weights."""
    chosen = draw_rows(data, in_bag, parameters.max_rows, np.random.default_rng(seed))
    per_task = np.bincount(data.task[chosen], minlength=len(in_bag))
    weights = len(chosen) / (np.count_nonzero(per_task) * per_task[data.task[chosen]])
    n_configs = len(data.configurations)
    weight = np.bincount(data.config[chosen], weights, minlength=n_configs).astype(np.float64)
    total = np.bincount(data.config[chosen], weights * data.target[chosen], minlength=n_configs)
    known = np.flatnonzero(weight)
    booster = fit_booster(
        parameters.main_effect,
        data.configurations[known],
        total[known] / weight[known],
        seed,
        weights=weight[known],
    )
    return booster, chosen, weights


def fit_level(
    data: TrainingData, in_bag: npt.NDArray[np.bool_], parameters: MetaTrainingParameters, seed: int
) -> LevelModel:
    """Fit location and log scale of a task's scores on its metafeatures."""
    location, log_scale = data.level[in_bag].T
    # The logarithm of no spread would drown every real one
    spread = np.isfinite(log_scale)
    means = float(location.mean()), float(log_scale[spread].mean()) if spread.any() else 0.0
    described = data.metafeatures[in_bag]
    if parameters.target == "raw" or described.shape[1] == 0:
        return LevelModel(None, None, means)
    of_location = fit_booster(parameters.level, described, location, seed)
    if not spread.any():
        return LevelModel(of_location, None, means)
    of_scale = fit_booster(parameters.level, described[spread], log_scale[spread], seed)
    return LevelModel(of_location, of_scale, means)


def with_main_effect(
    main_effect: xgb.Booster, configurations: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Append what the main effect predicts to encoded configurations, as a last column."""
    predicted = predict_booster(main_effect, configurations).astype(np.float32)
    return np.hstack([configurations, predicted[:, None]])


def predict_unseen(
    booster: xgb.Booster, data: TrainingData, in_bag: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """Predict the evaluations of the tasks outside of a bag; 0 for the others, shape (n_evaluations,)."""
    predicted = np.zeros(len(data.task))
    unseen = np.flatnonzero(~in_bag[data.task])
    for start in range(0, len(unseen), ROWS_AT_ONCE):
        chosen = unseen[start : start + ROWS_AT_ONCE]
        predicted[chosen] = predict_booster(booster, data.rows(chosen))
    return predicted


def fit_ranker(
    data: TrainingData, in_bag: npt.NDArray[np.bool_], parameters: MetaTrainingParameters, seed: int
) -> xgb.Booster:
    """Fit trees to the order of the configurations within a task (LambdaMART on NDCG; Burges, 2010).

    They get half of the surrogate's rounds: each costs more, and ranking overfits sooner.
    """
    chosen = draw_rows(data, in_bag, parameters.max_rows, np.random.default_rng(seed))
    grades = np.empty(len(chosen))
    tasks = data.task[chosen]
    for task in np.unique(tasks):
        rows = np.flatnonzero(tasks == task)
        order = data.target[chosen[rows]].argsort(kind="stable").argsort(kind="stable")
        grades[rows] = order * N_GRADES // len(rows)
    trees = parameters.surrogate
    trees = trees.model_copy(update={"n_rounds": -(-trees.n_rounds // 2)})
    return fit_booster(trees, data.rows(chosen), grades, seed, groups=tasks)
