from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_wine
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from foretune.learners.fast.quick_trees import (
    QuickExtraTreesClassifier,
    QuickExtraTreesRegressor,
    QuickRandomForestClassifier,
    QuickRandomForestRegressor,
)

SETTINGS: list[dict[str, Any]] = [
    {},
    {"max_depth": 3, "max_features": 0.4, "min_samples_leaf": 3},
    {"class_weight": "balanced", "bootstrap": True, "max_samples": 0.5},
]


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize(
    ("quick", "plain"),
    [
        (QuickRandomForestClassifier, RandomForestClassifier),
        (QuickExtraTreesClassifier, ExtraTreesClassifier),
        (QuickRandomForestRegressor, RandomForestRegressor),
        (QuickExtraTreesRegressor, ExtraTreesRegressor),
    ],
)
def test_trees_are_those_of_scikit_learn(quick: Any, plain: Any, settings: dict[str, Any]) -> None:
    is_classifier = "Classifier" in plain.__name__
    X, y = (load_wine if is_classifier else load_diabetes)(return_X_y=True)
    settings = {key: value for key, value in settings.items() if is_classifier or key != "class_weight"}
    ours = quick(n_estimators=12, random_state=5, **settings).fit(X[::2], y[::2])
    theirs = plain(n_estimators=12, random_state=5, **settings).fit(X[::2], y[::2])
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    for one, other in zip(ours.estimators_, theirs.estimators_, strict=True):
        assert one.get_params() == other.get_params()
        np.testing.assert_array_equal(one.tree_.threshold, other.tree_.threshold)


def test_a_clone_starts_afresh() -> None:
    X, y = load_wine(return_X_y=True)
    shallow = QuickRandomForestClassifier(n_estimators=3, max_depth=1, random_state=0).fit(X, y)
    deep = clone(shallow).set_params(max_depth=9).fit(X, y)
    assert max(tree.get_depth() for tree in deep.estimators_) > 1
    shallow.set_params(max_depth=9).fit(X, y)
    assert max(tree.get_depth() for tree in shallow.estimators_) > 1
