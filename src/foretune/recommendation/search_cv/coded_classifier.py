"""Wrapper of classifiers that need integer labels, for labels of any type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from foretune.learners import fit_estimator


def _classifier_has(name: str) -> Callable[[CodedClassifier], bool]:
    return lambda coded: hasattr(getattr(coded, "classifier_", coded.classifier), name)


class CodedClassifier(ClassifierMixin, BaseEstimator):
    """Classifier fitted to class codes that accepts and predicts labels of any type.

    XGBoost accepts only the labels 0, 1, 2, ... The counterpart for regression is
    :class:`.ScaledTargetRegressor`.

    Parameters
    ----------
    classifier
        Unfitted classifier.

    Attributes
    ----------
    classifier_
        Classifier fitted to the codes.
    classes_
        Labels in increasing order; the code of a label is its position.
    """

    def __init__(self, classifier: Any) -> None:
        self.classifier = classifier

    def fit(self, X: Any, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Fit the classifier to the codes of the labels."""
        check_classification_targets(y)
        self.classes_, codes = np.unique(np.asarray(y), return_inverse=True)
        self.classifier_ = fit_estimator(clone(self.classifier), X, codes, sample_weight)
        return self

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """Predict labels."""
        check_is_fitted(self)
        # Of several classes CatBoost predicts a column
        codes = np.asarray(self.classifier_.predict(X), dtype=np.intp).reshape(-1)
        return np.asarray(self.classes_[codes])

    @available_if(_classifier_has("predict_proba"))
    def predict_proba(self, X: Any) -> npt.NDArray[np.floating[Any]]:
        """Predict probabilities, shape (n_rows, n_classes)."""
        check_is_fitted(self)
        return np.asarray(self.classifier_.predict_proba(X))

    @available_if(_classifier_has("decision_function"))
    def decision_function(self, X: Any) -> npt.NDArray[np.floating[Any]]:
        """Return the classifier's decision values."""
        check_is_fitted(self)
        return np.asarray(self.classifier_.decision_function(X))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        # Tags of the wrapped classifier
        inner = get_tags(self.classifier)
        tags.input_tags, tags.classifier_tags = inner.input_tags, inner.classifier_tags
        return tags

    @property
    def n_features_in_(self) -> int:
        """Number of features in training."""
        return int(self.classifier_.n_features_in_)

    @property
    def feature_importances_(self) -> npt.NDArray[np.floating[Any]]:
        """Feature importances of the classifier, if it has them."""
        return np.asarray(self.classifier_.feature_importances_)

    @property
    def coef_(self) -> npt.NDArray[np.floating[Any]]:
        """Coefficients of a linear classifier."""
        return np.asarray(self.classifier_.coef_)

    @property
    def intercept_(self) -> npt.NDArray[np.floating[Any]]:
        """Intercept of a linear classifier."""
        return np.asarray(self.classifier_.intercept_)
