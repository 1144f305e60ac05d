from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_wine
from sklearn.ensemble import (
    BaseEnsemble,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from foretune.base.parameters import TaskType
from foretune.learners import get_learner
from foretune.learners.fast import quick_trees
from foretune.learners.fast.quick_trees import (
    QuickExtraTreesClassifier,
    QuickExtraTreesRegressor,
    QuickRandomForestClassifier,
    QuickRandomForestRegressor,
    extra_trees,
    random_forest,
)
from foretune.learners.folds import Fold

SETTINGS: list[dict[str, Any]] = [
    {},
    {"max_depth": 3, "max_features": 0.4, "min_samples_leaf": 3},
    {"class_weight": "balanced", "bootstrap": True, "max_samples": 0.5},
]


PAIRS = [
    (QuickRandomForestClassifier, RandomForestClassifier),
    (QuickExtraTreesClassifier, ExtraTreesClassifier),
    (QuickRandomForestRegressor, RandomForestRegressor),
    (QuickExtraTreesRegressor, ExtraTreesRegressor),
]


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize(("quick", "plain"), PAIRS)
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


def _chosen() -> list[Any]:
    task_types: tuple[TaskType, ...] = ("classification", "regression")
    return [forest(task_type) for task_type in task_types for forest in (random_forest, extra_trees)]


def test_copies_are_taken_where_their_trees_are_those_of_scikit_learn() -> None:
    assert _chosen() == [quick for quick, _ in PAIRS]


def _draw_otherwise(forest: Any, append: bool = True, random_state: Any = None) -> Any:
    tree = clone(forest.estimator_).set_params(
        **{name: getattr(forest, name) for name in forest.estimator_params}
    )
    return tree.set_params(random_state=7)


@pytest.mark.parametrize(
    ("owner", "method"),
    [
        pytest.param(BaseEnsemble, _draw_otherwise, id="scikit-learn seeds its trees in another way"),
        pytest.param(quick_trees._QuickTrees, lambda forest: None, id="it passes other arguments"),
    ],
)
def test_where_scikit_learn_makes_trees_otherwise_its_own_forests_are_fitted(
    owner: Any, method: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quick_trees, "_quickest", quick_trees._quickest.__wrapped__)
    monkeypatch.setattr(owner, "_make_estimator", method)
    assert _chosen() == [plain for _, plain in PAIRS]
    X, y = load_wine(return_X_y=True)
    fold = Fold(X[::2], y[::2], X[1::2], y[1::2])
    found = get_learner("random_forest").fit({"n_estimators": 5}, "classification", 3, fold)
    expected = RandomForestClassifier(5, random_state=3).fit(fold.X_train, fold.y_train)
    np.testing.assert_array_equal(found.predict_proba(fold.X_test), expected.predict_proba(fold.X_test))
