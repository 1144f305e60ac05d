"""Nested axes: hyperparameters of which one fit exactly gives all smaller values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from foretune.base import TaskType, is_number
from foretune.learners.weighted_neighbours import inverse_distances

Params = dict[str, Any]
Outputs = Iterator[npt.NDArray[np.floating[Any]]]
PredictPath = Callable[[Any, npt.NDArray[np.float64], Sequence[Params], TaskType], Outputs]


# What 32-bit integers hold
LARGEST_VALUE = 2**31 - 1
# Private name of scikit-learn: codes of the classes, or values, of the rows that neighbours were fitted to
FITTED_TARGETS = "_y"

# Boosters of XGBoost whose later rounds change earlier ones
NOT_NESTED_BOOSTERS = {"dart", "gblinear"}
# What CatBoost chooses by the number of iterations, among others, unless it is given
CHOSEN_BY_ITERATIONS = ("learning_rate", "leaf_estimation_iterations")
# With these each iteration shrinks the trees before it
SHRINKING = frozenset({"langevin", "model_shrink_mode", "model_shrink_rate", "posterior_sampling"})


class NotNestedError(Exception):
    """One fit cannot give the smaller values exactly, so each needs its own."""


@dataclass(frozen=True)
class NestedAxis:
    """A hyperparameter of which the fit at the largest value contains those at smaller values.

    Attributes
    ----------
    hyperparameter
        Name of the axis, for example ``n_estimators``.
    default
        Value where a configuration does not set the hyperparameter.
    predict
        ``predict(estimator, X, params, task_type)`` yields class probabilities or values for ``X`` for each
        configuration in ``params`` (smallest value of the axis first), exactly those of an estimator fitted
        with these parameters. May raise :class:`NotNestedError`.
    shared
        Other hyperparameters that affect only prediction.
    is_rounds
        Whether it is the number of boosting rounds, which early stopping can choose.
    """

    hyperparameter: str
    default: int
    predict: PredictPath
    shared: tuple[str, ...] = ()
    is_rounds: bool = False

    def value(self, params: Params) -> int:
        """Return the value of the axis in a configuration."""
        return int(params.get(self.hyperparameter, self.default))

    def holds(self, params: Params) -> bool:
        """Whether a configuration's value is a positive whole number, which values of a log need not be."""
        value = params.get(self.hyperparameter, self.default)
        return is_number(value) and 1 <= value <= LARGEST_VALUE and value == int(value)


def predict_forest_path(
    forest: Any, X: npt.NDArray[np.float64], params: Sequence[Params], task_type: TaskType
) -> Outputs:
    """Predict with the first trees of a forest.

    Trees draw their seeds in turn from the forest's generator, so the first trees are the smaller forest.
    They are summed in order, as scikit-learn does on one thread.
    """
    # Trees compare in single precision: converted once instead of in every tree
    rows = np.ascontiguousarray(X, dtype=np.float32)
    total: Any = 0.0
    n_summed = 0
    for configuration in params:
        n_trees = int(configuration.get("n_estimators", 100))
        for tree in forest.estimators_[n_summed:n_trees]:
            predict = tree.predict_proba if task_type == "classification" else tree.predict
            total = total + predict(rows, check_input=False)
        n_summed = n_trees
        yield total / n_trees


def predict_boosting_path(
    booster: Any, X: npt.NDArray[np.float64], params: Sequence[Params], task_type: TaskType
) -> Outputs:
    """Predict with the first boosting rounds of XGBoost.

    Each prediction sums from the first tree, because adding rounds to a margin would round differently.

    Raises
    ------
    NotNestedError
        If later rounds change earlier ones, as dropped trees and linear models do.
    """
    if getattr(booster, "booster", None) in NOT_NESTED_BOOSTERS:
        raise NotNestedError
    for configuration in params:
        rounds = (0, int(configuration.get("n_estimators", 100)))
        predict = booster.predict_proba if task_type == "classification" else booster.predict
        yield predict(X, iteration_range=rounds)


def predict_lightgbm_path(
    booster: Any, X: npt.NDArray[np.float64], params: Sequence[Params], task_type: TaskType
) -> Outputs:
    """Predict with the first boosting rounds of LightGBM.

    Raises
    ------
    NotNestedError
        If later rounds change earlier trees (``dart``), or a round found no split: it leaves no tree, so the
        first trees are those of more rounds.
    """
    wanted = [int(configuration.get("n_estimators", 100)) for configuration in params]
    if booster.boosting_type == "dart" or booster.booster_.current_iteration() < wanted[-1]:
        raise NotNestedError
    predict = booster.predict_proba if task_type == "classification" else booster.predict
    for value in wanted:
        yield predict(X, num_iteration=value)


