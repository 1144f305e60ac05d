from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from tests.metafeatures.conftest import describe

from foretune.metafeatures.groups.encoding import encode_all
from foretune.metafeatures.groups.model_based import compute, grow_tree, tree_shape

if TYPE_CHECKING:
    from foretune.tasks.task import Task


def test_a_tree_by_hand() -> None:
    # One split for "a", then one between "b" and "c"
    X = pd.DataFrame({"x": [0.0, 0.0, 5.0, 9.0], "constant": [1.0] * 4})
    values = compute(describe(X, pd.Series(list("aabc")), "classification"))
    assert values["log_leaves"] == pytest.approx(math.log(3))
    assert values["splits_per_row"] == 2 / 4
    assert values["log_splits_per_column"] == pytest.approx(math.log(1 + 2 / 1))
    assert values["node_depth.mean"] == pytest.approx((0 + 1 + 1 + 2 + 2) / 5)
    assert values["leaf_depth.mean"] == pytest.approx((1 + 2 + 2) / 3)
    assert values["leaf_depth.max"] == 2
    assert values["leaf_share.max"] == 2 / 4
    # Each leaf: d / 2^d is 1/2
    assert values["leaf_shape.mean"] == pytest.approx(0.5)
    assert values["leaf_shape.sd"] == pytest.approx(0)
    assert values["log_leaf_homogeneity.mean"] == pytest.approx(math.log(3 / 0.5))
    assert values["log_level_width.max"] == 0
    assert values["log_column_uses.max"] == pytest.approx(math.log(2))
    assert values["share_used"] == 1
    assert values["importance.max"] == pytest.approx(1)
    assert values["class_leaf_share.max"] == pytest.approx(1 / 3)


def test_a_regression_tree_has_a_leaf_for_every_target() -> None:
    X = pd.DataFrame({"x": np.arange(16.0)})
    values = compute(describe(X, pd.Series(np.arange(16.0)), "regression"))
    assert values["log_leaves"] == pytest.approx(math.log(16))
    assert values["leaf_depth.mean"] == 4
    assert values["log_level_width.max"] == pytest.approx(math.log(8))
    assert "class_leaf_share.max" not in values


def test_depths_are_those_of_scikit_learn(real_tasks: dict[str, Task]) -> None:
    for task in real_tasks.values():
        description = describe(task.X, task.y, task.task_type)
        tree = grow_tree(description, encode_all(description))
        shape = tree_shape(tree)
        assert shape.depth.max() == tree.get_depth()
        assert shape.is_leaf.sum() == tree.get_n_leaves()
        assert shape.n_rows[shape.is_leaf].sum() == len(task.X)


def test_without_a_split() -> None:
    X = pd.DataFrame({"constant": [1.0] * 4})
    values = compute(describe(X, pd.Series(list("abab")), "classification"))
    assert values["log_leaves"] == 0
    assert values["splits_per_row"] == 0
    undefined = {name for name, value in values.items() if math.isnan(value)}
    assert {"log_leaf_homogeneity.mean", "log_level_width.mean", "importance.max"} <= undefined


def test_undefined_without_anything_to_tell_apart() -> None:
    X = pd.DataFrame({"x": [1.0, 2.0, 3.0]})
    for task in (
        describe(X, pd.Series(["a"] * 3), "classification"),
        describe(X[[]], pd.Series([1.0, 2.0, 3.0]), "regression"),
    ):
        assert all(math.isnan(value) for value in compute(task).values())
