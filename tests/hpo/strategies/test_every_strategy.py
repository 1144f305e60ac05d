"""What every strategy must do; a new one is tested by being registered."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from ConfigSpace import Configuration as SpaceConfiguration
from tests.hpo.strategies.loop import search
from tests.spaces.config_space import build_space

from foretune.hpo.strategies import (
    MissingLibraryError,
    Proposal,
    SearchProblem,
    Strategy,
    create_strategy,
    known_strategies,
    strategy_options,
)
from foretune.spaces.configuration import Configuration
from foretune.spaces.hyperparameters import Choice, FloatRange

# Few random trials, so that short searches reach the models
OPTIONS: dict[str, dict[str, Any]] = {
    "grid": {"n_points": 2},
    "successive_halving": {"min_fidelity": 0.3},
    "optuna_tpe": {"n_startup_trials": 6},
    "optuna_gp": {"n_startup_trials": 6},
    "hyperopt_tpe": {"n_startup_trials": 6},
    "keras_tuner_bayesian": {"n_startup_trials": 6},
}
BLIND = ("sobol", "grid", "random", "keras_tuner_random")
# Whose libraries take long to import, or whose models long to fit
SLOW = ("keras_tuner_bayesian", "keras_tuner_random", "optuna_gp")
# Trials and seeds of the comparison with random search; Gaussian processes need few trials and much time
EFFORT = {"keras_tuner_bayesian": (14, 3), "optuna_gp": (14, 3)}
# Some of them after the random ones
N_TRIALS = 9

Create = Callable[[SearchProblem], Strategy[Any]]
Sequence = list[tuple[Proposal, float | None]]


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in known_strategies()
    ],
)
def create(request: pytest.FixtureRequest) -> Create:
    """Give a function that creates a strategy, for each of them."""
    return creator(request.param)


@pytest.fixture(scope="module")
def trials(create: Create, mixed: SearchProblem) -> Sequence:
    """Give the trials of one search, made once per strategy."""
    return search(create(mixed), score_of, N_TRIALS)


def creator(name: str) -> Create:
    options = strategy_options({"name": name, **OPTIONS.get(name, {})})

    def create_or_skip(problem: SearchProblem) -> Strategy[Any]:
        try:
            return create_strategy(options, problem)
        except MissingLibraryError as error:
            pytest.skip(str(error))

    return create_or_skip


def score_of(proposal: Proposal) -> float:
    """Score a configuration smoothly in its numbers and arbitrarily in the rest."""
    numbers = [value for value in proposal.configuration.params.values() if type(value) in (int, float)]
    return -sum(math.log(value + 0.1) ** 2 for value in numbers) / 100 + len(numbers)


def test_configurations_are_in_the_space(create: Create, mixed: SearchProblem, trials: Sequence) -> None:
    assert len(trials) == N_TRIALS
    for proposal, _ in trials:
        params = proposal.configuration.params
        assert proposal.configuration.learner == mixed.learner
        assert proposal.configuration.strategy == create(mixed).options.name
        assert 0 < proposal.fidelity <= 1
        # ConfigSpace refuses what is out of bounds, inactive, or missing
        SpaceConfiguration(build_space(mixed.space, mixed.task_type, mixed.learner), values=params)
        assert list(params) == [name for name in mixed.hyperparameters if name in params]
        for name, value in params.items():
            check_value(mixed.hyperparameters[name], value)


def check_value(hyperparameter: Any, value: Any) -> None:
    if isinstance(hyperparameter, Choice):
        assert repr(value) in [repr(choice) for choice in hyperparameter.choices]
    elif isinstance(hyperparameter, FloatRange):
        assert type(value) is float
        assert value in (float(f"{value:.6g}"), hyperparameter.low, hyperparameter.high)
    else:
        assert type(value) is int
        assert (value - hyperparameter.low) % hyperparameter.step == 0


def test_conditions_are_met_both_ways(trials: Sequence) -> None:
    all_params = [proposal.configuration.params for proposal, _ in trials]
    assert all(("gamma" in params) == (params["kernel"] == "rbf") for params in all_params)
    assert all(("scale" in params) == (params["max_depth"] in (16, 4)) for params in all_params)
    assert all(("shift" in params) == (params.get("scale") == 2) for params in all_params)


def test_nothing_is_proposed_twice(create: Create, tiny: SearchProblem) -> None:
    keys = [proposal.key for proposal, _ in search(create(tiny), score_of, n_trials=100)]
    assert len(set(keys)) == len(keys)


def test_a_small_space_is_listed_whole_and_then_exhausted(create: Create, tiny: SearchProblem) -> None:
    strategy = create(tiny)
    trials = search(strategy, score_of, n_trials=100)
    n_values = 3 if strategy.options.name == "grid" else 5
    assert len({proposal.configuration.config_id for proposal, _ in trials}) == n_values
    assert strategy.is_exhausted
    assert strategy.ask(3) == []


def test_a_learner_without_hyperparameters_has_one_configuration(create: Create, tiny: SearchProblem) -> None:
    nothing = dataclasses.replace(tiny, space=type(tiny.space)())
    params = {
        str(proposal.configuration.params) for proposal, _ in search(create(nothing), score_of, n_trials=9)
    }
    assert params == {"{}"}


def test_the_seed_decides(create: Create, mixed: SearchProblem, trials: Sequence) -> None:
    assert search(create(mixed), score_of, N_TRIALS) == trials
    if create(mixed).options.name != "grid":
        other = create(dataclasses.replace(mixed, seed=1)).ask(3)
        assert [proposal.key for proposal in other] != [proposal.key for proposal, _ in trials[:3]]


def test_a_search_resumes_by_repeating_what_was_told(create: Create, mixed: SearchProblem) -> None:
    known: dict[tuple[str, float], float | None] = {}
    stopped, whole, resumed = create(mixed), create(mixed), create(mixed)
    for _ in range(2):
        known.update({p.key: told for p, told in tell_batch(stopped, score_of)})
    for _ in range(2):
        tell_batch(whole, score_of)
        # All of these scores come from the ledger
        tell_batch(resumed, lambda proposal: known[proposal.key])
    assert resumed.ask() == whole.ask() != []


def tell_batch(strategy: Strategy[Any], evaluate: Callable[[Proposal], float | None]) -> Sequence:
    """Ask for four, tell all of them; one fails."""
    trials: Sequence = []
    for number, proposal in enumerate(strategy.ask(4)):
        score = None if number == 1 else evaluate(proposal)
        strategy.tell(proposal, score)
        trials.append((proposal, score))
    return trials


def test_a_batch_has_as_many_as_asked_for(create: Create, mixed: SearchProblem) -> None:
    strategy = create(mixed)
    batch = strategy.ask(4)
    assert len({proposal.key for proposal in batch}) == 4
    for proposal in reversed(batch):
        strategy.tell(proposal, score_of(proposal))
    assert len(strategy.ask(2)) == 2


def test_no_more_than_the_trials_are_proposed(create: Create, plane: SearchProblem) -> None:
    strategy = create(dataclasses.replace(plane, n_trials=3))
    # A part of a grid would be a corner
    n_expected = 4 if strategy.options.name == "grid" else 3
    assert len(strategy.ask(50)) == n_expected


@pytest.mark.parametrize("failure", [None, math.nan, math.inf])
def test_failed_trials_break_nothing(create: Create, mixed: SearchProblem, failure: float | None) -> None:
    numbers = iter(range(100))
    trials = search(
        create(mixed), lambda proposal: score_of(proposal) if next(numbers) % 3 == 0 else failure, N_TRIALS
    )
    assert len(trials) == N_TRIALS


def test_a_search_goes_on_when_all_fail(create: Create, mixed: SearchProblem) -> None:
    assert len(search(create(mixed), lambda _: None, N_TRIALS)) == N_TRIALS


@pytest.mark.parametrize("is_told_first", [True, False])
def test_the_default_is_not_proposed_but_may_be_told(
    create: Create, tiny: SearchProblem, is_told_first: bool
) -> None:
    default = Configuration("svm", {"weights": "distance", "p": 1}, "default")
    strategy = create(dataclasses.replace(tiny, default=default))
    if is_told_first:
        strategy.tell(Proposal(default), 0.5)
    whole = [proposal for proposal, _ in search(strategy, score_of, n_trials=100) if proposal.fidelity == 1]
    assert default.config_id not in {proposal.configuration.config_id for proposal in whole}
    assert strategy.is_exhausted
    if not is_told_first:
        strategy.tell(Proposal(default), 0.5)


def test_scores_of_others_may_be_told(create: Create, mixed: SearchProblem) -> None:
    strategy = create(mixed)
    others = search(create(dataclasses.replace(mixed, seed=9)), score_of, n_trials=5)
    for proposal, score in others:
        strategy.tell(proposal, score)
    strategy.tell(Proposal(Configuration("svm", {"gamma": "scale"}, "default")), 0.1)
    own = search(strategy, score_of, n_trials=2)
    assert len(own) == 2
    assert not {proposal.key for proposal, _ in own} & {proposal.key for proposal, _ in others}


def test_a_score_is_told_once(create: Create, tiny: SearchProblem) -> None:
    strategy = create(tiny)
    (proposal,) = strategy.ask()
    strategy.tell(proposal, 1.0)
    with pytest.raises(ValueError, match="told before"):
        strategy.tell(proposal, 2.0)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [name for name in known_strategies() if name not in (*BLIND, "successive_halving")]
)
def test_models_find_more_than_chance(name: str, plane: SearchProblem) -> None:
    n_trials, n_seeds = EFFORT.get(name, (60, 20))
    chance = mean_regret(creator("random"), plane, n_trials, 50)
    assert mean_regret(creator(name), plane, n_trials, n_seeds) < 0.6 * chance


def mean_regret(create: Create, problem: SearchProblem, n_trials: int, n_seeds: int) -> float:
    """Average how far from 0, its maximum, a smooth function of two numbers ends."""

    def evaluate(proposal: Proposal) -> float:
        x, y = proposal.configuration.params["x"], proposal.configuration.params["y"]
        return float(-((x - 0.3) ** 2) - 2 * (y - 0.7) ** 2 - (x - 0.3) * (y - 0.7))

    regrets = []
    for seed in range(n_seeds):
        trials = search(create(dataclasses.replace(problem, seed=seed)), evaluate, n_trials)
        regrets.append(-max(score for _, score in trials if score is not None))
    return float(np.mean(regrets))
