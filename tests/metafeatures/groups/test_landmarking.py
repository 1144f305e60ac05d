from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from tests.metafeatures.conftest import describe

from foretune.metafeatures.caps import ExtractionSettings
from foretune.metafeatures.groups.landmarking import balanced_accuracy, clipped_r2, compute

if TYPE_CHECKING:
    from foretune.tasks.task import Task

LEARNERS = ("nearest_neighbour", "five_neighbours", "linear", "decision_stump", "shallow_tree", "full_tree")


def test_scores() -> None:
    truth = np.array([0.0, 0, 0, 1])
    assert balanced_accuracy(truth, np.array([0.0, 0, 1, 1])) == pytest.approx((2 / 3 + 1) / 2)
    assert clipped_r2(truth, np.full(4, 0.25)) == pytest.approx(0)
    assert clipped_r2(truth, np.full(4, 1e9)) == -1


def test_real_tasks_give_what_is_known_of_them(real_tasks: dict[str, Task]) -> None:
    values = {name: compute(describe(task.X, task.y, task.task_type)) for name, task in real_tasks.items()}
    assert values["iris"]["linear"] > 0.95
    assert values["iris"]["nearest_neighbour"] > 0.9
    assert values["iris"]["naive_bayes"] > 0.9
    # One split can tell two of three classes
    assert values["iris"]["decision_stump"] == pytest.approx(2 / 3, abs=0.02)
    assert values["wine"]["linear"] > 0.95
    assert values["breast_cancer"]["shallow_tree"] > 0.88
    assert 0.4 < values["diabetes"]["linear"] < 0.55
    assert values["diabetes"]["nearest_neighbour"] < 0.2


def test_noise_is_at_chance_level() -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(600, 5)))
    classes = pd.Series(rng.integers(0, 2, 600))
    values = compute(describe(X, classes, "classification"))
    assert all(abs(values[name] - 0.5) < 0.1 for name in (*LEARNERS, "naive_bayes", "random_node"))
    numbers = compute(describe(X, pd.Series(rng.normal(size=600)), "regression"))
    assert all(numbers[name] < 0.05 for name in LEARNERS)


def test_relative_landmarks_are_differences(real_tasks: dict[str, Task]) -> None:
    task = real_tasks["diabetes"]
    values = compute(describe(task.X, task.y, task.task_type))
    assert values["neighbours_gain"] == values["five_neighbours"] - values["nearest_neighbour"]
    assert values["depth_gain"] == values["full_tree"] - values["shallow_tree"]
    assert values["linear_advantage"] == values["linear"] - values["full_tree"]


def test_features_without_variation_give_the_default() -> None:
    X = pd.DataFrame({"constant": [1.0] * 30})
    values = compute(describe(X, pd.Series(["a"] * 20 + ["b"] * 10), "classification"))
    assert all(values[name] == 0.5 for name in (*LEARNERS[2:], "naive_bayes", "random_node"))
    numbers = compute(describe(X, pd.Series(np.arange(30.0)), "regression"))
    assert all(-0.5 < numbers[name] <= 0 for name in LEARNERS[2:])


def test_many_tiny_classes() -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(60, 3)))
    values = compute(describe(X, pd.Series(rng.integers(0, 50, 60)), "classification"))
    assert all(0 <= values[name] <= 1 for name in LEARNERS)


def test_more_columns_than_rows() -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(30, 80)))
    values = compute(describe(X, X[0] * 3 + X[1], "regression"))
    assert not any(math.isnan(value) for value in values.values())


def test_undefined_without_anything_to_tell_apart() -> None:
    X = pd.DataFrame({"x": [1.0, 2.0, 3.0]})
    for task in (
        describe(X, pd.Series(["a"] * 3), "classification"),
        describe(X, pd.Series([0.1] * 3), "regression"),
        describe(X[[]], pd.Series([1.0, 2.0, 3.0]), "regression"),
    ):
        assert all(math.isnan(value) for value in compute(task).values())


def test_seed_and_folds_matter(real_tasks: dict[str, Task]) -> None:
    task = real_tasks["diabetes"]
    results = [
        compute(describe(task.X, task.y, "regression", ExtractionSettings(n_folds=n_folds), seed))
        for n_folds, seed in ((3, 0), (3, 1), (10, 0))
    ]
    assert len({result["nearest_neighbour"] for result in results}) == 3
