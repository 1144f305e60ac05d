from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from tests.metafeatures.conftest import describe

from foretune.metafeatures.caps import Caps
from foretune.metafeatures.description import TaskDescription

if TYPE_CHECKING:
    from foretune.tasks.task import Task


WHOLE = Caps(max_rows=None, max_columns=None)


def test_groups_without_caps_read_the_task_as_it_is(small_classification: Task) -> None:
    task = describe(small_classification.X, small_classification.y, "classification")
    assert task.part(WHOLE) is task


def test_groups_with_caps_that_do_not_bite_share_a_part(small_classification: Task) -> None:
    task = describe(small_classification.X, small_classification.y, "classification")
    part = task.part(Caps(max_rows=2000))
    assert part.X.shape == task.X.shape
    assert task.part(Caps(max_rows=1000, max_columns=7)) is part
    assert task.part(Caps(max_columns=3)).n_features == 3


def test_numeric_and_nominal_columns(small_classification: Task) -> None:
    task = describe(small_classification.X, small_classification.y, "classification")
    assert task.kinds == ("number", "boolean", "number", "nominal", "boolean")
    assert task.numeric.shape == (8, 4)
    assert task.numeric[:, 3].tolist() == [1, 0] * 4
    # In the order of their texts: blue, green, red
    assert task.nominal.T.tolist() == [[2, 2, 1, 1, 0, 0, -1, 2]]
    assert task.n_categories.tolist() == [3]
    assert task.missing.sum() == 2
    assert task.class_counts.tolist() == [4, 4]


def test_rows_are_sampled_class_by_class() -> None:
    y = pd.Series(["a"] * 900 + ["b"] * 90 + ["c"] * 10)
    X = pd.DataFrame({"x": np.arange(1000.0)})
    part = describe(X, y, "classification").part(Caps(max_rows=100))
    assert part.n_rows == 100
    assert np.abs(part.class_counts - [90, 9, 1]).max() <= 1
    assert part.X.index.equals(part.y.index)


def test_rows_are_sampled_along_a_numeric_target() -> None:
    y = pd.Series(np.random.default_rng(0).exponential(size=1000))
    X = pd.DataFrame({"x": y})
    part = describe(X, y, "regression").part(Caps(max_rows=100))
    assert (part.X["x"] == part.y).all()
    np.testing.assert_allclose(part.y.quantile([0.1, 0.5, 0.9]), y.quantile([0.1, 0.5, 0.9]), rtol=0.15)


def test_columns_are_sampled_by_name() -> None:
    X = pd.DataFrame(np.zeros((5, 50)), columns=[f"c{j}" for j in range(50)])
    y = pd.Series([0.0, 1, 2, 3, 4])
    chosen = describe(X, y, "regression").part(Caps(max_columns=10)).X.columns
    assert len(chosen) == 10
    turned = describe(X.iloc[:, ::-1], y, "regression").part(Caps(max_columns=10)).X.columns
    assert list(chosen) == list(turned)
    other = describe(X, y, "regression", random_state=1).part(Caps(max_columns=10)).X.columns
    assert list(chosen) != list(other)


def test_a_part_does_not_depend_on_the_order_of_rows(real_tasks: dict[str, Task]) -> None:
    for task in real_tasks.values():
        shuffled = np.random.default_rng(0).permutation(len(task.X))
        caps = Caps(max_rows=100)
        one = describe(task.X, task.y, task.task_type).part(caps)
        two = describe(task.X.iloc[shuffled], task.y.iloc[shuffled], task.task_type).part(caps)
        np.testing.assert_array_equal(one.X.to_numpy(), two.X.to_numpy())
        np.testing.assert_array_equal(one.y.to_numpy(), two.y.to_numpy())


def test_the_order_of_a_part_is_random_and_the_same_in_every_unit() -> None:
    X = pd.DataFrame({"x": np.arange(500.0), "y": np.arange(500.0)[::-1]})
    y = pd.Series(np.arange(500.0))
    order = describe(X, y, "regression").row_order
    assert abs(np.corrcoef(order, np.arange(500))[0, 1]) < 0.15
    in_other_units = describe(np.exp(X / 100), y * 3 - 1, "regression").row_order
    np.testing.assert_array_equal(order, in_other_units)
    assert (describe(X, y, "regression", random_state=1).row_order != order).any()


def test_rows_that_few_columns_do_not_tell_apart() -> None:
    X = pd.DataFrame(np.zeros((20, 9)), columns=list("abcdefghi")).assign(z=np.arange(20))
    y = pd.Series(["a", "b"] * 10)
    task = describe(X, y, "classification")
    turned = describe(X[::-1], y[::-1], "classification")
    assert X["z"].iloc[task.row_order].tolist() == X["z"][::-1].iloc[turned.row_order].tolist()


def test_generators_depend_on_seed_and_purpose_only(small_regression: Task) -> None:
    task = TaskDescription(small_regression.X, small_regression.y, "regression")
    first = task.generator("folds").random()
    task.generator("rows").random()
    assert task.generator("folds").random() == first
    assert task.generator("rows").random() != first
