"""Each path against estimators that are fitted value by value; ``test_shared_fits`` draws whole groups."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from xgboost import XGBClassifier, XGBRegressor

from foretune.base.parameters import TaskType
from foretune.learners.nested_axis import (
    NestedAxis,
    NotNestedError,
    PredictPath,
    predict_boosting_path,
    predict_forest_path,
    predict_histogram_path,
    predict_lightgbm_path,
    predict_neighbours_path,
    predict_staged_path,
)

X = np.random.default_rng(0).normal(size=(60, 3))
Y = {"regression": X @ [1.0, -2.0, 0.5], "classification": (X[:, 0] > 0).astype(int) + (X[:, 1] > 0.5)}
TRAIN, TEST = slice(0, 40), slice(40, 60)
ESTIMATORS: dict[TaskType, list[tuple[Any, PredictPath]]] = {
    "classification": [
        (RandomForestClassifier, predict_forest_path),
        (GradientBoostingClassifier, predict_staged_path),
        (XGBClassifier, predict_boosting_path),
        (partial(LGBMClassifier, min_child_samples=3, verbosity=-1), predict_lightgbm_path),
    ],
    "regression": [
        (RandomForestRegressor, predict_forest_path),
        (GradientBoostingRegressor, predict_staged_path),
        (XGBRegressor, predict_boosting_path),
        (partial(LGBMRegressor, min_child_samples=3, verbosity=-1), predict_lightgbm_path),
    ],
}


def predict(estimator: Any, task_type: TaskType) -> npt.NDArray[Any]:
    output = estimator.predict_proba(X[TEST]) if task_type == "classification" else estimator.predict(X[TEST])
    return np.asarray(output)


@pytest.mark.parametrize(
    ("task_type", "build", "path"),
    [(task_type, *one) for task_type, several in ESTIMATORS.items() for one in several],
)
def test_the_first_trees_are_the_smaller_ensemble(
    task_type: TaskType, build: Callable[..., Any], path: PredictPath
) -> None:
    def fit(n_estimators: int) -> Any:
        one = build(n_estimators=n_estimators, random_state=3, max_depth=3, n_jobs=1)
        return one.fit(X[TRAIN], Y[task_type][TRAIN])

    if path is predict_staged_path:
        build = without_jobs(build)
    numbers = (1, 4, 7)
    found = path(fit(7), X[TEST], [{"n_estimators": number} for number in numbers], task_type)
    for number, one in zip(numbers, found, strict=True):
        np.testing.assert_allclose(one, predict(fit(number), task_type), rtol=1e-12)


def without_jobs(build: Callable[..., Any]) -> Callable[..., Any]:
    return lambda n_jobs, **params: build(**params)


@pytest.mark.parametrize(
    ("task_type", "build"),
    [("classification", HistGradientBoostingClassifier), ("regression", HistGradientBoostingRegressor)],
)
@pytest.mark.parametrize("early_stopping", [False, True])
def test_the_first_rounds_of_histograms_are_the_smaller_ensemble(
    early_stopping: bool, task_type: TaskType, build: Callable[..., Any]
) -> None:
    def fit(max_iter: int) -> Any:
        stopping = {"early_stopping": early_stopping, "n_iter_no_change": 2, "validation_fraction": 0.3}
        one = build(max_iter=max_iter, random_state=3, min_samples_leaf=3, learning_rate=1.0, **stopping)
        return one.fit(X[TRAIN], Y[task_type][TRAIN])

    numbers = (1, 4, 60, 90)
    largest = fit(numbers[-1])
    assert (largest.n_iter_ < 60) == early_stopping
    found = predict_histogram_path(largest, X[TEST], [{"max_iter": one} for one in numbers], task_type)
    for number, one in zip(numbers, found, strict=True):
        np.testing.assert_allclose(one, predict(fit(number), task_type), rtol=1e-12)


@pytest.mark.parametrize(
    ("task_type", "build"), [("classification", KNeighborsClassifier), ("regression", KNeighborsRegressor)]
)
def test_fewer_neighbours_are_the_nearest_of_more(task_type: TaskType, build: Callable[..., Any]) -> None:
    def fit(params: dict[str, Any]) -> Any:
        return build(**params).fit(X[TRAIN], Y[task_type][TRAIN])

    # The first row of the test part is a row of the training part: its own distance is 0
    rows = np.vstack([X[:1], X[TEST]])
    params = [
        {"n_neighbors": number, "weights": kind}
        for number, kind in ((1, "uniform"), (2, "distance"), (5, "uniform"), (9, "distance"))
    ]
    found = list(predict_neighbours_path(fit(params[-1]), rows, params, task_type))
    for one, alone in zip(found, params, strict=True):
        estimator = fit(alone)
        expected = estimator.predict_proba(rows) if task_type == "classification" else estimator.predict(rows)
        np.testing.assert_allclose(one, expected, rtol=1e-12)


def neighbours_path(rows: npt.NDArray[np.float64], *numbers: int) -> list[npt.NDArray[Any]]:
    estimator = KNeighborsRegressor(numbers[-1]).fit(rows, np.arange(len(rows)))
    params = [{"n_neighbors": number} for number in numbers]
    return list(predict_neighbours_path(estimator, rows, params, "regression"))


def test_neighbours_at_one_distance_are_not_nested() -> None:
    line = np.cumsum(np.linspace(1, 2, 10))[:, None]
    assert len(neighbours_path(line, 2, 3)) == 2
    # The second and the third neighbour of a row in the middle are equally far
    line[4] = (line[3] + line[5]) / 2
    with pytest.raises(NotNestedError):
        neighbours_path(line, 2, 3)
    assert len(neighbours_path(line, 3, 4)) == 2


def test_a_search_of_half_of_the_rows_is_not_nested() -> None:
    line = np.cumsum(np.linspace(1, 2, 10))[:, None]
    assert len(neighbours_path(line, 2, 4)) == 2
    with pytest.raises(NotNestedError):
        neighbours_path(line, 4, 5)
    # All of them are searched for in the same way
    assert len(neighbours_path(line, 5, 6)) == 2


def test_a_configuration_without_the_axis_has_its_default() -> None:
    axis = NestedAxis("n_estimators", 100, predict_forest_path)
    assert axis.value({"n_estimators": 7.0}) == 7
    assert axis.value({"max_depth": 3}) == 100
