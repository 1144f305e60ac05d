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


@pytest.mark.parametrize("n_rare", [1, 2, 3])
@pytest.mark.parametrize("common", [(0,), (0, 1)])
def test_a_class_of_few_rows_costs_calibration_at_most(n_rare: int, common: tuple[int, ...]) -> None:
    X, y = load_iris(return_X_y=True)
    kept = np.concatenate([np.flatnonzero(np.isin(y, common)), np.flatnonzero(y == 2)[:n_rare]])
    fitted, plain = CalibratedSVC(random_state=0).fit(X[kept], y[kept]), SVC().fit(X[kept], y[kept])
    np.testing.assert_array_equal(fitted.predict(X), plain.predict(X))
    probabilities = fitted.predict_proba(X)
    assert probabilities.shape == (len(X), len(common) + 1)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
    assert (fitted.calibrator_ is None) == (n_rare == 1)
    if n_rare == 1:
        np.testing.assert_array_equal(fitted.classes_[probabilities.argmax(axis=1)], plain.predict(X))


def test_of_two_classes_without_calibration_the_probability_is_the_logistic_function() -> None:
    X, y = np.arange(10.0)[:, None], np.array(["a"] * 9 + ["b"])
    fitted = CalibratedSVC().fit(X, y)
    expected = 1 / (1 + np.exp(-fitted.decision_function(X)))
    np.testing.assert_allclose(fitted.predict_proba(X)[:, 1], expected)


def test_a_single_class_is_refused() -> None:
    with pytest.raises(ValueError, match="needs two classes, got 1 class"):
        CalibratedSVC().fit(np.arange(10.0)[:, None], np.zeros(10))


@pytest.mark.slow
def test_it_is_an_estimator_of_scikit_learn() -> None:
    check_estimator(
        CalibratedSVC(random_state=0),
        expected_failed_checks={
            "check_classifiers_one_label": "needs two classes",
            "check_sample_weight_equivalence_on_dense_data": "repeated rows are in other calibration folds",
        },
        on_skip=None,
    )
    assert clone(CalibratedSVC(C=3.0)).C == 3.0
