"""Metadata of a search over the user's own estimator, with and without metadata routing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_iris
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, get_scorer, make_scorer, silhouette_score
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, cross_validate
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from foretune import MetaSearchClassifier, MetaSearchCV
from foretune.base import UserError
from foretune.recommendation.search_cv.own_metadata import (
    accepts_weights,
    has_rows,
    make_router,
    name_of_weights,
    route_fit,
    take_params,
)

pytestmark = pytest.mark.filterwarnings(
    "ignore::foretune.recommendation.core.suggestions.RecommendationWarning"
)
X, Y = load_iris(return_X_y=True)
WEIGHTS = np.random.default_rng(0).uniform(0.1, 5, len(Y))
GROUPS = np.arange(len(Y)) % 6
CV = KFold(3, shuffle=True, random_state=0)
TREE = DecisionTreeClassifier(random_state=0)
DEPTHS = {"max_depth": [1, 2, 3]}


@pytest.fixture
def memory(memory_folder: Path) -> str:
    return str(memory_folder)


@pytest.fixture
def routing() -> Iterator[None]:
    with config_context(enable_metadata_routing=True):
        yield


def _pair(memory: str, estimator: Any = TREE, **arguments: Any) -> tuple[MetaSearchCV, GridSearchCV]:
    """Return a search, and the grid search with the same arguments."""
    given = {"cv": CV, "scoring": "accuracy", **arguments}
    search = MetaSearchCV(
        estimator, 3, param_distributions=DEPTHS, memory=memory, min_gain=0, random_state=0, **given
    )
    return search, GridSearchCV(estimator, DEPTHS, **given)


def _by_depth(search: Any, name: str) -> list[float]:
    results = search.cv_results_
    order = np.argsort([one["max_depth"] for one in results["params"]])
    return [float(results[name][at]) for at in order]


class WithoutItsArgument(DecisionTreeClassifier):
    """A tree whose fit lacks an argument that the tree excludes from routing."""

    def fit(self, X: Any, y: Any, **rest: Any) -> Any:
        return super().fit(X, y, **rest)


def test_without_routing_requests_of_an_estimator_do_not_matter(memory: str) -> None:
    search, grid = _pair(memory, WithoutItsArgument(random_state=0))
    search.fit(X, Y, sample_weight=None)
    assert _by_depth(search, "mean_test_score") == _by_depth(grid.fit(X, Y), "mean_test_score")
    assert search.score(X, Y) == grid.score(X, Y)
    with config_context(enable_metadata_routing=True), pytest.raises(ValueError, match="check_input"):
        search.fit(X, Y)


def _weighted(estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> float:
    return float(accuracy_score(y, estimator.predict(X), sample_weight=sample_weight))


@pytest.mark.parametrize("scoring", ["accuracy", _weighted, ["accuracy", "neg_log_loss"]])
def test_weights_are_those_of_fits_and_scores(scoring: Any, memory: str) -> None:
    refit = "accuracy" if isinstance(scoring, list) else True
    search, grid = _pair(memory, scoring=scoring, refit=refit, return_train_score=True)
    search.fit(X, Y, sample_weight=WEIGHTS)
    grid.fit(X, Y, sample_weight=WEIGHTS)
    for part in ("test", "train"):
        name = f"mean_{part}_accuracy" if isinstance(scoring, list) else f"mean_{part}_score"
        found = _by_depth(search, name)
        folds = [_scores_of(depth, part) for depth in DEPTHS["max_depth"]]
        np.testing.assert_allclose(found, folds)
    expected = TREE.set_params(**search.best_params_).fit(X, Y, sample_weight=WEIGHTS)
    np.testing.assert_array_equal(search.predict_proba(X), expected.predict_proba(X))
    assert search.score(X, Y, sample_weight=WEIGHTS) == _weighted(expected, X, Y, WEIGHTS)


def _scores_of(depth: int, part: str) -> float:
    """Fit and score with weights by hand."""
    scores = []
    for train, test in CV.split(X, Y):
        rows = train if part == "train" else test
        model = DecisionTreeClassifier(random_state=0, max_depth=depth)
        model.fit(X[train], Y[train], sample_weight=WEIGHTS[train])
        scores.append(_weighted(model, X[rows], Y[rows], WEIGHTS[rows]))
    return float(np.mean(scores))


def test_a_score_without_weights_is_said(memory: str) -> None:
    def plain(estimator: Any, X: Any, y: Any) -> float:
        return float(estimator.score(X, y))

    search, _ = _pair(memory, scoring=plain)
    with pytest.warns(UserWarning, match="sample_weight is left out of the score"):
        search.fit(X, Y, sample_weight=WEIGHTS)


def test_what_takes_no_weights_is_an_error(memory: str) -> None:
    search = MetaSearchCV(make_pipeline(KNeighborsClassifier()), 1, memory=memory)
    with pytest.raises(UserError, match="sample_weight: KNeighborsClassifier takes no sample_weight in fit"):
        search.fit(X, Y, sample_weight=WEIGHTS)


class Picky(ClassifierMixin, BaseEstimator):
    """Classifier that wants an argument for each row, and one for all."""

    def __init__(self, max_depth: int = 1) -> None:
        self.max_depth = max_depth

    def fit(self, X: Any, y: Any, marks: Any = None, label: Any = None) -> Picky:
        assert len(marks) == len(X)
        np.testing.assert_array_equal(np.asarray(marks), X[:, 0])
        assert label == "all"
        self.classes_ = np.unique(y)
        return self

    def predict(self, X: Any) -> Any:
        return np.full(len(X), self.classes_[0])


@pytest.mark.parametrize("marks", [X[:, 0], X[:, 0].tolist(), pd.Series(X[:, 0])])
def test_further_arguments_go_to_fit_by_rows(marks: Any, memory: str) -> None:
    search, _ = _pair(memory, Picky())
    search.fit(X, Y, marks=marks, label="all")
    assert (search.cv_results_["status"] == "ok").all()


def test_an_unknown_argument_is_an_error_of_fit(memory: str) -> None:
    search, _ = _pair(memory)
    with pytest.raises(UserError, match="unexpected keyword argument 'colour'"):
        search.fit(X, Y, colour="red")


def test_groups_reach_the_splitter(memory: str) -> None:
    search, grid = _pair(memory, cv=GroupKFold(3))
    search.fit(X, Y, groups=GROUPS)
    grid.fit(X, Y, groups=GROUPS)
    assert _by_depth(search, "mean_test_score") == _by_depth(grid, "mean_test_score")


@pytest.mark.usefixtures("routing")
@pytest.mark.parametrize("asks", [True, False])
def test_routing_is_that_of_a_grid_search(asks: bool, memory: str) -> None:
    tree = DecisionTreeClassifier(random_state=0).set_fit_request(sample_weight=True)
    scorer = make_scorer(accuracy_score).set_score_request(sample_weight=asks)
    search, grid = _pair(memory, tree, scoring=scorer, cv=GroupKFold(3))
    for one in (search, grid):
        one.fit(X, Y, sample_weight=WEIGHTS, groups=GROUPS)
    assert _by_depth(search, "mean_test_score") == pytest.approx(_by_depth(grid, "mean_test_score"))
    if not asks:
        for one in (search, grid):
            with pytest.raises(TypeError, match="unexpected argument"):
                one.score(X, Y, sample_weight=WEIGHTS)
        return
    assert search.score(X, Y, sample_weight=WEIGHTS) == _weighted(search, X, Y, WEIGHTS)
    # Until scikit-learn 1.8 the method score requests weights itself
    search.set_score_request(sample_weight=True)
    params = {"sample_weight": WEIGHTS, "groups": GROUPS}
    nested = cross_validate(search, X, Y, params=params, cv=2, error_score="raise")
    assert nested["test_score"].min() > 0.8


@pytest.mark.usefixtures("routing")
def test_several_scorers_get_what_each_requests(memory: str) -> None:
    scoring = {
        "weighted": make_scorer(accuracy_score).set_score_request(sample_weight=True),
        "plain": make_scorer(accuracy_score).set_score_request(sample_weight=False),
    }
    tree = DecisionTreeClassifier(random_state=0).set_fit_request(sample_weight=True)
    search, grid = _pair(memory, tree, scoring=scoring, refit="plain")
    for one in (search, grid):
        one.fit(X, Y, sample_weight=WEIGHTS)
    for name in scoring:
        column = f"mean_test_{name}"
        assert _by_depth(search, column) == pytest.approx(_by_depth(grid, column))


@pytest.mark.usefixtures("routing")
def test_what_nothing_requests_is_an_error(memory: str) -> None:
    search, _ = _pair(memory)
    with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
        search.fit(X, Y, sample_weight=WEIGHTS)
    with pytest.raises(TypeError, match="unexpected argument"):
        search.fit(X, Y, colour=WEIGHTS)


@pytest.mark.slow
@pytest.mark.usefixtures("routing")
def test_routing_reaches_other_processes(memory: str) -> None:
    asking = make_pipeline(
        StandardScaler().set_fit_request(sample_weight=False),
        LogisticRegression(max_iter=500).set_fit_request(sample_weight=True),
    )
    space = {"logisticregression__C": [0.1, 1.0]}
    search = MetaSearchCV(
        asking, 2, param_distributions=space, cv=CV, memory=memory, random_state=0, n_jobs=2
    )
    search.fit(X, Y, sample_weight=WEIGHTS)
    assert (search.cv_results_["status"] == "ok").all()


@pytest.mark.usefixtures("routing")
def test_a_learner_requests_weights_itself_and_its_splitter_groups(memory: str) -> None:
    search = MetaSearchClassifier("k_nearest_neighbours", 1, cv=GroupKFold(2), memory=memory, random_state=0)
    search.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
    given = {"sample_weight": WEIGHTS, "groups": GROUPS}
    outer = cross_validate(search, X, Y, params=given, cv=2, error_score="raise")
    assert outer["test_score"].min() > 0.5
    with pytest.raises(TypeError, match="groups"):
        search.set_fit_request(groups=True)


def test_rows_are_taken_of_what_has_them() -> None:
    rows = np.array([2, 0])
    taken = take_params({"a": [1, 2, 3], "b": "abc", "c": 4, "d": {1: 2, 3: 4, 5: 6}, "e": [1, 2]}, rows, 3)
    assert list(taken["a"]) == [3, 1]
    assert {name: taken[name] for name in "bcde"} == {
        "b": "abc",
        "c": 4,
        "d": {1: 2, 3: 4, 5: 6},
        "e": [1, 2],
    }
    assert not has_rows(np.array(3), 1)


@pytest.mark.parametrize(
    ("estimator", "name"),
    [
        (LogisticRegression(), "sample_weight"),
        (make_pipeline(StandardScaler(), LogisticRegression()), "logisticregression__sample_weight"),
        (TransformedTargetRegressor(make_pipeline(Ridge())), "ridge__sample_weight"),
    ],
    ids=["alone", "pipeline", "target"],
)
def test_weights_without_routing_go_to_what_predicts(estimator: Any, name: str) -> None:
    assert name_of_weights(estimator) == name
    router = make_router(estimator, estimator, {}, None)
    metadata, notes = route_fit(router, estimator, {}, {"sample_weight": WEIGHTS, "groups": None, "x": 1})
    assert metadata.fit == {name: WEIGHTS, "x": 1}
    assert metadata.split == {"groups": None}
    assert notes == []


def test_which_scores_take_weights() -> None:
    assert accepts_weights(get_scorer("accuracy"))
    assert accepts_weights(_weighted)
    assert not accepts_weights(make_scorer(silhouette_score))
    assert not accepts_weights(lambda estimator, X, y: 1.0)
    assert not accepts_weights(3)
