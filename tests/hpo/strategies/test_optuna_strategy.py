"""Optuna's samplers: what they are told, and that Optuna keeps quiet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.hpo.strategies.loop import search

from foretune.hpo.strategies import Proposal, SearchProblem, create_strategy, strategy_options
from foretune.hpo.strategies.optuna_strategy import OptunaStrategy

optuna = pytest.importorskip("optuna")


def create(problem: SearchProblem, **options: Any) -> OptunaStrategy[Any]:
    strategy = create_strategy(strategy_options(options), problem)
    assert isinstance(strategy, OptunaStrategy)
    return strategy


@pytest.fixture
def _restored_verbosity() -> Iterator[None]:
    verbosity = optuna.logging.get_verbosity()
    yield
    optuna.logging.set_verbosity(verbosity)


@pytest.mark.usefixtures("_restored_verbosity")
@pytest.mark.parametrize("verbosity", [optuna.logging.DEBUG, optuna.logging.ERROR])
def test_the_users_verbosity_stays(tiny: SearchProblem, verbosity: int) -> None:
    optuna.logging.set_verbosity(verbosity)
    search(create(tiny, name="optuna_tpe"), lambda _: 0.5, 3)
    assert optuna.logging.get_verbosity() == verbosity


def test_failed_trials_are_told_as_failed(tiny: SearchProblem) -> None:
    strategy = create(tiny, name="optuna_tpe")
    first, second, _ = strategy.ask(3)
    strategy.tell(second, 0.5)
    strategy.tell(first, None)
    state = optuna.trial.TrialState
    assert [trial.state for trial in strategy.study.trials[:3]] == [state.FAIL, state.COMPLETE, state.RUNNING]
    assert strategy.study.best_value == 0.5


def test_tpe_is_told_of_the_active_ones_only(mixed: SearchProblem) -> None:
    strategy = create(mixed, name="optuna_tpe")
    trials = search(strategy, lambda _: 0.5, 9)
    for (proposal, _), trial in zip(trials, strategy.study.trials, strict=True):
        assert trial.params.keys() == proposal.configuration.params.keys()


def test_cmaes_is_told_of_all(mixed: SearchProblem) -> None:
    strategy = create(mixed, name="optuna_cmaes")
    search(strategy, lambda _: 0.5, 9)
    assert all(trial.params.keys() == mixed.hyperparameters.keys() for trial in strategy.study.trials)


def test_scores_of_others_are_complete_trials(mixed: SearchProblem) -> None:
    (other,) = create_strategy(strategy_options("random"), mixed).ask()
    strategy = create(mixed, name="optuna_tpe")
    strategy.tell(Proposal(other.configuration), 0.5)
    (trial,) = strategy.study.trials
    assert trial.value == 0.5
    assert trial.params.keys() == other.configuration.params.keys()
    assert trial.params["C"] == other.configuration.params["C"]


def test_options_reach_the_samplers(plane: SearchProblem) -> None:
    tpe = create(plane, name="optuna_tpe", n_startup_trials=3, multivariate=False).study.sampler
    assert (tpe._n_startup_trials, tpe._multivariate, tpe._group) == (3, False, False)
    cmaes = create(plane, name="optuna_cmaes", population_size=7).study.sampler
    # The attribute has another name before Optuna 4.4
    assert 7 in vars(cmaes).values()


def test_joint_models_are_grouped_where_there_are_conditions(
    mixed: SearchProblem, plane: SearchProblem
) -> None:
    assert create(mixed, name="optuna_tpe").study.sampler._group
    assert not create(plane, name="optuna_tpe").study.sampler._group
