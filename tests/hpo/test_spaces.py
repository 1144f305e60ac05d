"""Search spaces of the default run against what long searches chose on larger tables."""

from __future__ import annotations

import pytest

from foretune.base.parameters import TASK_TYPES
from foretune.hpo.parameters import HpoParameters
from foretune.learners import get_learner
from foretune.spaces.draws import configuration_at
from foretune.spaces.hyperparameters import Choice

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
    # It grows leaf by leaf on histograms as LightGBM does, whose winners stand for its own
    "hist_gradient_boosting": {
        "learning_rate": (0.005, 0.43),
        "max_leaf_nodes": (5, 667),
        "max_features": (0.51, 0.97),
        "l2_regularization": (ROUNDED_TO_0, 6.9),
    },
}


@pytest.mark.parametrize("learner", WINNERS)
def test_a_space_holds_nine_tenths_of_the_winners(learner: str, hpo_parameters: HpoParameters) -> None:
    space = hpo_parameters.spaces[learner].of("classification")
    for name, (low, high) in WINNERS[learner].items():
        one = space[name]
        assert not isinstance(one, Choice)
        assert one.low <= low, f"{learner}: {name} starts at {one.low}, winners at {low}"
        assert high <= one.high, f"{learner}: {name} ends at {one.high}, winners at {high}"


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
