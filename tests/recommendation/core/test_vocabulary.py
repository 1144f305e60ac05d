from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from foretune.meta_model.provenance import Provenance
from foretune.recommendation.core.values import NO_VALUE
from foretune.recommendation.core.vocabulary import LEFT_OUT, LearnerVocabulary, key_of
from foretune.spaces.configuration import DEFAULT, Configuration
from foretune.spaces.hyperparameters import LearnerSpace

SPACE = LearnerSpace.model_validate(
    {
        "shared": {
            "C": {"type": "float", "low": 0.01, "high": 100, "log": True},
            "kernel": {"type": "choice", "choices": ["linear", "rbf"]},
            "gamma": {"type": "float", "low": 0.001, "high": 1, "when": {"kernel": ["rbf"]}},
        },
        "classification": {"class_weight": {"type": "choice", "choices": [None, "balanced"]}},
    }
)


def vocabulary_of(
    learner: str, *params: dict[str, Any], default: dict[str, Any] | None = None, **spaces: LearnerSpace
) -> LearnerVocabulary:
    known = [Configuration(learner, one, "sobol") for one in params]
    known += [Configuration(learner, default, DEFAULT)] if default is not None else []
    known.append(Configuration("other", {"depth": 3}, DEFAULT))
    provenance = Provenance({one.config_id: one for one in known}, spaces=spaces)
    return LearnerVocabulary.of(learner, provenance, "classification")


@pytest.fixture
def svm() -> LearnerVocabulary:
    return vocabulary_of(
        "svm",
        {"C": 10.0, "kernel": "linear", "class_weight": "balanced"},
        {"C": 2.0, "kernel": "rbf", "gamma": 0.5},
        default={"C": 1.0, "kernel": "rbf"},
        svm=SPACE,
    )


def test_it_is_read_off_the_configurations_of_the_learner(svm: LearnerVocabulary) -> None:
    assert svm.numeric == {"C", "gamma"}
    assert svm.texts == {
        "kernel": {"linear": "linear", "rbf": "rbf"},
        "class_weight": {"balanced": "balanced"},
    }
    assert svm.names == {"C", "gamma", "kernel", "class_weight"}
    assert svm.default == {"C": 1.0, "kernel": "rbf"}
    assert svm.own_defaults["gamma"] == "scale"
    assert list(svm.space) == ["C", "kernel", "gamma", "class_weight"]


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("C", 5, 5),
        ("C", "5", 5.0),
        ("C", "five", NO_VALUE),
        ("C", float("nan"), NO_VALUE),
        ("kernel", "rbf", "rbf"),
        ("kernel", "poly", NO_VALUE),
        # What the constructor takes by itself: the library default where it says so, else nothing is passed
        ("gamma", "scale", LEFT_OUT),
        ("class_weight", None, LEFT_OUT),
        ("gamma", None, NO_VALUE),
        ("degree", 3, LEFT_OUT),
        ("depth", 3, NO_VALUE),
    ],
)
def test_values_are_read_in_the_words_of_the_memory(
    name: str, value: object, read: object, svm: LearnerVocabulary
) -> None:
    assert svm.read(name, value) == read
    assert svm.knows(name, value) == (read is not NO_VALUE)


def test_what_is_not_given_has_the_default(svm: LearnerVocabulary) -> None:
    assert svm.complete({"C": "7", "kernel": "poly", "depth": 4}).params == {"C": 7.0, "kernel": "rbf"}
    assert svm.complete({"gamma": 0.1}).params == {"C": 1.0, "kernel": "rbf", "gamma": 0.1}
    # Inactive under the other kernel
    assert svm.complete({"gamma": 0.1, "kernel": "linear"}).params == {"C": 1.0, "kernel": "linear"}
    assert svm.complete({}).learner == "svm"


def test_writing_over_a_configuration_can_leave_a_value_out(svm: LearnerVocabulary) -> None:
    params = {"C": 2.0, "kernel": "rbf", "gamma": 0.5}
    assert svm.read_over(params, {"gamma": "scale", "C": 3}) == {"C": 3, "kernel": "rbf"}
    assert params["gamma"] == 0.5


def test_conditions_say_what_a_configuration_can_have(svm: LearnerVocabulary) -> None:
    assert svm.can_have("gamma", {"kernel": "rbf"})
    assert not svm.can_have("gamma", {"kernel": "linear"})
    assert not svm.can_have("degree", {"kernel": "rbf"})


def test_without_a_space_everything_is_active_as_given() -> None:
    mine = vocabulary_of("mine", {"depth": 3}, {"depth": "deep"})
    assert (mine.default, mine.own_defaults, mine.space) == ({}, {}, {})
    assert mine.numeric == {"depth"}
    assert mine.active({"depth": 3, "width": 1}).params == {"depth": 3, "width": 1}
    assert mine.can_have("depth", {"depth": 3})
    assert not mine.can_have("depth", {})
    assert mine.read("depth", "deep") == "deep"


def test_a_key_is_what_the_estimator_makes_no_difference_of() -> None:
    def key(learner: str = "svm", **params: Any) -> object:
        return key_of(Configuration(learner, params))

    assert key(C=1, gamma=None) == key(C=1.0) == key(C=np.float64(1 + 1e-12))
    assert len({key(C=1), key(C=2), key("linear", C=1), key(C="1x"), key()}) == 5
