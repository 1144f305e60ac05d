"""Search problems that several tests of strategies share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.spaces.conftest import MIXED

from foretune.hpo.strategies import SearchProblem
from foretune.spaces.hyperparameters import LearnerSpace

MakeProblem = Callable[[dict[str, Any], int], SearchProblem]


@pytest.fixture(scope="session")
def make_problem() -> MakeProblem:
    """Give a function that makes a problem of a space and a number of trials."""

    def make(space: dict[str, Any], n_trials: int) -> SearchProblem:
        learner_space = LearnerSpace.model_validate({"shared": space})
        return SearchProblem("svm", "classification", learner_space, n_trials, seed=0)

    return make


@pytest.fixture(scope="session")
def mixed(make_problem: MakeProblem) -> SearchProblem:
    return make_problem(MIXED, 12)


@pytest.fixture(scope="session")
def plane(make_problem: MakeProblem) -> SearchProblem:
    """Give a space of two continuous hyperparameters."""
    axis = {"type": "float", "low": 0.0, "high": 1.0}
    return make_problem({"x": axis, "y": axis}, 100)


@pytest.fixture(scope="session")
def tiny(make_problem: MakeProblem) -> SearchProblem:
    """Give a space of five configurations."""
    space = {
        "weights": {"type": "choice", "choices": ["uniform", "distance"]},
        "p": {"type": "integer", "low": 1, "high": 4, "when": {"weights": ["distance"]}},
    }
    return make_problem(space, 30)
