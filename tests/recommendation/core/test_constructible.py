from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sklearn.datasets import load_iris

from foretune import MetaSearchCV
from foretune.recommendation import load_memory
from foretune.recommendation.core.constructible import why_not_constructible
from foretune.spaces.configuration import Configuration

if TYPE_CHECKING:
    from pathlib import Path


def test_what_a_constructor_takes_can_be_built() -> None:
    known = [
        Configuration("xgboost", {"max_depth": 3, "eta": 0.1, "lambda": 2.0}),
        Configuration("svm", {"C": 2.0}),
        Configuration("svm", {}),
    ]
    assert why_not_constructible(known, "classification") is None
    assert why_not_constructible(known, "regression") is None
    assert why_not_constructible([], "regression") is None


@pytest.mark.parametrize(
    ("configuration", "told"),
    [
        (Configuration("forest", {}), "knows learner 'forest', but nothing registers how to build it"),
        (Configuration("svm", {"cost": 1.0}), "learner 'svm' cannot be built with 'cost' .*'cost'"),
        # XGBoost itself takes any name
        (Configuration("xgboost", {"hp_eta": 0.1}), "'xgboost' .* 'hp_eta' .*has no parameter 'hp_eta'"),
    ],
)
def test_what_nobody_can_build_is_said_in_a_line(configuration: Configuration, told: str) -> None:
    problem = why_not_constructible([Configuration("svm", {"C": 1.0}), configuration], "classification")
    assert problem is not None
    assert "\n" not in problem
    assert re.search(told, problem)


def test_a_search_says_it_before_any_trial(memory_folder: Path) -> None:
    memory = load_memory("classification", memory_folder)
    assert memory.provenance is not None
    renamed = {
        config_id: replace(one, params={f"hp_{name}": value for name, value in one.params.items()})
        for config_id, one in memory.provenance.configurations.items()
    }
    foreign = replace(memory, provenance=replace(memory.provenance, configurations=renamed, spaces={}))
    search = MetaSearchCV("xgboost", 3, memory=foreign, random_state=0)
    with pytest.raises(ValueError, match="name the columns of the log param_<argument"):
        search.fit(*load_iris(return_X_y=True))
