"""Search spaces of the default run against what long searches chose on larger tables."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from foretune.base.parameters import TASK_TYPES
from foretune.hpo.parameters import HpoParameters
from foretune.learners import get_learner
from foretune.spaces.draws import configuration_at
from foretune.spaces.hyperparameters import Choice, Hyperparameter, LearnerSpace

# The 5 % and 95 % quantiles of the configurations that 200 trials of TPE found best on 61 public tables of
# 5,000 to a million rows. A penalty that is given as 0 is below 0.005, which makes no difference.
ROUNDED_TO_0 = 0.005
WINNERS: dict[str, dict[str, tuple[float, float]]] = {
    "lightgbm": {
        "learning_rate": (0.005, 0.43),
        "num_leaves": (5, 667),
        "min_child_weight": (0.001, 86),
        "subsample": (0.53, 0.97),
        "colsample_bytree": (0.51, 0.97),
        "reg_lambda": (ROUNDED_TO_0, 6.9),
    },
    "catboost": {
        "learning_rate": (0.011, 0.68),
        "depth": (4, 13),
        "l2_leaf_reg": (0.6, 9.6),
        "subsample": (0.53, 0.97),
    },
    # It grows leaf by leaf on histograms as LightGBM does, whose winners stand for its own
    "hist_gradient_boosting": {
        "learning_rate": (0.005, 0.43),
        "max_leaf_nodes": (5, 667),
        "max_features": (0.51, 0.97),
        "l2_regularization": (ROUNDED_TO_0, 6.9),
    },
}


XGBOOST_WINNERS = {
    "learning_rate": (0.003, 0.21),
    "max_depth": (3, 14),
    "min_child_weight": (0.0002, 25),
    "subsample": (0.53, 0.98),
    "colsample_bytree": (0.53, 0.99),
    "reg_lambda": (ROUNDED_TO_0, 8.7),
}
GUIDE = Path(__file__).parents[2] / "docs/search-spaces.md"


def _assert_holds(space: dict[str, Hyperparameter], winners: dict[str, tuple[float, float]]) -> None:
    for name, (low, high) in winners.items():
        one = space[name]
        assert not isinstance(one, Choice)
        assert one.low <= low, f"{name} starts at {one.low}, winners at {low}"
        assert high <= one.high, f"{name} ends at {one.high}, winners at {high}"


@pytest.mark.parametrize("learner", WINNERS)
def test_a_space_holds_nine_tenths_of_the_winners(learner: str, hpo_parameters: HpoParameters) -> None:
    _assert_holds(hpo_parameters.spaces[learner].of("classification"), WINNERS[learner])


def test_the_space_of_xgboost_for_larger_tables_holds_them_too() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    raw = yaml.safe_load(blocks[1])["hpo"]["spaces"]["xgboost"]
    space = LearnerSpace.model_validate(raw).of("regression")
    _assert_holds(space, XGBOOST_WINNERS)
    assert "n_estimators" not in space
    X, y = np.arange(20.0)[:, None], np.arange(20.0)
    for quantile in (0.1, 0.9):
        params = configuration_at([quantile] * len(space), space)
        assert ("max_leaves" in params) == (params["grow_policy"] == "lossguide")
        get_learner("xgboost").build({**params, "n_estimators": 2}, "regression", 0).fit(X, y)


@pytest.mark.parametrize("learner", WINNERS)
def test_no_space_of_a_booster_has_its_rounds(learner: str, hpo_parameters: HpoParameters) -> None:
    axis = get_learner(learner).nested_axis
    assert axis is not None
    for task_type in TASK_TYPES:
        assert axis.hyperparameter not in hpo_parameters.spaces[learner].of(task_type)


def test_rows_are_drawn_only_with_a_frequency(hpo_parameters: HpoParameters) -> None:
    space = hpo_parameters.spaces["lightgbm"].of("regression")
    frequency = list(space).index("subsample_freq")
    for quantile, is_drawn in ((0.1, False), (0.9, True)):
        point = [0.5] * len(space)
        point[frequency] = quantile
        assert ("subsample" in configuration_at(point, space)) == is_drawn


def test_leaves_and_depth_of_catboost_go_by_how_trees_grow(hpo_parameters: HpoParameters) -> None:
    space = hpo_parameters.spaces["catboost"].of("regression")
    policy = list(space).index("grow_policy")
    expected = {
        "SymmetricTree": {"depth"},
        "Depthwise": {"depth", "min_data_in_leaf"},
        "Lossguide": {"max_leaves", "min_data_in_leaf"},
    }
    for quantile, name in zip((0.1, 0.5, 0.9), expected, strict=True):
        point = [0.5] * len(space)
        point[policy] = quantile
        params = configuration_at(point, space)
        assert params["grow_policy"] == name
        assert params.keys() & {"depth", "max_leaves", "min_data_in_leaf"} == expected[name]
