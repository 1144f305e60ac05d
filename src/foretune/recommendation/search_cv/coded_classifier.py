"""A classifier of any labels around one that takes only 0, 1, 2, ..."""

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


def _classifier_has(name: str) -> Callable[[CodedClassifier], bool]:
    return lambda coded: hasattr(getattr(coded, "classifier_", coded.classifier), name)


class CodedClassifier(ClassifierMixin, BaseEstimator):
    """Fits a classifier to class codes; labels go in and come out as they are.

    XGBoost takes only 0, 1, 2, ... for labels. This is for labels what
    :class:`sklearn.compose.TransformedTargetRegressor` is for values.

    Parameters
    ----------
    classifier
        Unfitted classifier.

    Attributes
    ----------
    classifier_
        Fitted to the codes.
    classes_
        Labels in increasing order; the code of a label is its position.
    """

    def __init__(self, classifier: Any) -> None:
        self.classifier = classifier

    def fit(self, X: Any, y: npt.ArrayLike) -> Self:
        """Fit the classifier to the codes of the labels."""
        check_classification_targets(y)
        self.classes_, codes = np.unique(np.asarray(y), return_inverse=True)
        self.classifier_ = clone(self.classifier).fit(X, codes)
        return self

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """Predict labels."""
        check_is_fitted(self)
        return np.asarray(self.classes_[np.asarray(self.classifier_.predict(X), dtype=np.intp)])

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
        # What it takes is what the classifier takes
        inner = get_tags(self.classifier)
        tags.input_tags, tags.classifier_tags = inner.input_tags, inner.classifier_tags
        return tags

    @property
    def n_features_in_(self) -> int:
        """Features seen in fit."""
        return int(self.classifier_.n_features_in_)

    @property
    def feature_importances_(self) -> npt.NDArray[np.floating[Any]]:
        """Those of the classifier, where it has them."""
        return np.asarray(self.classifier_.feature_importances_)
