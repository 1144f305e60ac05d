from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_iris, load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.svm import SVC

import foretune
from foretune import MetaSearchCV
from foretune.learners import Learner, registry
from foretune.logs import import_logs
from foretune.meta_model.parameters import MetaTrainingParameters
from foretune.recommendation import Recommender, load_memory
from foretune.recommendation.core.library_defaults import with_library_defaults
from foretune.spaces.configuration import DEFAULT, Configuration

if TYPE_CHECKING:
    from pathlib import Path

    from foretune.meta_model.memory import Memory

WINE = load_wine(return_X_y=True, as_frame=True)


def _learn(learner: str, configurations: list[dict[str, Any]], **columns: Any) -> Memory:
    """Give the memory of a log in which six tasks tried all configurations."""
    rng = np.random.default_rng(0)
    rows = [
        {
            **{f"param_{name}": value for name, value in params.items()},
            **{"task_id": f"t{task}", "learner": learner, "score": rng.uniform(), **columns},
        }
        for task in range(6)
        for params in configurations
    ]
    parameters = MetaTrainingParameters(n_members=4)
    few = parameters.surrogate.model_copy(update={"n_rounds": 5})
    parameters = parameters.model_copy(update={"surrogate": few, "main_effect": few, "level": few})
    return import_logs(pd.DataFrame(rows)).train_memories(parameters)["any"]


def _defaults(memory: Memory) -> list[dict[str, Any]]:
    told = with_library_defaults(memory, "classification").provenance
    assert told is not None
    return [one.params for one in told.configurations.values() if one.strategy == DEFAULT]


def _build(params: dict[str, Any]) -> dict[str, Any]:
    return dict(SVC(**params).get_params())


def test_a_log_without_a_default_gets_it_and_tries_it() -> None:
    memory = _learn("svm", [{"C": C, "gamma": gamma} for C in (0.01, 5.0, 50.0) for gamma in ("scale", 0.1)])
    assert _defaults(memory) == [{"C": 1.0, "gamma": "scale"}]
    table = foretune.suggest(*WINE, k=3, memory=memory)
    assert table["is_default"].sum() == 1
    search = MetaSearchCV("svm", 3, memory=memory, random_state=0).fit(*WINE)
    assert {"C": 1.0, "gamma": "scale"} in search.cv_results_["params"]


def test_one_that_was_tried_keeps_what_is_remembered_of_it() -> None:
    memory = _learn("svm", [{"C": C} for C in (0.1, 1, 10)])
    told = with_library_defaults(memory, "classification")
    assert told.provenance is not None
    assert memory.provenance is not None
    assert told.provenance.configurations.keys() == memory.provenance.configurations.keys()
    default = next(one for one in told.provenance.configurations.values() if one.strategy == DEFAULT)
    pd.testing.assert_frame_equal(told.encode([default]), memory.encode([Configuration("svm", {"C": 1})]))


def test_a_value_that_nobody_tried_is_left_to_the_constructor() -> None:
    memory = _learn("svm", [{"C": C, "gamma": gamma} for C in (0.1, 10.0) for gamma in (0.01, 0.1)])
    (default,) = _defaults(memory)
    assert default == {"C": 1.0}
    assert _build(default) == _build({})


def test_what_never_varied_has_the_library_s_value() -> None:
    rows = [{"n_estimators": 20, "max_depth": depth} for depth in ("None", 3, 5)]
    memory = _learn("random_forest", rows)
    (default,) = _defaults(memory)
    assert default == {"n_estimators": 100, "max_depth": None}
    assert RandomForestClassifier(**default).get_params() == RandomForestClassifier().get_params()
    # The surrogate cannot tell 20 trees from 100, but None from 3
    told = with_library_defaults(memory, "classification")
    encoded = told.encode([Configuration("random_forest", params) for params in (default, {"max_depth": 3})])
    assert encoded["max_depth=None"].tolist() == [1.0, 0.0]


