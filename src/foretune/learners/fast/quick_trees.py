"""Faster random forests and extra trees, with identical trees."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any, Self

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from foretune.base import TaskType

LARGEST_SEED = np.iinfo(np.int32).max


class _QuickTrees:
    """Mixin that copies one template for all trees of a forest.

    scikit-learn clones the template for every tree, whose inspection of signatures takes a fifth of the time
    of a forest on a few hundred rows. Seeds are drawn as in scikit-learn. The method is private: if a release
    makes its trees in another way, its own forests are used.
    """

    estimators_: list[Any]

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the forest with its current parameters."""
        self.__dict__.pop("_template", None)
        parent: Any = super()
        parent.fit(X, y, sample_weight)
        return self

    def _make_estimator(self, append: bool = True, random_state: Any = None) -> Any:
        template = self.__dict__.get("_template")
        if template is None:
            forest: Any = self
            settings = {name: getattr(forest, name) for name in forest.estimator_params}
            template = self._template = clone(forest.estimator_).set_params(**settings)
        tree = copy.copy(template)
        if random_state is not None:
            tree.random_state = random_state.randint(LARGEST_SEED)
        if append:
            self.estimators_.append(tree)
        return tree


class QuickRandomForestClassifier(_QuickTrees, RandomForestClassifier):
    """A random forest; see :class:`_QuickTrees`."""


class QuickRandomForestRegressor(_QuickTrees, RandomForestRegressor):
    """A random forest; see :class:`_QuickTrees`."""


class QuickExtraTreesClassifier(_QuickTrees, ExtraTreesClassifier):
    """Extremely randomised trees; see :class:`_QuickTrees`."""


class QuickExtraTreesRegressor(_QuickTrees, ExtraTreesRegressor):
    """Extremely randomised trees; see :class:`_QuickTrees`."""


def random_forest(task_type: TaskType) -> Any:
    """Return the random forest class of a task type."""
    if task_type == "classification":
        return _quickest(QuickRandomForestClassifier, RandomForestClassifier)
    return _quickest(QuickRandomForestRegressor, RandomForestRegressor)


def extra_trees(task_type: TaskType) -> Any:
    """Return the extra trees class of a task type."""
    if task_type == "classification":
        return _quickest(QuickExtraTreesClassifier, ExtraTreesClassifier)
    return _quickest(QuickExtraTreesRegressor, ExtraTreesRegressor)


@cache
def _quickest(quick: Any, plain: Any) -> Any:
    """Return scikit-learn's own class unless a small forest of copies has the same trees."""
    try:
        return quick if _grow(quick) == _grow(plain) else plain
    except Exception:  # noqa: BLE001 (whatever another release makes of the private method)
        return plain


def _grow(forest: Any) -> list[tuple[Any, ...]]:
    X = np.random.default_rng(0).random((12, 3))
    fitted = forest(2, max_features=2, min_samples_leaf=2, random_state=0).fit(X, np.arange(12) % 2)
    return [
        (tree.get_params(), tree.tree_.feature.tolist(), tree.tree_.threshold.tolist())
        for tree in fitted.estimators_
    ]
