"""Hyperopt's tree-structured Parzen estimator: what it is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from tests.hpo.strategies.loop import search

from foretune.hpo.strategies import SearchProblem, create_strategy, strategy_options
from foretune.hpo.strategies.hyperopt_tpe import HyperoptTpe

hyperopt = pytest.importorskip("hyperopt")

MakeProblem = Callable[[dict[str, Any], int], SearchProblem]


def create(problem: SearchProblem, **options: Any) -> HyperoptTpe:
    strategy = create_strategy(strategy_options({"name": "hyperopt_tpe", **options}), problem)
    assert isinstance(strategy, HyperoptTpe)
    return strategy


def test_it_is_told_of_the_active_ones_only(mixed: SearchProblem) -> None:
    strategy = create(mixed)
    trials = search(strategy, lambda _: 0.5, 9)
    for (proposal, _), trial in zip(trials, strategy.trials.trials, strict=True):
        told = {name for name, values in trial["misc"]["vals"].items() if values}
        assert told == proposal.configuration.params.keys()


def test_scores_become_losses_and_failures_are_failed(plane: SearchProblem) -> None:
    strategy = create(plane)
    first, second = strategy.ask(2)
    strategy.tell(first, 0.25)
    strategy.tell(second, None)
    assert strategy.trials.statuses() == [hyperopt.STATUS_OK, hyperopt.STATUS_FAIL]
    assert strategy.trials.losses() == [-0.25, None]


def test_bounds_of_whole_numbers_get_as_much_as_the_rest(make_problem: MakeProblem) -> None:
    space = {
        "n": {"type": "integer", "low": 1, "high": 4},
        # Only to have more than four configurations
        "x": {"type": "float", "low": 0.0, "high": 1.0},
    }
    strategy = create(make_problem(space, 400), n_startup_trials=400)
    counts = Counter(proposal.configuration.params["n"] for proposal in strategy.ask(400))
    assert set(counts) == {1, 2, 3, 4}
    assert min(counts.values()) > 70


def test_random_trials_come_before_the_model(plane: SearchProblem) -> None:
    early, never = (
        search(create(plane, n_startup_trials=n), lambda proposal: proposal.configuration.params["x"], 11)
        for n in (10, 100)
    )
    assert early[:10] == never[:10]
    assert early[10] != never[10]


def test_options_reach_the_model(plane: SearchProblem) -> None:
    def last(**options: Any) -> Any:
        strategy = create(plane, n_startup_trials=10, **options)
        return search(strategy, lambda proposal: proposal.configuration.params["x"], 20)[-1]

    plain = last()
    assert last(n_ei_candidates=24, gamma=0.25) == plain
    assert last(n_ei_candidates=1) != plain
    assert last(gamma=2.0) != plain
