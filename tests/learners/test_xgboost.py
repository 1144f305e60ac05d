from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from foretune.base.parameters import TASK_TYPES
from foretune.learners import get_learner
from foretune.learners.xgboost import NATIVE_NAMES

if TYPE_CHECKING:
    from foretune.base.parameters import TaskType


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


DART: dict[str, Any] = {"booster": "dart"}
LINEAR: dict[str, Any] = {"booster": "gblinear", "updater": "coord_descent"}
# What a name needs beside it to have an effect
USES: dict[str, dict[str, Any]] = {
    "updater": LINEAR,
    "process_type": {"process_type": "default"},
    "sample_type": {**DART, "sample_type": "uniform"},
    "normalize_type": {**DART, "normalize_type": "tree"},
    "rate_drop": {**DART, "rate_drop": 0.5},
    "one_drop": {**DART, "one_drop": 1},
    "skip_drop": {**DART, "skip_drop": 0.5},
    "feature_selector": {**LINEAR, "feature_selector": "cyclic"},
    "top_k": {**LINEAR, "top_k": 2},
    "tweedie_variance_power": {"objective": "reg:tweedie", "tweedie_variance_power": 1.5},
    "huber_slope": {"objective": "reg:pseudohubererror", "huber_slope": 0.5},
    "quantile_alpha": {"objective": "reg:quantileerror", "quantile_alpha": 0.5},
}


# XGBoost 3.4 deprecates whole boosters, whose names it still uses
@pytest.mark.filterwarnings("error", "ignore:.*`booster=.*` is deprecated:UserWarning")
@pytest.mark.parametrize("name", sorted(NATIVE_NAMES - {"seed", "nthread"}))
def test_each_of_its_own_names_is_used(name: str) -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 3)), rng.uniform(0.1, 1, size=40)
    params = USES.get(name, {name: 1})
    # A name that is not used is a warning
    get_learner("xgboost").build({"n_estimators": 2, **params}, "regression", 0).fit(X, y)