def test_nothing_is_added_that_is_known_or_cannot_be_built(memory_folder: Path) -> None:
    own = load_memory("classification", memory_folder)
    assert with_library_defaults(own, "classification") is own
    marked = _learn("svm", [{"C": 0.5}, {"C": 2.0}], is_default=False)
    assert _defaults(marked) == [{"C": 1.0}]
    nameless = pd.DataFrame(
        [{"task_id": f"t{task}", "learner": "bayes", "param_C": None, "score": task} for task in range(3)]
        + [{"task_id": f"t{task}", "learner": "mine", "param_C": 1.0, "score": -task} for task in range(3)]
    )
    for memory in (
        _learn("mine", [{"C": 0.5}, {"C": 2.0}]),
        _learn("svm", [{"cost": 0.5}, {"cost": 2.0}]),
        import_logs(nameless).train_memories()["any"],
    ):
        assert with_library_defaults(memory, "classification") is memory
        notes = Recommender.for_table(*WINE, memory=memory).notes()
        assert any("does not know the library default of" in note for note in notes)


@pytest.mark.slow
def test_a_log_that_marks_its_default_keeps_it() -> None:
    scores = [
        {"task_id": f"t{task}", "learner": "svm", "param_C": C, "score": C * task, "is_default": C == 10}
        for task in range(4)
        for C in (0.1, 1.0, 10.0)
    ]
    assert _defaults(import_logs(pd.DataFrame(scores)).train_memories()["any"]) == [{"C": 10.0}]


def test_a_memory_without_metafeatures_needs_none() -> None:
    memory = _learn("svm", [{"C": C} for C in (0.1, 2.0, 10.0)])
    recommender = Recommender.for_table(*WINE, memory=memory)
    assert not recommender.is_out_of_distribution
    assert any("knows no metafeatures" in note for note in recommender.notes())
    others = Recommender.for_table(*load_iris(return_X_y=True), memory=memory)
    assert recommender.rank(3)["config_id"].tolist() == others.rank(3)["config_id"].tolist()
    reasons = recommender.rank(3)["reason"]
    assert not reasons.str.contains("nearest").any()


class _OpenKeywords(ClassifierMixin, BaseEstimator):
    """As LightGBM's: keywords that the signature does not name are taken, and are parameters from then on."""

    def __init__(self, n_leaves: int = 31, **keywords: Any) -> None:
        self.n_leaves = n_leaves
        self._keywords = keywords

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return {"n_leaves": self.n_leaves, **self._keywords}


@pytest.mark.parametrize("default", [{"n_leaves": 31}, {}, {"n_leaves": 31, "drop_rate": 0.1}])
def test_a_constructor_may_take_keywords_that_it_does_not_name(
    default: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    learner = Learner("open_keywords", lambda params, *_: _OpenKeywords(**params), lambda _: default)
    monkeypatch.setitem(registry._LEARNERS, learner.name, learner)
    tried = [{"n_leaves": 10, "drop_rate": 0.2}, {"n_leaves": 40, "drop_rate": 0.5}, {"n_leaves": 31}]
    expected = {"n_leaves": 31, **({"drop_rate": 0.1} if "drop_rate" in default else {})}
    assert _defaults(_learn(learner.name, tried)) == [expected]


def test_a_name_that_the_constructor_refuses_has_no_default(monkeypatch: pytest.MonkeyPatch) -> None:
    learner = Learner("closed", lambda params, *_: RandomForestClassifier(**params), lambda _: {})
    monkeypatch.setitem(registry._LEARNERS, learner.name, learner)
    assert _defaults(_learn("closed", [{"n_estimators": 3, "leaves": at} for at in (1, 2, 3)])) == []


STRANGE = [1, 10, "None", "auto", 1e300, 0, -3]


@pytest.mark.quick("k_nearest_neighbours-n_neighbors")
@pytest.mark.parametrize(
    ("learner", "name"),
    [
        ("k_nearest_neighbours", "n_neighbors"),
        ("random_forest", "n_estimators"),
        ("gradient_boosting", "min_samples_leaf"),
        ("xgboost", "n_estimators"),
        ("svm", "C"),
    ],
)
def test_values_of_a_log_that_no_estimator_takes_are_failed_trials(learner: str, name: str) -> None:
    memory = _learn(learner, [{name: value} for value in STRANGE])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert 1 < len(foretune.suggest(*WINE, k=8, memory=memory)) <= 8
        search = MetaSearchCV(learner, 8, min_gain=0, memory=memory, random_state=0).fit(*WINE)
    status = dict(zip(map(str, search.cv_results_["params"]), search.cv_results_["status"], strict=True))
    assert status[str({name: "auto"})] == "failed"
    assert status[str({name: 10})] == "ok"
