"""Search problems that several tests of strategies share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from foretune.hpo.search_space import LearnerSpace
from foretune.hpo.strategies import SearchProblem

# Every kind of hyperparameter; children before their parents, two parents at once, a chain of conditions
MIXED = {
    "gamma": {"type": "float", "low": 0.0001, "high": 1.0, "log": True, "when": {"kernel": ["rbf"]}},
    "C": {"type": "float", "low": 0.01, "high": 100.0, "log": True},
    "kernel": {"type": "choice", "choices": ["linear", "rbf", "poly"]},
    "degree": {"type": "integer", "low": 2, "high": 3, "when": {"kernel": ["poly"]}},
    "coef0": {"type": "float", "low": 0.0, "high": 1.0, "when": {"degree_free": [True], "kernel": ["poly"]}},
    "degree_free": {"type": "choice", "choices": [True, False]},
    "class_weight": {"type": "choice", "choices": [None, "balanced"]},
    "n_estimators": {"type": "integer", "low": 10, "high": 190, "step": 10},
    "max_depth": {"type": "choice", "choices": [1, 2, 16, 4]},
    "leaf": {"type": "integer", "low": 1, "high": 20, "log": True},
    "scale": {"type": "choice", "choices": [0.5, 2], "when": {"max_depth": [16, 4]}},
    "shift": {"type": "choice", "choices": ["only"], "when": {"scale": [2]}},
}


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
