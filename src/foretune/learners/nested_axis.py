"""Path axes: hyperparameters whose every value falls out of one fit, exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from foretune.base import TaskType

Params = dict[str, Any]
Outputs = Iterator[npt.NDArray[np.floating[Any]]]
PredictPath = Callable[[Any, npt.NDArray[np.float64], Sequence[Params], TaskType], Outputs]


# Private name of scikit-learn: codes of the classes, or values, of the rows that neighbours were fitted to
FITTED_TARGETS = "_y"


class NotNestedError(Exception):
    """One fit cannot give the other values exactly: they have to be fitted one by one."""


@dataclass(frozen=True)
class NestedAxis:
    """What a learner's fit at the largest value gives for free.

    Attributes
    ----------
    hyperparameter
        The axis, for example ``n_estimators``: a fit at a value contains that of every smaller one.
    default
        Value where a configuration does not name the hyperparameter.
    predict
        ``predict(estimator, X, params, task_type)`` yields, for each configuration in ``params`` (smallest
        value of the axis first), class probabilities or values for ``X``: exactly those of an estimator
        fitted with these parameters alone. May raise :class:`NotNestedError`.
    shared
        Further hyperparameters that the fit does not depend on.
    """

    hyperparameter: str
    default: int
    predict: PredictPath
    shared: tuple[str, ...] = ()

    def value(self, params: Params) -> int:
        """Position of a configuration on the axis."""
        return int(params.get(self.hyperparameter, self.default))


def predict_forest_path(
    forest: Any, X: npt.NDArray[np.float64], params: Sequence[Params], task_type: TaskType
) -> Outputs:
    """Predict with the first trees of a forest.

    Each tree draws its seed from the forest's generator in turn, so the first trees are the smaller forest.
    The sum runs over the trees one after the other, as scikit-learn's own does on one thread.
    """
    # Trees compare in single precision; converted once instead of in every tree
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
    """Predict with the first rounds of XGBoost.

    XGBoost sums from the first tree on for each value: adding rounds to a kept margin rounds differently.
    """
    for configuration in params:
        rounds = (0, int(configuration.get("n_estimators", 100)))
        predict = booster.predict_proba if task_type == "classification" else booster.predict
        yield predict(X, iteration_range=rounds)


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
    """Predict with the nearest of the neighbours found by one query.

    Raises
    ------
    NotNestedError
        If scikit-learn would search another way for a smaller number, another neighbour at the same distance
        could take the last place, or the estimator does not show its targets.
    """
    numbers = [int(configuration.get("n_neighbors", 5)) for configuration in params]
    n_rows = neighbours.n_samples_fit_
    targets: Any = getattr(neighbours, FITTED_TARGETS, None)
    if np.shape(targets) != (n_rows,):
        raise NotNestedError
    # "auto" searches by brute force from half of the rows on, where distances round differently
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
    """Add one neighbour's vote after the other; each number of neighbours is a stop on the way."""
    rows = np.arange(len(labels))
    votes = {kind: np.zeros((len(labels), n_classes)) for kind in set(weights)}
    weighted = {"uniform": np.ones_like(distances), "distance": _inverse(distances)}
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
    inverse = _inverse(distances)
    for number, kind in zip(numbers, weights, strict=True):
        if kind == "uniform":
            yield np.mean(values[:, :number], axis=1)
        else:
            shares = inverse[:, :number]
            yield (values[:, :number] * shares).sum(axis=1) / shares.sum(axis=1)


def _inverse(distances: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Weights by distance; where a neighbour is the point itself, such neighbours alone count."""
    is_same = distances == 0
    inverse = 1 / np.where(is_same, 1.0, distances)
    weights: npt.NDArray[np.float64] = np.where(is_same.any(axis=1, keepdims=True), is_same, inverse)
    return weights
