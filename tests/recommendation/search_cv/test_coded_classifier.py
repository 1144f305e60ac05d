from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, Perceptron
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import get_tags
from xgboost import XGBClassifier

from foretune.recommendation.search_cv.coded_classifier import CodedClassifier

X = np.arange(12.0)[:, None]
LABELS = np.array([*["low"] * 4, *["mid"] * 4, *["top"] * 4])
CODES = np.repeat([0, 1, 2], 4)


def test_labels_go_in_and_come_out_as_they_are() -> None:
    coded = CodedClassifier(XGBClassifier(n_estimators=5, n_jobs=1)).fit(X, LABELS)
    assert coded.classes_.tolist() == ["low", "mid", "top"]
    assert set(coded.classifier_.classes_) == {0, 1, 2}
    assert coded.predict(X).tolist() == LABELS.tolist()
    assert coded.predict([[11.0], [0.0]]).tolist() == ["top", "low"]


def test_probabilities_and_decisions_are_those_of_the_classifier() -> None:
    plain = LogisticRegression().fit(X, CODES)
    coded = CodedClassifier(LogisticRegression()).fit(X, LABELS)
    np.testing.assert_array_equal(coded.predict_proba(X), plain.predict_proba(X))
    np.testing.assert_array_equal(coded.decision_function(X), plain.decision_function(X))
    assert coded.n_features_in_ == 1
    tree = CodedClassifier(DecisionTreeClassifier(random_state=0)).fit(np.hstack([X, X * 0]), LABELS)
    assert tree.feature_importances_.tolist() == [1.0, 0.0]


def test_it_can_do_no_more_than_the_classifier() -> None:
    assert not hasattr(CodedClassifier(Perceptron()), "predict_proba")
    assert hasattr(CodedClassifier(Perceptron()), "decision_function")
    assert not hasattr(CodedClassifier(DecisionTreeClassifier()), "decision_function")
    tags = get_tags(CodedClassifier(XGBClassifier()))
    assert tags.input_tags.allow_nan
    assert not get_tags(CodedClassifier(LogisticRegression())).input_tags.allow_nan


def test_the_classifier_that_was_given_stays_unfitted() -> None:
    inner = LogisticRegression(C=3.0)
    coded = CodedClassifier(inner).fit(X, LABELS)
    assert not hasattr(inner, "coef_")
    assert clone(coded).classifier.C == 3.0
    with pytest.raises(NotFittedError):
        CodedClassifier(inner).predict(X)


def test_values_are_no_labels() -> None:
    with pytest.raises(ValueError, match="continuous"):
        CodedClassifier(LogisticRegression()).fit(X, np.linspace(0, 1, 12))
