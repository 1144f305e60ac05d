from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsRegressor

from foretune.learners.folds import Fold
from foretune.learners.learner import Learner, fit_estimator

X, Y, WEIGHTS = np.arange(6.0)[:, None], np.arange(6.0) ** 2, np.arange(1.0, 7.0)


def test_weights_go_to_the_fit_if_there_are_any() -> None:
    for weights in (None, WEIGHTS):
        expected = Ridge().fit(X, Y, sample_weight=weights).coef_
        np.testing.assert_array_equal(fit_estimator(Ridge(), X, Y, weights).coef_, expected)


def test_an_estimator_without_weights_says_so() -> None:
    assert fit_estimator(KNeighborsRegressor(2), X, Y).n_samples_fit_ == 6
    with pytest.raises(TypeError, match="KNeighborsRegressor takes no sample_weight in fit"):
        fit_estimator(KNeighborsRegressor(2), X, Y, WEIGHTS)


def test_a_learner_fits_the_training_part_by_its_weights() -> None:
    learner = Learner("ridge", lambda params, *_: Ridge(**params), lambda _: {})
    fitted = learner.fit({"alpha": 2.0}, "regression", 0, Fold(X, Y, X, Y, weights=WEIGHTS))
    np.testing.assert_array_equal(fitted.coef_, Ridge(2.0).fit(X, Y, sample_weight=WEIGHTS).coef_)
