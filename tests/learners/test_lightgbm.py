from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from foretune.base.parameters import TASK_TYPES
from foretune.learners import get_learner
from foretune.learners.lightgbm import NATIVE_NAMES
from foretune.learners.nested_axis import NotNestedError
from foretune.learners.parameters import PreprocessingParameters
from foretune.recommendation.search_cv.estimator import build_pipeline
from foretune.spaces.configuration import Configuration

if TYPE_CHECKING:
    from foretune.base.parameters import TaskType

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(60, 3)), RNG.normal(size=60)


def predict(params: dict[str, Any]) -> Any:
    return get_learner("lightgbm").build({"n_estimators": 5, **params}, "regression", 0).fit(X, Y).predict(X)


@pytest.mark.parametrize("task_type", TASK_TYPES)
@pytest.mark.parametrize("name", ["num_leafs", "num_iterations", "boosting", "eta"])
def test_a_name_that_is_ignored_or_replaces_another_is_an_error(name: str, task_type: TaskType) -> None:
    with pytest.raises(TypeError, match=f"has no parameter '{name}'"):
        get_learner("lightgbm").build({name: 3, "num_leaves": 7}, task_type, 0)


def test_its_own_names_mean_what_they_say() -> None:
    native = {"lambda_l2": 3.0, "lambda_l1": 0.1, "min_data_in_leaf": 5, "feature_fraction": 0.5}
    named = {
        **{"reg_lambda": 3.0, "reg_alpha": 0.1, "min_child_samples": 5},
        "colsample_bytree": 0.5,
    }
    np.testing.assert_array_equal(predict(native), predict(named))
    assert not np.array_equal(predict(native), predict({}))


def test_each_of_its_own_names_is_known_to_lightgbm() -> None:
    basic = pytest.importorskip("lightgbm.basic")
    if not hasattr(basic, "_ConfigAliases"):
        pytest.skip("this LightGBM does not list its names")
    aliases = basic._ConfigAliases._get_all_param_aliases()
    # The estimators warn of the own name of this one
    known = {*aliases, *aliases["categorical_feature"]}
    assert known >= NATIVE_NAMES - {"verbose"}


def test_the_layout_changes_no_prediction() -> None:
    np.testing.assert_array_equal(predict({}), predict({"force_row_wise": True}))


def test_it_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    # No split is possible, of which LightGBM would warn
    predict({"min_child_samples": 50})
    get_learner("lightgbm").build({"verbose": -1}, "regression", 0).fit(X, Y)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("task_type", TASK_TYPES)
def test_any_name_of_a_column_is_safe(task_type: TaskType) -> None:
    # LightGBM refuses names with characters of JSON
    table = pd.DataFrame({"a[b]": Y, "x:{y}": X[:, 0], '"c", d': np.where(Y > 0, "[1, 2)", "{3}")})
    target = pd.Series(np.where(Y > 0, "[yes]", "{no}") if task_type == "classification" else Y)
    pipeline = build_pipeline(Configuration("lightgbm", {}), task_type, PreprocessingParameters(), 0)
    assert len(pipeline.set_output(transform="default").fit(table, target).predict(table)) == 60


def path(params: dict[str, Any], *numbers: int) -> list[Any]:
    learner = get_learner("lightgbm")
    fitted = learner.build({**params, "n_estimators": numbers[-1]}, "regression", 0).fit(X, Y)
    assert learner.nested_axis is not None
    return list(learner.nested_axis.predict(fitted, X, [{"n_estimators": n} for n in numbers], "regression"))


def test_rounds_without_a_split_are_not_nested() -> None:
    bagged = {"subsample": 0.5, "subsample_freq": 1, "min_child_samples": 1}
    assert len(path(bagged, 3, 20)) == 2
    with pytest.raises(NotNestedError):
        path({**bagged, "min_split_gain": 10.0}, 3, 20)


def test_dropped_trees_are_not_nested() -> None:
    with pytest.raises(NotNestedError):
        path({"boosting_type": "dart"}, 3, 20)
