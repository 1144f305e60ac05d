"""Parameters that choose a strategy."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from pydantic import Field, ValidationError

from foretune.base.parameters import FrozenParameters
from foretune.hpo.strategies import StrategyChoice, known_strategies, strategy_options
from foretune.hpo.strategies.parameters import GridOptions, OptunaTpeOptions, SobolOptions


class Run(FrozenParameters):
    """What a run's parameters have of strategies."""

    strategy: StrategyChoice = SobolOptions()
    strategies: dict[str, StrategyChoice] = Field(default_factory=dict)


def test_each_learner_may_have_its_own() -> None:
    text = """
    strategy: {name: sobol, n_path_values: 4}
    strategies: {svm: {name: optuna_tpe, n_startup_trials: 5}, linear: grid}
    """
    run = Run(**yaml.safe_load(text))
    assert run.strategy == SobolOptions(n_path_values=4)
    assert run.strategies == {"svm": OptunaTpeOptions(n_startup_trials=5), "linear": GridOptions()}


def test_what_is_written_down_is_read_back() -> None:
    run = Run(strategy={"name": "grid", "n_points": 3}, strategies={"svm": "hyperopt_tpe"})
    dumped = run.model_dump()
    assert dumped["strategy"]["n_points"] == 3
    assert dumped["strategies"]["svm"]["gamma"] == 0.25
    assert Run(**dumped) == run
    assert Run.model_validate_json(run.model_dump_json()) == run


def test_an_unknown_option_is_named() -> None:
    with pytest.raises(
        ValidationError, match="n_pathvalues is no option of this strategy; allowed: n_path_values"
    ):
        Run(strategy={"name": "sobol", "n_pathvalues": 4})


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ValidationError, match=re.escape(f"known: {', '.join(known_strategies())}")):
        Run(strategies={"svm": "tpe"})


@pytest.mark.parametrize(
    "options",
    [
        {"name": "sobol", "n_path_values": 0},
        {"name": "grid", "n_points": 0},
        {"name": "successive_halving", "eta": 1},
        {"name": "successive_halving", "min_fidelity": 0.0},
        {"name": "successive_halving", "min_fidelity": 1.0},
        {"name": "optuna_tpe", "n_startup_trials": 0},
        {"name": "optuna_cmaes", "population_size": 2},
        {"name": "hyperopt_tpe", "gamma": 0.0},
        {"name": "keras_tuner_bayesian", "alpha": 0.0},
        {"name": "keras_tuner_bayesian", "beta": float("nan")},
    ],
)
def test_options_out_of_bounds_are_errors(options: dict[str, Any]) -> None:
    (wrong,) = options.keys() - {"name"}
    with pytest.raises(ValueError, match=f"^{wrong}: Input should be ") as caught:
        strategy_options(options)
    assert "\n" not in str(caught.value)


def test_options_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        GridOptions().n_points = 3
