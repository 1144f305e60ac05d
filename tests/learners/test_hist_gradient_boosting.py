from __future__ import annotations

import numpy as np

from foretune.learners import get_learner
from foretune.learners.hist_gradient_boosting import LEARNER

RNG = np.random.default_rng(0)


def test_all_rows_are_learned_from_unless_early_stopping_is_asked_for() -> None:
    X = RNG.normal(size=(10_050, 1))
    # scikit-learn would hold out rows by class above 10,000 rows, which a class of one row does not allow
    y = (X[:, 0] > 0) + np.r_[1, np.zeros(10_049, dtype=int)]
    params = {"max_iter": 2, "max_leaf_nodes": 3}
    fitted = get_learner("hist_gradient_boosting").build(params, "classification", 0).fit(X, 2 * y)
    assert not fitted.do_early_stopping_
    asked = get_learner("hist_gradient_boosting").build(
        {**params, "early_stopping": True}, "classification", 0
    )
    assert asked.fit(X, X[:, 0] > 0).do_early_stopping_


def test_its_tuned_default_is_the_library_s_in_smaller_steps() -> None:
    (tuned,) = LEARNER.tuned_defaults("regression")
    assert tuned == {"learning_rate": LEARNER.library_default("regression")["learning_rate"] / 2}
