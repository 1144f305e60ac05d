from __future__ import annotations

from typing import Any

import numpy as np

from foretune.spaces.configuration import Configuration
from foretune.spaces.draws import draw_new_params, draw_params
from foretune.spaces.hyperparameters import Hyperparameters, LearnerSpace


def _read(space: dict[str, Any]) -> Hyperparameters:
    return LearnerSpace.model_validate({"shared": space}).of("classification")


def test_draws_are_uniform_over_bounds() -> None:
    space = {
        "linear": {"type": "float", "low": -1.0, "high": 3.0},
        "log": {"type": "float", "low": 0.01, "high": 100.0, "log": True},
        "choice": {"type": "choice", "choices": ["a", "b"]},
        "whole": {"type": "integer", "low": 1, "high": 2},
    }
    rng = np.random.default_rng(0)
    hyperparameters = _read(space)
    drawn = [draw_params(hyperparameters, rng) for _ in range(2000)]
    assert abs(np.median([params["linear"] for params in drawn]) - 1) < 0.2
    assert abs(np.median(np.log10([params["log"] for params in drawn]))) < 0.2
    assert abs(np.mean([params["choice"] == "a" for params in drawn]) - 0.5) < 0.05
    assert abs(np.mean([params["whole"] == 1 for params in drawn]) - 0.5) < 0.05


def test_rare_configurations_are_found_too() -> None:
    # Half of the draws are the first configuration, and one in 1000 each of the others
    space = _read(
        {
            "kind": {"type": "choice", "choices": ["plain", "many"]},
            "which": {"type": "integer", "low": 1, "high": 500, "when": {"kind": ["many"]}},
        }
    )
    rng = np.random.default_rng(0)
    found: set[str] = set()

    def is_new(params: dict[str, Any]) -> bool:
        return Configuration("svm", params, "random").config_id not in found

    while (params := draw_new_params(space, rng, is_new)) is not None:
        found.add(Configuration("svm", params, "random").config_id)
    assert len(found) == 501


def test_a_continuous_space_is_given_up_when_nothing_is_new() -> None:
    axis = {"type": "float", "low": 0.0, "high": 1.0}
    plane = _read({"x": axis, "y": axis})
    assert draw_new_params(plane, np.random.default_rng(0), lambda _: False) is None
