from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier
from tests.learners.growing.test_lockstep import make_folds

from foretune.learners.growing.model import DecidingModel, staged_decision
from foretune.learners.growing.monitored import grow_monitored
from foretune.learners.growing.paused_fit import PausedFit
from foretune.learners.growing.warm_started import WarmStartedBooster


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize(
    ("booster", "name"),
    [(GradientBoostingClassifier, "n_estimators"), (HistGradientBoostingClassifier, "max_iter")],
)
def test_decision_values_of_the_first_rounds_are_those_of_a_smaller_fit(
    booster: Any, name: str, n_classes: int
) -> None:
    fold = make_folds("classification", n_classes)[0]
    whole = booster(random_state=0, **{name: 9}).fit(fold.X_train, fold.y_train)
    for n_rounds in (1, 5, 9):
        alone = booster(random_state=0, **{name: n_rounds}).fit(fold.X_train, fold.y_train)
        expected = alone.decision_function(fold.X_test)
        found = staged_decision(whole, fold.X_test, n_rounds)
        assert found.shape == expected.shape
        np.testing.assert_array_equal(found, expected)


def test_models_of_scikit_learn_decide_and_others_do_not() -> None:
    fold = make_folds("classification", 2)[0]
    assert isinstance(grow_monitored(GradientBoostingClassifier(), fold), DecidingModel)
    warm = WarmStartedBooster(HistGradientBoostingClassifier(), "max_iter", fold)
    assert isinstance(warm, DecidingModel)
    assert not isinstance(PausedFit(lambda _: None), DecidingModel)
