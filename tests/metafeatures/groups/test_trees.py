from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from sklearn.datasets import make_classification, make_regression

from foretune.metafeatures.groups.trees import fit_tree, make_tree, predict_at_depth, predict_tree

if TYPE_CHECKING:
    from foretune.base.parameters import TaskType


@pytest.mark.parametrize("task_type", ["classification", "regression"])
@pytest.mark.parametrize("depth", [1, 2, 4])
def test_a_deep_tree_holds_the_shallow_ones(task_type: TaskType, depth: int) -> None:
    if task_type == "classification":
        X, y = make_classification(400, 8, n_informative=5, n_classes=3, random_state=0)
    else:
        X, y = make_regression(400, 8, noise=10, random_state=0)
    deep = make_tree(task_type, 0).fit(X[:300], y[:300].astype(float))
    shallow = make_tree(task_type, 1, depth).fit(X[:300], y[:300].astype(float))
    equal = np.isclose(predict_at_depth(deep, X[300:], depth), shallow.predict(X[300:]))
    # Small nodes have splits that are equally good
    assert equal.mean() >= (0.9 if depth == 4 else 1)
    np.testing.assert_allclose(predict_at_depth(deep, X[300:], 50), deep.predict(X[300:]))


def test_classes_keep_their_names() -> None:
    X = np.arange(6.0)[:, None]
    tree = make_tree("classification", 0).fit(X, [2.0, 2, 2, 7, 7, 7])
    assert predict_at_depth(tree, X, 1).tolist() == [2, 2, 2, 7, 7, 7]


def test_large_seeds_are_fine() -> None:
    assert make_tree("regression", 2**32 + 5).random_state == 5


@pytest.mark.parametrize("task_type", ["classification", "regression"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_tree_without_checks_is_the_same_tree(task_type: TaskType, order: str) -> None:
    make = make_classification if task_type == "classification" else make_regression
    X, y = make(200, 6, random_state=0)
    rows = np.asarray(X, order="C" if order == "C" else "F")
    quick = fit_tree(make_tree(task_type, 3), rows[:150], y[:150].astype(float))
    checked = make_tree(task_type, 3).fit(X[:150], y[:150].astype(float))
    np.testing.assert_array_equal(quick.tree_.threshold, checked.tree_.threshold)
    np.testing.assert_array_equal(quick.tree_.value, checked.tree_.value)
    np.testing.assert_array_equal(predict_tree(quick, rows[150:]), checked.predict(X[150:]))


def test_numbers_beyond_single_precision_are_as_large_as_can_be() -> None:
    rows = np.array([[-1e300], [0.0], [1e300]])
    tree = fit_tree(make_tree("regression", 0), rows, np.arange(3.0))
    assert predict_tree(tree, rows).tolist() == [0, 1, 2]
