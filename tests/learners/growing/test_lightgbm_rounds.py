from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lightgbm import LGBMClassifier, LGBMRegressor
from tests.learners.growing.test_lockstep import make_folds

from foretune.base.parameters import TASK_TYPES, TaskType
from foretune.learners.growing.lightgbm_rounds import grow_lightgbm
from foretune.learners.nested_axis import NotNestedError

DRAWN = {
    "num_leaves": st.integers(2, 9),
    "learning_rate": st.floats(0.05, 0.9),
    "subsample": st.floats(0.5, 1.0),
    "subsample_freq": st.integers(0, 2),
    "colsample_bytree": st.floats(0.3, 1.0),
    "extra_trees": st.booleans(),
    "min_child_samples": st.sampled_from([2, 5, 15, 25]),
    "linear_tree": st.just(True),
    "boosting_type": st.sampled_from(["gbdt", "dart"]),
}
LARGEST = 12


@pytest.mark.parametrize("task_type", TASK_TYPES)
def test_it_equals_separate_fits(task_type: TaskType) -> None:
    booster = LGBMClassifier if task_type == "classification" else LGBMRegressor

    @settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.fixed_dictionaries({}, optional=DRAWN), st.integers(2, 4), st.booleans(), st.integers(1, LARGEST)
    )
    def check(params: dict[str, Any], n_classes: int, weighted: bool, n_first: int) -> None:
        fold = make_folds(task_type, n_classes, weighted=weighted)[0]

        def make(n_rounds: int) -> Any:
            return booster(n_estimators=n_rounds, n_jobs=1, random_state=3, verbose=-1, **params)

        model = grow_lightgbm(make(LARGEST), fold)
        outputs = dict(model.grow(n_first) + model.grow(LARGEST))
        model.close()
        assert list(outputs) == list(range(1, LARGEST + 1))
        for n_rounds in (1, 2, n_first, LARGEST):
            alone = make(n_rounds).fit(fold.X_train, fold.y_train, sample_weight=fold.weights)
            predict = alone.predict_proba if task_type == "classification" else alone.predict
            np.testing.assert_array_equal(outputs[n_rounds], predict(fold.X_test))

    check()


@pytest.mark.skipif(not hasattr(LGBMClassifier, "decision_function"), reason="LightGBM before 4.7")
@pytest.mark.parametrize("n_classes", [2, 3])
def test_decision_values_need_no_new_fit_unless_trees_change(n_classes: int) -> None:
    fold = make_folds("classification", n_classes)[0]

    def make(n_rounds: int, boosting_type: str = "gbdt") -> Any:
        return LGBMClassifier(
            n_estimators=n_rounds, boosting_type=boosting_type, min_child_samples=3, verbosity=-1, n_jobs=1
        )

    model = grow_lightgbm(make(8), fold)
    changing = grow_lightgbm(make(8, "dart"), fold)
    try:
        for n_more, numbers in ((3, (1, 3)), (5, (2, 8))):
            model.grow(n_more)
            for n_rounds in numbers:
                alone = make(n_rounds).fit(fold.X_train, fold.y_train)
                np.testing.assert_array_equal(model.decide(n_rounds), alone.decision_function(fold.X_test))
        changing.grow(3)
        with pytest.raises(NotNestedError):
            changing.decide(3)
    finally:
        model.close()
        changing.close()
