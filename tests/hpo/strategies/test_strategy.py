"""What every search strategy is."""

from __future__ import annotations

import dataclasses

import pytest
from tests.hpo.strategies.loop import search

from foretune.hpo.strategies import Proposal, SearchProblem, create_strategy, strategy_options


def test_nothing_to_propose_is_an_error(tiny: SearchProblem) -> None:
    with pytest.raises(ValueError, match="n_trials must be at least 1, got 0"):
        dataclasses.replace(tiny, n_trials=0)


def test_streams_differ_by_learner_and_task_type(plane: SearchProblem) -> None:
    problems = [plane, dataclasses.replace(plane, learner="linear"), dataclasses.replace(plane, seed=1)]
    problems.append(dataclasses.replace(plane, task_type="regression"))
    first = [create_strategy(strategy_options("random"), problem).ask()[0] for problem in problems]
    assert len({str(proposal.configuration.params) for proposal in first}) == 4


def test_a_search_ends_after_its_trials(plane: SearchProblem) -> None:
    trials = search(create_strategy(strategy_options("random"), plane), lambda _: None, 5)
    assert [score for _, score in trials] == [None] * 5


def test_a_search_ends_when_the_strategy_does(tiny: SearchProblem) -> None:
    told: list[Proposal] = []

    def evaluate(proposal: Proposal) -> float:
        told.append(proposal)
        return float(len(told))

    trials = search(create_strategy(strategy_options("random"), tiny), evaluate, 100)
    assert trials == [(proposal, number + 1.0) for number, proposal in enumerate(told)]
    assert len(trials) == 5
