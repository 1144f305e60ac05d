"""The shared Sobol design as a strategy."""

from __future__ import annotations

import pytest

from foretune.base.parameters import TaskType
from foretune.hpo.design import design_configurations
from foretune.hpo.parameters import HpoParameters
from foretune.hpo.strategies import SearchProblem, create_strategy, strategy_options
from foretune.learners import get_learner
from foretune.spaces.configuration import Configuration


@pytest.mark.parametrize("n_path_values", [1, 4])
@pytest.mark.parametrize("task_type", ["classification", "regression"])
def test_it_is_the_shared_design(
    hpo_parameters: HpoParameters, task_type: TaskType, n_path_values: int
) -> None:
    chosen = strategy_options({"name": "sobol", "n_path_values": n_path_values})
    parameters = hpo_parameters.model_copy(update={"n_configurations": 10, "strategy": chosen})
    design = design_configurations(parameters, task_type, seed=5)
    proposed: list[Configuration] = []
    for learner in parameters.learners:
        default = Configuration(learner, get_learner(learner).library_default(task_type), "default")
        problem = SearchProblem(learner, task_type, parameters.spaces[learner], 10, 5, default)
        strategy = create_strategy(chosen, problem)
        proposed += [default, *(proposal.configuration for proposal in strategy.ask(100))]
        assert strategy.is_exhausted
    assert proposed == design
    assert [c.strategy for c in proposed] == [c.strategy for c in design]


def test_path_values_differ_in_nothing_else(hpo_parameters: HpoParameters) -> None:
    problem = SearchProblem("random_forest", "regression", hpo_parameters.spaces["random_forest"], 6, 0)
    options = strategy_options({"name": "sobol", "n_path_values": 3})
    params = [proposal.configuration.params for proposal in create_strategy(options, problem).ask(100)]
    assert len(params) == 6
    points = [{name: value for name, value in one.items() if name != "n_estimators"} for one in params]
    assert points[0] == points[1] == points[2] != points[3] == points[4] == points[5]
    assert len({one["n_estimators"] for one in params[:3]}) == 3
