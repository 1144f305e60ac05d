"""Searches whose task type scikit-learn knows before ``fit``."""

from __future__ import annotations

from typing import Any, ClassVar

from sklearn.base import ClassifierMixin, RegressorMixin

from foretune.base import TaskType
from foretune.recommendation.search_cv.meta_search_cv import MetaSearchCV


class MetaSearchClassifier(ClassifierMixin, MetaSearchCV):
    """:class:`MetaSearchCV` for classification, a classifier also before ``fit``.

    Nested cross-validation then stratifies, and ``VotingClassifier``, ``StackingClassifier`` or
    ``AdaBoostClassifier`` accept it. Parameters and attributes are those of :class:`MetaSearchCV`;
    ``task_type`` need not be given.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.model_selection import cross_val_score
    >>> from foretune import MetaSearchClassifier
    >>> search = MetaSearchClassifier("linear", n_trials=2, random_state=0)
    >>> bool(cross_val_score(search, *load_wine(return_X_y=True), cv=3).min() > 0.9)
    True
    """

    only_task_type: ClassVar[TaskType | None] = "classification"

    def score(self, X: Any, y: Any = None, sample_weight: Any = None, **params: Any) -> float:
        """Score the best estimator with the scorer of the search, with sample weights if they are given."""
        return MetaSearchCV.score(self, X, y, sample_weight, **params)


class MetaSearchRegressor(RegressorMixin, MetaSearchCV):
    """:class:`MetaSearchCV` for regression, a regressor also before ``fit``.

    ``VotingRegressor`` and ``StackingRegressor`` accept it. Parameters and attributes are those of
    :class:`MetaSearchCV`; ``task_type`` need not be given.
    """

    only_task_type: ClassVar[TaskType | None] = "regression"

    def score(self, X: Any, y: Any = None, sample_weight: Any = None, **params: Any) -> float:
        """Score the best estimator with the scorer of the search, with sample weights if they are given."""
        return MetaSearchCV.score(self, X, y, sample_weight, **params)
