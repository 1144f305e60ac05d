from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier
from tests.learners.growing.test_lockstep import make_folds

from foretune.learners.growing.monitored import grow_monitored


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_paused_fit_decides_as_separate_fits_do(n_classes: int) -> None:
    fold = make_folds("classification", n_classes, weighted=True)[0]

    def make(n_rounds: int) -> GradientBoostingClassifier:
        return GradientBoostingClassifier(n_estimators=n_rounds, subsample=0.7, random_state=2)

    model = grow_monitored(make(8), fold)
    try:
        for n_more, numbers in ((3, (1, 3)), (4, (2, 7)), (1, (5, 8))):
            model.grow(n_more)
            for n_rounds in numbers:
                alone = make(n_rounds).fit(fold.X_train, fold.y_train, sample_weight=fold.weights)
                np.testing.assert_array_equal(model.decide(n_rounds), alone.decision_function(fold.X_test))
    finally:
        model.close()
