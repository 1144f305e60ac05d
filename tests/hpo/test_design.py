from __future__ import annotations

import pytest

from foretune.hpo.design import design_configurations, draw_sobol
from foretune.hpo.parameters import HpoParameters, LearnerSpace
from foretune.parameters import TASK_TYPES, TaskType


@pytest.mark.parametrize("task_type", TASK_TYPES)
def test_default_comes_first_then_the_points(hpo_parameters: HpoParameters, task_type: TaskType) -> None:
    configurations = design_configurations(hpo_parameters, task_type, seed=0)
    for learner in hpo_parameters.learners:
        strategies = [c.strategy for c in configurations if c.learner == learner]
        assert strategies == ["default", *["sobol"] * hpo_parameters.n_configurations]
    assert len({c.config_id for c in configurations}) == len(configurations)


def test_the_seed_decides(hpo_parameters: HpoParameters) -> None:
    ids = [
        [c.config_id for c in design_configurations(hpo_parameters, "regression", seed)] for seed in (0, 0, 1)
    ]
    assert ids[0] == ids[1]
    assert ids[0] != ids[2]


def test_a_longer_design_continues_a_shorter_one(hpo_parameters: HpoParameters) -> None:
    space = hpo_parameters.spaces["xgboost"]
    short = draw_sobol(space, "classification", "xgboost", n_configurations=8, seed=3)
    long = draw_sobol(space, "classification", "xgboost", n_configurations=16, seed=3)
    assert long[:8] == short


def test_a_small_space_is_listed_whole() -> None:
    space = LearnerSpace.model_validate(
        {"shared": {"weights": {"type": "choice", "choices": ["uniform", "distance"]}}}
    )
    drawn = draw_sobol(space, "classification", "k_nearest_neighbours", n_configurations=10, seed=0)
    assert sorted(c.params["weights"] for c in drawn) == ["distance", "uniform"]


def test_a_learner_without_hyperparameters_has_one_configuration() -> None:
    drawn = draw_sobol(LearnerSpace(), "regression", "linear", n_configurations=4, seed=0)
    assert [c.params for c in drawn] == [{}]
