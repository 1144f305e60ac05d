"""Successive halving."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from tests.hpo.strategies.loop import search

from foretune.hpo.strategies import Proposal, SearchProblem, Strategy, create_strategy, strategy_options
from foretune.hpo.strategies.successive_halving import halving_rungs
from foretune.spaces.configuration import Configuration

MakeProblem = Callable[[dict[str, Any], int], SearchProblem]


def create(problem: SearchProblem, **options: Any) -> Strategy[Any]:
    return create_strategy(strategy_options({"name": "successive_halving", **options}), problem)


def score_of(proposal: Proposal) -> float:
    """Score best near (0.3, 0.7); on less it is worse, for all alike."""
    x, y = proposal.configuration.params["x"], proposal.configuration.params["y"]
    return float(-((x - 0.3) ** 2) - (y - 0.7) ** 2 - (1 - proposal.fidelity))


@pytest.mark.parametrize(
    ("n_trials", "eta", "min_fidelity", "expected"),
    [
        (27, 3, 0.01, [(27, 1 / 27), (9, 1 / 9), (3, 1 / 3), (1, 1.0)]),
        (27, 3, 0.1, [(27, 1 / 9), (9, 1 / 3), (3, 1.0)]),
        # As low as allowed, to the digit
        (100, 10, 0.1, [(100, 0.1), (10, 1.0)]),
        (10, 3, 0.01, [(10, 1 / 9), (3, 1 / 3), (1, 1.0)]),
        (10, 3, 0.5, [(10, 1.0)]),
        (1, 2, 0.1, [(1, 1.0)]),
    ],
)
def test_rungs(n_trials: int, eta: int, min_fidelity: float, expected: list[tuple[int, float]]) -> None:
    rungs = halving_rungs(n_trials, eta, min_fidelity)
    assert [n for n, _ in rungs] == [n for n, _ in expected]
    assert [share for _, share in rungs] == pytest.approx([share for _, share in expected])
    # A whole trial is one with this very number
    assert rungs[-1][1] == 1.0


def test_the_best_third_goes_on(plane: SearchProblem) -> None:
    trials = search(create(dataclasses.replace(plane, n_trials=27)), score_of, 1000)
    by_fidelity: dict[float, dict[str, float]] = {}
    for proposal, score in trials:
        assert score is not None
        by_fidelity.setdefault(proposal.fidelity, {})[proposal.configuration.config_id] = score
    assert [len(rung) for rung in by_fidelity.values()] == [27, 9, 3]
    rungs = list(by_fidelity.values())
    for lower, upper in pairwise(rungs):
        assert set(upper) == set(sorted(lower, key=lambda key: -lower[key])[: len(lower) // 3])


def test_a_rung_starts_when_the_one_below_is_told_whole(plane: SearchProblem) -> None:
    strategy = create(dataclasses.replace(plane, n_trials=9))
    lowest = strategy.ask(100)
    assert len(lowest) == 9
    for proposal in lowest[:-1]:
        strategy.tell(proposal, score_of(proposal))
        assert strategy.ask(100) == []
        assert not strategy.is_exhausted
    strategy.tell(lowest[-1], None)
    assert [round(proposal.fidelity, 3) for proposal in strategy.ask(100)] == [0.333] * 3


def test_the_order_in_which_scores_are_told_does_not_matter(plane: SearchProblem) -> None:
    forwards, backwards = (create(dataclasses.replace(plane, n_trials=9)) for _ in range(2))
    for strategy, direction in ((forwards, 1), (backwards, -1)):
        for proposal in strategy.ask(100)[::direction]:
            # All the same, so that ties decide
            strategy.tell(proposal, 0.5)
    assert forwards.ask(100) == backwards.ask(100) != []


def test_failed_trials_end_on_their_rung(plane: SearchProblem) -> None:
    strategy = create(dataclasses.replace(plane, n_trials=9))
    first, *others = strategy.ask(100)
    strategy.tell(first, 0.1)
    for proposal in others:
        strategy.tell(proposal, None)
    (only,) = strategy.ask(100)
    assert only.configuration == first.configuration
    strategy.tell(only, None)
    assert strategy.ask(100) == []
    assert strategy.is_exhausted


def test_scores_of_others_are_not_evaluated_again(plane: SearchProblem) -> None:
    problem = dataclasses.replace(plane, n_trials=9)
    known = search(create(problem), score_of, 1000)
    strategy = create(problem)
    for proposal, score in known[:10]:
        strategy.tell(proposal, score)
    assert [proposal.key for proposal in strategy.ask(100)] == [proposal.key for proposal, _ in known[10:12]]


def test_a_hyperparameter_can_be_the_resource(make_problem: MakeProblem) -> None:
    space = {
        "n_estimators": {"type": "integer", "low": 10, "high": 190, "step": 10},
        "max_features": {"type": "float", "low": 0.1, "high": 1.0},
    }
    strategy = create(make_problem(space, 9), resource="n_estimators")
    trials = search(strategy, lambda proposal: -proposal.configuration.params["max_features"], 1000)
    assert all(proposal.fidelity == 1 for proposal, _ in trials)
    values = [proposal.configuration.params["n_estimators"] for proposal, _ in trials]
    # 190 / 9 and 190 / 3, to the nearest step
    assert Counter(values) == {20: 9, 60: 3, 190: 1}
    best = min(proposal.configuration.params["max_features"] for proposal, _ in trials)
    assert trials[-1][0].configuration.params["max_features"] == best


def test_a_resource_that_cannot_be_less_is_not_evaluated_twice(make_problem: MakeProblem) -> None:
    space = {
        "n_estimators": {"type": "integer", "low": 100, "high": 110},
        "max_features": {"type": "float", "low": 0.1, "high": 1.0},
    }
    strategy = create(make_problem(space, 9), resource="n_estimators")
    trials = search(strategy, lambda proposal: -proposal.configuration.params["max_features"], 1000)
    values = [proposal.configuration.params["n_estimators"] for proposal, _ in trials]
    assert Counter(values) == {100: 9, 110: 1}


def test_configurations_that_differ_only_in_the_resource_count_once(make_problem: MakeProblem) -> None:
    space = {
        "n_estimators": {"type": "integer", "low": 10, "high": 100},
        "bootstrap": {"type": "choice", "choices": [True, False]},
    }
    lowest = create(make_problem(space, 9), resource="n_estimators").ask(100)
    assert {proposal.configuration.params["bootstrap"] for proposal in lowest} == {True, False}
    assert len(lowest) == 2


def test_the_default_is_proposed_on_less_only(tiny: SearchProblem) -> None:
    default = Configuration("svm", {"weights": "uniform"}, "default")
    strategy = create(dataclasses.replace(tiny, default=default), eta=2, min_fidelity=0.5)
    strategy.tell(Proposal(default), 1.0)
    fidelities = [
        proposal.fidelity
        for proposal, _ in search(strategy, lambda _: 1.0, 1000)
        if proposal.configuration == default
    ]
    assert fidelities == [0.5]


@pytest.mark.parametrize("resource", ["n_tres", "max_features", "degree"])
def test_what_cannot_be_shared_out_is_an_error(make_problem: MakeProblem, resource: str) -> None:
    space = {
        "max_features": {"type": "float", "low": 0.1, "high": 1.0},
        "kernel": {"type": "choice", "choices": ["linear", "poly"]},
        "degree": {"type": "integer", "low": 2, "high": 3, "when": {"kernel": ["poly"]}},
    }
    with pytest.raises(ValueError, match=f"resource '{resource}' is neither 'rows' nor an integer"):
        create(make_problem(space, 9), resource=resource)
