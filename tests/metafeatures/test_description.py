from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foretune.metafeatures import TaskDescription
from foretune.metafeatures.parameters import ExtractionLimits

if TYPE_CHECKING:
    from foretune.tasks.task import Task


def test_small_tasks_are_read_whole(small_classification: Task) -> None:
    task = TaskDescription(small_classification.X, small_classification.y, "classification")
    assert task.read_by("free") is task
    assert task.read_by("cheap") is task
    assert task.read_by("expensive") is task


def test_numeric_and_nominal_columns(small_classification: Task) -> None:
    task = TaskDescription(small_classification.X, small_classification.y, "classification")
    assert task.kinds == ("numeric", "numeric", "numeric", "categorical", "boolean")
    assert task.numeric.shape == (8, 3)
    assert task.nominal.T.tolist() == [[0, 0, 1, 1, 2, 2, -1, 0], [0, 1] * 4]
    assert task.n_distinct.tolist() == [7, 2, 1, 3, 2]
    assert task.missing.sum() == 2
    assert task.class_counts.tolist() == [4, 4]


def test_rows_are_sampled_class_by_class() -> None:
    y = pd.Series(["a"] * 900 + ["b"] * 90 + ["c"] * 10)
    X = pd.DataFrame({"x": np.arange(1000.0)})
    part = TaskDescription(X, y, "classification", ExtractionLimits(max_rows=100)).read_by("expensive")
    assert part.n_rows == 100
    assert np.abs(part.class_counts - [90, 9, 1]).max() <= 1
    assert part.X.index.equals(part.y.index)


def test_rows_are_sampled_along_a_numeric_target() -> None:
    y = pd.Series(np.random.default_rng(0).exponential(size=1000))
    X = pd.DataFrame({"x": y})
    part = TaskDescription(X, y, "regression", ExtractionLimits(max_rows=100)).read_by("expensive")
    assert (part.X["x"] == part.y).all()
    np.testing.assert_allclose(part.y.quantile([0.1, 0.5, 0.9]), y.quantile([0.1, 0.5, 0.9]), rtol=0.15)


def test_columns_are_sampled_by_name() -> None:
    X = pd.DataFrame(np.zeros((5, 50)), columns=[f"c{j}" for j in range(50)])
    task = TaskDescription(X, pd.Series([0.0, 1, 2, 3, 4]), "regression", ExtractionLimits(max_columns=10))
    reversed_task = TaskDescription(X.iloc[:, ::-1], task.y, "regression", task.limits)
    chosen = list(task.read_by("cheap").X.columns)
    assert len(chosen) == 10
    assert set(chosen) == set(reversed_task.read_by("cheap").X.columns)
    assert chosen == [c for c in X.columns if c in chosen]


def test_generators_depend_on_seed_and_purpose_only(small_regression: Task) -> None:
    task = TaskDescription(small_regression.X, small_regression.y, "regression")
    first = task.generator("folds").random()
    task.generator("rows").random()
    assert task.generator("folds").random() == first
    assert task.generator("rows").random() != first
