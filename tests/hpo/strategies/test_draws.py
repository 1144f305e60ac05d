"""Independent draws from a search space."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from foretune.hpo.strategies import SearchProblem, create_strategy, strategy_options
from foretune.hpo.strategies.draws import draw_new_params, draw_params

MakeProblem = Callable[[dict[str, Any], int], SearchProblem]


def test_draws_are_uniform_over_bounds(make_problem: MakeProblem) -> None:
    space = {
        "linear": {"type": "float", "low": -1.0, "high": 3.0},
        "log": {"type": "float", "low": 0.01, "high": 100.0, "log": True},
        "choice": {"type": "choice", "choices": ["a", "b"]},
        "whole": {"type": "integer", "low": 1, "high": 2},
    }
    rng = np.random.default_rng(0)
    problem = make_problem(space, 1)
    drawn = [draw_params(problem, rng) for _ in range(2000)]
    assert abs(np.median([params["linear"] for params in drawn]) - 1) < 0.2
    assert abs(np.median(np.log10([params["log"] for params in drawn]))) < 0.2
    assert abs(np.mean([params["choice"] == "a" for params in drawn]) - 0.5) < 0.05
    assert abs(np.mean([params["whole"] == 1 for params in drawn]) - 0.5) < 0.05


def test_rare_configurations_are_found_too(make_problem: MakeProblem) -> None:
    # Half of the draws are the first configuration, and one in 1000 each of the others
    space = {
        "kind": {"type": "choice", "choices": ["plain", "many"]},
        "which": {"type": "integer", "low": 1, "high": 500, "when": {"kind": ["many"]}},
    }
    strategy = create_strategy(strategy_options("random"), make_problem(space, 10_000))
    proposals = strategy.ask(10_000)
    assert len({proposal.configuration.config_id for proposal in proposals}) == len(proposals) == 501
    assert strategy.is_exhausted


def test_a_continuous_space_is_given_up_when_nothing_is_new(plane: SearchProblem) -> None:
    assert draw_new_params(plane, np.random.default_rng(0), lambda _: False) is None