def predict_catboost_path(
    booster: Any, X: npt.NDArray[np.float64], params: Sequence[Params], task_type: TaskType
) -> Outputs:
    """Predict with the first iterations of CatBoost.

    Raises
    ------
    NotNestedError
        If CatBoost has chosen the learning rate or the steps of a leaf, for which it takes the number of
        iterations into account, if later iterations shrink earlier trees, or if it has stopped early.
    """
    given = booster.get_params()
    wanted = [int(configuration.get("iterations", 1000)) for configuration in params]
    is_fixed = all(given.get(name) is not None for name in CHOSEN_BY_ITERATIONS)
    if not is_fixed or SHRINKING & given.keys() or booster.tree_count_ < wanted[-1]:
        raise NotNestedError
    predict = booster.predict_proba if task_type == "classification" else booster.predict
    for value in wanted:
        yield predict(X, ntree_end=value)


def predict_histogram_path(
    booster: Any, X: npt.NDArray[np.float64], params: Sequence[Params], task_type: TaskType
) -> Outputs:
    """Predict with the first rounds of scikit-learn's histogram-based gradient boosting.

    Early stopping holds out the same rows for every number of rounds, so a fit that stopped earlier than a
    number of rounds is the fit with that number.
    """
    staged = booster.staged_predict_proba if task_type == "classification" else booster.staged_predict
    stages = enumerate(staged(X), start=1)
    stage, predicted = 0, np.empty(0)
    for configuration in params:
        value = min(int(configuration.get("max_iter", 100)), booster.n_iter_)
        while stage < value:
            stage, predicted = next(stages)
        yield predicted


def predict_staged_path(
    booster: Any, X: npt.NDArray[np.float64], params: Sequence[Params], task_type: TaskType
) -> Outputs:
    """Predict with the first stages of scikit-learn's gradient boosting."""
    staged = booster.staged_predict_proba if task_type == "classification" else booster.staged_predict
    wanted = [int(configuration.get("n_estimators", 100)) for configuration in params]
    stages = enumerate(staged(X), start=1)
    stage, predicted = 0, np.empty(0)
    for value in wanted:
        while stage < value:
            stage, predicted = next(stages)
        yield predicted


def predict_neighbours_path(
    neighbours: Any, X: npt.NDArray[np.float64], params: Sequence[Params], task_type: TaskType
) -> Outputs:
    """Predict for several numbers of neighbours from one query.

    Raises
    ------
    NotNestedError
        If scikit-learn would use another algorithm for a smaller number, neighbours at the same distance
        compete for the last place, the rows have sample weights, or the estimator does not show its targets.
    """
    if getattr(neighbours, "sample_weight_", None) is not None:
        raise NotNestedError
    numbers = [int(configuration.get("n_neighbors", 5)) for configuration in params]
    n_rows = neighbours.n_samples_fit_
    targets: Any = getattr(neighbours, FITTED_TARGETS, None)
    if np.shape(targets) != (n_rows,):
        raise NotNestedError
    # From half of the rows on "auto" searches by brute force, where distances round differently
    if numbers[-1] >= n_rows // 2 > numbers[0]:
        raise NotNestedError
    distances, found = neighbours.kneighbors(X, numbers[-1])
    inner = [number for number in numbers if number < numbers[-1]]
    if any(np.any(distances[:, number - 1] == distances[:, number]) for number in inner):
        raise NotNestedError
    weights = [one.get("weights", "uniform") for one in params]
    near: Any = np.asarray(targets)[found]
    if task_type == "regression":
        yield from _average(near, distances, weights, numbers)
    else:
        yield from _vote(near, len(neighbours.classes_), distances, weights, numbers)


def _vote(
    labels: npt.NDArray[np.intp],
    n_classes: int,
    distances: npt.NDArray[np.float64],
    weights: Sequence[str],
    numbers: Sequence[int],
) -> Outputs:
    """Accumulate votes neighbour by neighbour; yield the result at each number of neighbours."""
    rows = np.arange(len(labels))
    votes = {kind: np.zeros((len(labels), n_classes)) for kind in set(weights)}
    weighted = {"uniform": np.ones_like(distances), "distance": inverse_distances(distances)}
    n_counted = 0
    for number, kind in zip(numbers, weights, strict=True):
        for neighbour in range(n_counted, number):
            for counted, total in votes.items():
                total[rows, labels[:, neighbour]] += weighted[counted][:, neighbour]
        n_counted = number
        yield votes[kind] / votes[kind].sum(axis=1, keepdims=True)


def _average(
    values: npt.NDArray[np.float64],
    distances: npt.NDArray[np.float64],
    weights: Sequence[str],
    numbers: Sequence[int],
) -> Outputs:
    inverse = inverse_distances(distances)
    for number, kind in zip(numbers, weights, strict=True):
        if kind == "uniform":
            yield np.mean(values[:, :number], axis=1)
        else:
            shares = inverse[:, :number]
            yield (values[:, :number] * shares).sum(axis=1) / shares.sum(axis=1)
