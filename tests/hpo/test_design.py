from __future__ import annotations

import pytest

from foretune.base import UserError
from foretune.base.parameters import TASK_TYPES, TaskType
from foretune.hpo.design import default_configuration, design_configurations, draw_sobol
from foretune.hpo.parameters import HpoParameters
from foretune.learners import Learner, registry
from foretune.learners.shared_fits import group_shared_fits
from foretune.spaces.hyperparameters import LearnerSpace


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


def test_values_along_the_path_axis_share_a_fit(hpo_parameters: HpoParameters) -> None:
    space = hpo_parameters.spaces["random_forest"]
    drawn = draw_sobol(space, "regression", "random_forest", n_configurations=12, seed=0, n_path_values=4)
    groups = group_shared_fits(drawn)
    assert [len(group) for group in groups] == [4, 4, 4]
    for group in groups:
        trees = [configuration.params["n_estimators"] for configuration in group]
        # One from each quarter of 10, 20, ... 190
        assert [(n // 10 - 1) * 4 // 19 for n in trees] == [0, 1, 2, 3]


def test_a_longer_design_with_path_values_continues_a_shorter_one(hpo_parameters: HpoParameters) -> None:
    space = hpo_parameters.spaces["k_nearest_neighbours"]
    short, long = (
        draw_sobol(space, "regression", "k_nearest_neighbours", n, seed=0, n_path_values=3) for n in (8, 30)
    )
    assert long[:8] == short
    assert len({configuration.config_id for configuration in long}) == 30


def test_a_learner_without_a_path_axis_has_points_only(hpo_parameters: HpoParameters) -> None:
    space = hpo_parameters.spaces["svm"]
    one, many = (draw_sobol(space, "regression", "svm", 8, seed=0, n_path_values=k) for k in (1, 4))
    assert one == many


def test_a_small_space_is_listed_whole() -> None:
    space = LearnerSpace.model_validate(
        {"shared": {"weights": {"type": "choice", "choices": ["uniform", "distance"]}}}
    )
    drawn = draw_sobol(space, "classification", "k_nearest_neighbours", n_configurations=10, seed=0)
    assert sorted(c.params["weights"] for c in drawn) == ["distance", "uniform"]


def test_a_learner_without_hyperparameters_has_one_configuration() -> None:
    drawn = draw_sobol(LearnerSpace(), "regression", "linear", n_configurations=4, seed=0)
    assert [c.params for c in drawn] == [{}]


def test_a_learner_that_does_not_know_its_default_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> dict[str, object]:
        raise ImportError("no library\nand more")

    monkeypatch.setitem(registry._LEARNERS, "mine", Learner("mine", lambda *_: None, fail))
    with pytest.raises(UserError, match=r"^learner mine has no library default \(ImportError: no library\)"):
        default_configuration("mine", "regression")
