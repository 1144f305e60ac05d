from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from sklearn.datasets import make_classification, make_regression
from tests.conftest import installed_learners

from foretune.base.parameters import TASK_TYPES
from foretune.hpo.parameters import HpoParameters
from foretune.learners import Learner, get_learner, known_learners, register_learner
from foretune.learners.registry import _LEARNERS

if TYPE_CHECKING:
    from foretune.base.parameters import TaskType


@pytest.mark.parametrize("task_type", TASK_TYPES)
@pytest.mark.parametrize("name", installed_learners())
def test_the_library_default_is_what_the_library_does(name: str, task_type: TaskType) -> None:
    learner = get_learner(name)
    make = make_classification if task_type == "classification" else make_regression
    X, y = make(80, 6, random_state=0)
    # By themselves CatBoost makes a thousand rounds, RealMLP 256 epochs
    rounds = {"catboost": {"iterations": 20}, "realmlp": {"n_epochs": 4}}.get(name, {})
    spelled_out = learner.build({**rounds, **learner.library_default(task_type)}, task_type, 1).fit(X, y)
    bare = learner.build(rounds, task_type, 1).fit(X, y)
    np.testing.assert_array_equal(spelled_out.predict(X), bare.predict(X))
    if task_type == "classification":
        np.testing.assert_array_equal(spelled_out.predict_proba(X), bare.predict_proba(X))


@pytest.mark.parametrize("task_type", TASK_TYPES)
@pytest.mark.parametrize("name", known_learners())
def test_the_default_names_only_hyperparameters_of_the_space(
    name: str, task_type: TaskType, hpo_parameters: HpoParameters
) -> None:
    assert set(get_learner(name).library_default(task_type)) <= set(hpo_parameters.spaces[name].of(task_type))


def test_an_unknown_learner_is_named_with_the_known_ones() -> None:
    with pytest.raises(KeyError, match="learner 'forest' is unknown; known: random_forest"):
        get_learner("forest")


def test_a_learner_can_be_added_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foretune.learners.registry._LEARNERS", dict(_LEARNERS))
    linear = get_learner("linear")
    register_learner(Learner("mine", linear.build, linear.library_default))
    assert "mine" in known_learners()
    assert get_learner("mine").build is linear.build
