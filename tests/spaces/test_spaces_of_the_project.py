from __future__ import annotations

import pytest
from ConfigSpace import Configuration
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.spaces.config_space import build_space

from foretune.base.parameters import TASK_TYPES, TaskType
from foretune.hpo.parameters import HpoParameters
from foretune.spaces.draws import configuration_at


@pytest.mark.parametrize("task_type", TASK_TYPES)
@pytest.mark.parametrize("learner", ["random_forest", "xgboost", "svm", "k_nearest_neighbours", "linear"])
def test_every_point_is_a_valid_configuration(
    hpo_parameters: HpoParameters, learner: str, task_type: TaskType
) -> None:
    space = hpo_parameters.spaces[learner]
    built = build_space(space, task_type, learner)

    @settings(max_examples=30)
    @given(st.lists(st.floats(0, 1, exclude_max=True), min_size=7, max_size=7))
    def check(point: list[float]) -> None:
        hyperparameters = space.of(task_type)
        params = configuration_at(point[: len(hyperparameters)], hyperparameters)
        Configuration(built, values=params).check_valid_configuration()

    check()


def test_conditions_of_the_support_vector_machine(hpo_parameters: HpoParameters) -> None:
    space = hpo_parameters.spaces["svm"]
    hyperparameters = space.of("classification")
    active = {}
    for quantile, kernel in ((0.1, "linear"), (0.5, "rbf"), (0.9, "poly")):
        point = [quantile if name == "kernel" else 0.5 for name in hyperparameters]
        params = configuration_at(point, hyperparameters)
        assert params["kernel"] == kernel
        active[kernel] = set(params) - {"C", "kernel", "class_weight"}
    assert active == {"linear": set(), "rbf": {"gamma"}, "poly": {"degree", "coef0"}}


def test_only_regression_has_epsilon(hpo_parameters: HpoParameters) -> None:
    space = hpo_parameters.spaces["svm"]
    assert "epsilon" in build_space(space, "regression", "svm")
    assert "epsilon" not in build_space(space, "classification", "svm")
