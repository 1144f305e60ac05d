"""Search spaces that several tests share."""

from __future__ import annotations

import pytest

from foretune.spaces.hyperparameters import Hyperparameters, LearnerSpace

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


@pytest.fixture(scope="session")
def mixed_space() -> Hyperparameters:
    return LearnerSpace.model_validate({"shared": MIXED}).of("classification")
