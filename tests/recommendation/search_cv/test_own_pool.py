"""Candidates for the user's own estimator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC
from xgboost import XGBClassifier

from foretune.recommendation import load_memory
from foretune.recommendation.core import LearnerVocabulary, provenance_of
from foretune.recommendation.core.known_part import find_known_part
from foretune.recommendation.search_cv.own_configuration import OwnConfiguration
from foretune.recommendation.search_cv.own_pool import N_COPIES, OwnPool
from foretune.recommendation.search_cv.own_space import read_space
from foretune.spaces import DEFAULT, Configuration

BOOSTER = XGBClassifier(max_depth=3, scale_pos_weight=2)


def _pipe(estimator: Any) -> Pipeline:
    return Pipeline([("impute", SimpleImputer()), ("clf", estimator)])


def _pool(memory_folder: Path, estimator: Any, given: Any = None) -> tuple[OwnPool, list[Configuration]]:
    provenance = provenance_of(load_memory("classification", memory_folder))
    part = find_known_part(estimator, provenance.learners, "classification")
    assert part is not None
    vocabulary = LearnerVocabulary.of(part.learner, provenance, "classification")
    known = [one for one in provenance.configurations.values() if one.learner == part.learner]
    return OwnPool(estimator, part, vocabulary, read_space(estimator, given), 0), known


def _build(memory_folder: Path, estimator: Any, given: Any = None) -> tuple[list[OwnConfiguration], int]:
    pool, known = _pool(memory_folder, estimator, given)
    configurations, n_defaults = pool.build(known, lambda _: True)
    assert len({one.config_id for one in configurations}) == len(configurations)
    for one in configurations:
        # Whatever is proposed can be set
        one.set_on(estimator)
    return list(configurations), n_defaults


def test_values_that_are_set_stay(memory_folder: Path) -> None:
    configurations, n_defaults = _build(memory_folder, _pipe(BOOSTER))
    assert n_defaults == 1
    assert all("clf__max_depth" not in one.params for one in configurations)
    assert all(one.set_on(_pipe(BOOSTER)).named_steps["clf"].max_depth == 3 for one in configurations)
    # The memory is asked for what is evaluated
    assert {one.known.params["max_depth"] for one in configurations if one.known} == {3}
    assert all(name.startswith("clf__") for one in configurations for name in one.params)


def test_candidates_that_differ_only_in_what_stays_are_one(memory_folder: Path) -> None:
    pool, known = _pool(memory_folder, BOOSTER)
    same = [Configuration("xgboost", {**known[0].params, "max_depth": depth}, "sobol") for depth in (2, 5, 9)]
    configurations, n_defaults = pool.build(same, lambda _: True)
    assert (len(configurations), n_defaults) == (1, 0)


def test_the_first_is_the_estimator_as_it_is(memory_folder: Path) -> None:
    estimator = _pipe(BOOSTER)
    (first, *others), _ = _build(memory_folder, estimator)
    assert first.strategy == DEFAULT
    assert DEFAULT not in {one.strategy for one in others}
    assert first.params["clf__learning_rate"] == 0.3
    assert first.known is not None
    assert first.known.params["max_depth"] == 3


def test_a_narrower_range_holds(memory_folder: Path) -> None:
    given = {"clf__learning_rate": {"type": "float", "low": 0.05, "high": 0.06}, "clf__max_depth": [4, 5]}
    configurations, n_defaults = _build(memory_folder, _pipe(BOOSTER), given)
    # The estimator's own rate of 0.3 is not in the space
    assert n_defaults == 0
    assert all(0.05 <= one.params["clf__learning_rate"] <= 0.06 for one in configurations)
    assert {one.params["clf__max_depth"] for one in configurations} == {4, 5}
    for one in configurations:
        assert one.known is not None
        assert one.known.params["learning_rate"] == one.params["clf__learning_rate"]
        assert one.known.params["max_depth"] == one.params["clf__max_depth"]


def test_values_of_the_memory_in_the_range_are_kept(memory_folder: Path) -> None:
    given = {"clf__subsample": {"type": "float", "low": 0.0001, "high": 1.0}}
    pool, known = _pool(memory_folder, _pipe(XGBClassifier()), given)
    for one in known:
        assert pool.adapt(one, 0, 0).params["clf__subsample"] == one.params["subsample"]


def test_other_parameters_are_those_of_the_estimator_first(memory_folder: Path) -> None:
    given = {"impute__strategy": ["mean", "median", "most_frequent"], "clf__reg_alpha": [None, 1.0, 2.0]}
    configurations, n_defaults = _build(memory_folder, _pipe(BOOSTER), given)
    pool, known = _pool(memory_folder, _pipe(BOOSTER), given)
    assert n_defaults == 1
    plain = [pool.adapt(one, 0, 0) for one in known]
    assert {one.params["impute__strategy"] for one in plain} == {"mean"}
    assert {one.params["impute__strategy"] for one in configurations} == {"mean", "median", "most_frequent"}
    assert len(configurations) > len(known) * N_COPIES / 2
    assert pool.others == ["impute__strategy", "clf__reg_alpha"]


def test_an_alias_is_the_parameter_that_it_stands_for(memory_folder: Path) -> None:
    configurations, _ = _build(memory_folder, _pipe(XGBClassifier()), {"clf__eta": [0.01, 0.02]})
    assert all("clf__learning_rate" not in one.params for one in configurations)
    assert {one.known.params["learning_rate"] for one in configurations if one.known} == {0.01, 0.02}


def test_parameters_that_are_inactive_are_left_out(memory_folder: Path) -> None:
    given = {"clf__gamma": {"type": "float", "low": 0.01, "high": 0.02}}
    configurations, _ = _build(memory_folder, _pipe(SVC()), given)
    for one in configurations:
        assert ("clf__gamma" in one.params) == (one.params["clf__kernel"] == "rbf")


def test_the_order_of_the_users_names_does_not_matter(memory_folder: Path) -> None:
    given = {"clf__gamma": [0.5, 0.25], "clf__kernel": ["rbf"]}
    configurations, _ = _build(memory_folder, _pipe(SVC()), given)
    assert {one.params["clf__gamma"] for one in configurations} == {0.25, 0.5}


def test_a_value_unknown_to_the_memory_does_not_hide_its_children(memory_folder: Path) -> None:
    given = {"clf__kernel": ["sigmoid"], "clf__gamma": {"type": "float", "low": 0.01, "high": 0.02}}
    pool, known = _pool(memory_folder, _pipe(SVC()), given)
    configurations, _ = pool.build(known, lambda _: True)
    assert all(0.01 <= one.params["clf__gamma"] <= 0.02 for one in configurations)
    assert pool.others == ["clf__kernel"]


@pytest.mark.parametrize(("low", "knows"), [(0.02, True), (1e-9, False)])
def test_a_range_beyond_that_of_the_memory_is_not_known(memory_folder: Path, low: float, knows: bool) -> None:
    given = {"clf__learning_rate": {"type": "float", "low": low, "high": 0.4, "log": True}}
    pool, _ = _pool(memory_folder, _pipe(XGBClassifier()), given)
    assert pool.others == ([] if knows else ["clf__learning_rate"])


def test_a_list_of_spaces_gives_candidates_of_each(memory_folder: Path) -> None:
    given = [{"clf__max_depth": [2]}, {"clf__max_depth": [7], "impute__strategy": ["median"]}]
    configurations, n_defaults = _build(memory_folder, _pipe(XGBClassifier()), given)
    assert n_defaults == 0
    assert {(one.branch, one.params["clf__max_depth"]) for one in configurations} == {(0, 2), (1, 7)}


def test_what_cannot_be_fitted_is_left_out(memory_folder: Path) -> None:
    pool, known = _pool(memory_folder, BOOSTER)
    configurations, n_defaults = pool.build(known, lambda one: one.params["n_estimators"] < 50)
    assert all(one.params["n_estimators"] < 50 for one in configurations[n_defaults:])
    assert 0 < len(configurations) < len(known)
