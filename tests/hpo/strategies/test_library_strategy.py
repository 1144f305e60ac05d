"""Strategies that ask another library: what the library is told."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from tests.hpo.strategies.loop import search

from foretune.hpo.strategies import Proposal, SearchProblem, StrategyOptions
from foretune.hpo.strategies.library_strategy import LibraryStrategy
from foretune.spaces.configuration import Configuration
from foretune.spaces.dimensions import Point


class ScriptOptions(StrategyOptions):
    name: Literal["script"] = "script"


class Script(LibraryStrategy[ScriptOptions]):
    """A library that suggests a list of points, and remembers what it is told."""

    def __init__(self, problem: SearchProblem, *script: Point) -> None:
        super().__init__(problem, ScriptOptions())
        self.script = list(script)
        self.told: list[tuple[Point, float | None]] = []

    def _suggest(self, given: Point | None = None) -> tuple[Point, Point] | None:
        if given is None and not self.script:
            return None
        point = self.script.pop(0) if given is None else given
        return point, point

    def _report(self, trial: Any, score: float | None) -> None:
        self.told.append((trial, score))


A, B = {"x": 0.1, "y": 0.2}, {"x": 0.3, "y": 0.4}
OTHER = Proposal(Configuration("svm", {"x": 0.5, "y": 0.6}))


def params_of(proposals: list[Proposal]) -> list[dict[str, Any]]:
    return [proposal.configuration.params for proposal in proposals]


def test_a_repeated_suggestion_is_answered_with_its_score(plane: SearchProblem) -> None:
    strategy = Script(plane, A, A, B)
    (first,) = strategy.ask()
    strategy.tell(first, 0.5)
    assert params_of(strategy.ask()) == [B]
    assert strategy.told == [(A, 0.5), (A, 0.5)]


def test_a_suggestion_repeated_before_its_score_is_answered_later(plane: SearchProblem) -> None:
    strategy = Script(plane, A, A, B)
    first, second = strategy.ask(2)
    assert params_of([first, second]) == [A, B]
    assert strategy.told == []
    strategy.tell(first, None)
    assert strategy.told == [(A, None), (A, None)]


def test_a_library_that_only_repeats_is_given_a_random_point(plane: SearchProblem) -> None:
    strategy = Script(plane, *[A] * 50)
    first, second = strategy.ask(2)
    assert len(strategy.script) == 50 - 1 - strategy.max_attempts
    assert second.configuration.params != first.configuration.params
    strategy.tell(second, 0.5)
    assert strategy.told == [(second.configuration.params, 0.5)]


def test_a_library_that_has_no_more_is_given_random_points(tiny: SearchProblem) -> None:
    trials = search(Script(tiny), lambda _: 0.5, 100)
    assert len({proposal.configuration.config_id for proposal, _ in trials}) == 5


def test_scores_of_others_are_told_once(plane: SearchProblem) -> None:
    strategy = Script(plane, {**OTHER.configuration.params}, A)
    strategy.tell(OTHER, 0.5)
    assert strategy.told == [({"x": 0.5, "y": 0.6}, 0.5)]
    assert params_of(strategy.ask()) == [A]


@pytest.mark.parametrize(
    "proposal",
    [
        Proposal(Configuration("svm", {"x": 0.5, "y": 1.5})),
        Proposal(Configuration("svm", {"x": 0.5})),
        # A score on a part of the rows is another thing
        Proposal(OTHER.configuration, 0.5),
    ],
)
def test_what_the_space_does_not_have_is_not_told(plane: SearchProblem, proposal: Proposal) -> None:
    strategy = Script(plane, A)
    strategy.tell(proposal, 0.5)
    assert strategy.told == []
    assert params_of(strategy.ask()) == [A]


def test_no_more_than_the_trials_are_proposed(plane: SearchProblem) -> None:
    problem = SearchProblem(plane.learner, plane.task_type, plane.space, n_trials=2, seed=0)
    strategy = Script(problem, A, B, A)
    assert len(strategy.ask(9)) == 2
    assert strategy.is_exhausted
