from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris, load_wine
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import scale
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import check_estimator

from foretune.learners.calibrated_svc import CalibratedSVC


def test_labels_are_those_of_the_plain_machine() -> None:
    X, y = load_wine(return_X_y=True)
    X = scale(X)
    ours, plain = CalibratedSVC(C=0.5).fit(X[::2], y[::2]), SVC(C=0.5).fit(X[::2], y[::2])
    np.testing.assert_array_equal(ours.predict(X), plain.predict(X))
    np.testing.assert_array_equal(ours.decision_function(X), plain.decision_function(X))


def test_probabilities_are_those_of_the_calibrator() -> None:
    X, y = load_iris(return_X_y=True)
    folds = StratifiedKFold(3, shuffle=True, random_state=7)
    expected = CalibratedClassifierCV(SVC(), cv=folds, ensemble=False).fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(CalibratedSVC(random_state=7).fit(X, y).predict_proba(X), expected)


def test_a_class_with_one_row_cannot_be_calibrated() -> None:
    X, y = np.arange(10.0)[:, None], np.array([0] * 9 + [1])
    with pytest.raises(ValueError, match=r"two rows each, got 2 class\(es\) of which the smallest has 1"):
        CalibratedSVC().fit(X, y)


def test_it_is_an_estimator_of_scikit_learn() -> None:
    check_estimator(
        CalibratedSVC(random_state=0),
        expected_failed_checks={
            "check_classifiers_one_label": "calibration needs two classes",
            "check_sample_weight_equivalence_on_dense_data": "repeated rows are in other calibration folds",
        },
        on_skip=None,
    )
    assert clone(CalibratedSVC(C=3.0)).C == 3.0
