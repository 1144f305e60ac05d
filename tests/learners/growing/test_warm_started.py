from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from tests.learners.growing.test_lockstep import make_folds

from foretune.base import one_thread
from foretune.base.parameters import TASK_TYPES, TaskType
from foretune.learners.growing.warm_started import WarmStartedBooster

DRAWN = {
    "max_leaf_nodes": st.integers(2, 9),
    "learning_rate": st.floats(0.05, 0.9),
    "max_features": st.floats(0.3, 1.0),
    "min_samples_leaf": st.integers(1, 15),
    "l2_regularization": st.floats(0.0, 3.0),
}
LARGEST = 12


@pytest.mark.parametrize("task_type", TASK_TYPES)
def test_it_equals_separate_fits(task_type: TaskType) -> None:
    booster = (
        HistGradientBoostingClassifier if task_type == "classification" else HistGradientBoostingRegressor
    )

    @settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.fixed_dictionaries({}, optional=DRAWN), st.integers(2, 4), st.booleans(), st.integers(1, LARGEST)
    )
    def check(params: dict[str, Any], n_classes: int, weighted: bool, n_first: int) -> None:
        fold = make_folds(task_type, n_classes, weighted=weighted)[0]

        def make(n_rounds: int) -> Any:
            return booster(max_iter=n_rounds, random_state=3, early_stopping=False, **params)

        model = WarmStartedBooster(make(1), "max_iter", fold)
        outputs = dict(model.grow(n_first) + model.grow(LARGEST - n_first))
        assert list(outputs) == list(range(1, LARGEST + 1))
        assert (model.n_rounds, model.ended) == (LARGEST, False)
        for n_rounds in (1, n_first, LARGEST):
            alone = make(n_rounds).fit(fold.X_train, fold.y_train, sample_weight=fold.weights)
            predict = alone.predict_proba if task_type == "classification" else alone.predict
            np.testing.assert_array_equal(outputs[n_rounds], predict(fold.X_test))
        model.close()
        assert model.grow(1) == []

    with one_thread():
        check()
