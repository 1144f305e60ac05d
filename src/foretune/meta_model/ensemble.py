"""Members of the ensemble: boosted trees of main effects, normalised scores and score levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import xgboost as xgb

from foretune.meta_model.boosting import ROWS_AT_ONCE, finite_or_missing, fit_booster, predict_booster
from foretune.meta_model.meta_dataset import MetaDataset
from foretune.meta_model.parameters import MetaTrainingParameters, TargetKind
from foretune.meta_model.targets import SMALLEST_SPREAD, normalise_scores

# Number of grades of a ranking: the best tenth of a task's configurations has grade 9
N_GRADES = 10


class TrainingData(NamedTuple):
    """Training data of all members as arrays.

    ``task`` and ``config`` (n_evaluations,) are the rows of each evaluation in ``metafeatures`` and
    ``configurations`` (``float32``); ``target`` (n_evaluations,) is finite. ``level`` (n_tasks, 2) is the
    location and log scale of each task's scores, the latter NaN if all are equal.
    """

    task: npt.NDArray[np.intp]
    config: npt.NDArray[np.intp]
    target: npt.NDArray[np.float64]
    metafeatures: npt.NDArray[np.float32]
    configurations: npt.NDArray[np.float32]
    level: npt.NDArray[np.float64]

    @classmethod
    def from_meta_dataset(cls, meta_dataset: MetaDataset, kind: TargetKind) -> TrainingData:
        """Create the arrays from a meta-dataset."""
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
        """Append the prediction of the main effect as the last column of the configurations."""
        return self._replace(configurations=with_main_effect(main_effect, self.configurations))

    def rows(self, chosen: npt.NDArray[np.intp]) -> npt.NDArray[np.float32]:
        """Return metafeatures and configurations of some evaluations side by side."""
        return np.hstack([self.metafeatures[self.task[chosen]], self.configurations[self.config[chosen]]])


def task_levels(meta_dataset: MetaDataset, kind: TargetKind) -> npt.NDArray[np.float64]:
    """Compute the location and log scale of each task's scores, shape (n_tasks, 2)."""
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
    """Model of the location and log scale of a task's scores.

    Attributes
    ----------
    location, log_scale
        Trees on the metafeatures; None without metafeatures or variation.
    means
        Predictions without trees.
    """

    location: xgb.Booster | None
    log_scale: xgb.Booster | None
    means: tuple[float, float]

    def predict(self, metafeatures: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Predict location and log scale of tasks, shape (n_tasks, 2)."""
        level = np.tile(self.means, (len(metafeatures), 1))
        for column, booster in enumerate((self.location, self.log_scale)):
            if booster is not None:
                level[:, column] = predict_booster(booster, metafeatures)
        return level


@dataclass(frozen=True)
class Member:
    """Member of the ensemble: boosted trees trained on one bag of tasks.

    Attributes
    ----------
    main_effect
        Model of a configuration's mean target over tasks.
    regressor
        Model of the target from metafeatures, configuration and the main effect's prediction, which it need
        not learn itself.
    level
        Model of a task's location and scale.
    """

    main_effect: xgb.Booster
    regressor: xgb.Booster
    level: LevelModel

    def predict_unseen(self, data: TrainingData, in_bag: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
        """Predict evaluations of tasks outside of a bag, 0 for the others; shape (n_evaluations,)."""
        return predict_unseen(self.regressor, data.with_main_effect(self.main_effect), in_bag)


def draw_rows(
    data: TrainingData, in_bag: npt.NDArray[np.bool_], max_rows: int, rng: np.random.Generator
) -> npt.NDArray[np.intp]:
    """Draw evaluations of the tasks in a bag, balanced over tasks; returns sorted positions."""
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
    """Return the counts, capped at the largest value with a sum of at most the total."""
    low, high = 0, int(counts.max())
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if np.minimum(counts, middle).sum() <= total else (low, middle - 1)
    return np.minimum(counts, max(low, 1))


def fit_member(
    data: TrainingData, in_bag: npt.NDArray[np.bool_], parameters: MetaTrainingParameters, seed: int
) -> Member:
    """Train a member on the tasks in its bag with equal weights of tasks.

    Parameters
    ----------
    data
        All evaluations.
    in_bag
        Shape (n_tasks,).
    parameters
        Parameters of the trees and maximum number of rows.
    seed
        Random seed.
    """
    main_effect, chosen, weights = fit_main_effect(data, in_bag, parameters, seed)
    rows = data.with_main_effect(main_effect).rows(chosen)
    regressor = fit_booster(parameters.surrogate, rows, data.target[chosen], seed, weights=weights)
    return Member(main_effect, regressor, fit_level(data, in_bag, parameters, seed))


def fit_main_effect(
    data: TrainingData, in_bag: npt.NDArray[np.bool_], parameters: MetaTrainingParameters, seed: int
) -> tuple[xgb.Booster, npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    """Fit the main effect; return it with the evaluations drawn and their weights."""
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
    """Fit the model of location and log scale of a task's scores on its metafeatures."""
    location, log_scale = data.level[in_bag].T
    # Tasks without spread would dominate the fit by their log scale
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
    """Append the prediction of the main effect to encoded configurations as the last column."""
    predicted = predict_booster(main_effect, configurations).astype(np.float32)
    return np.hstack([configurations, predicted[:, None]])


def predict_unseen(
    booster: xgb.Booster, data: TrainingData, in_bag: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """Predict evaluations of tasks outside of a bag, 0 for the others; shape (n_evaluations,)."""
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

    With half of the surrogate's rounds: each costs more, and ranking overfits sooner.
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
