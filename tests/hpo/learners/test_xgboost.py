from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from foretune.hpo.learners import get_learner
from foretune.parameters import TASK_TYPES

if TYPE_CHECKING:
    from foretune.parameters import TaskType


@pytest.mark.parametrize("task_type", TASK_TYPES)
def test_a_name_that_xgboost_does_not_have_is_an_error(task_type: TaskType) -> None:
    with pytest.raises(TypeError, match="has no parameter 'max_deph'"):
        get_learner("xgboost").build({"max_deph": 3, "eta": 0.1}, task_type, 0)


@pytest.mark.filterwarnings("error")
def test_its_own_names_mean_what_they_say() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 3)), rng.normal(size=60)
    native = {"eta": 0.2, "lambda": 3.0, "alpha": 0.5, "min_split_loss": 0.1}
    named = {"learning_rate": 0.2, "reg_lambda": 3.0, "reg_alpha": 0.5, "gamma": 0.1}
    ours, theirs = (
        get_learner("xgboost").build({"n_estimators": 5, **params}, "regression", 0).fit(X, y).predict(X)
        for params in (native, named)
    )
    np.testing.assert_array_equal(ours, theirs)
