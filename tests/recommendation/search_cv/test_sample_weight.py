"""Sample weights in ``MetaSearchCV.fit``: they reach the learner, and the score where it asks for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.ensemble import AdaBoostClassifier
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import StratifiedKFold, cross_validate
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from foretune import MetaSearchClassifier, MetaSearchCV
from foretune.base.errors import UserError
from foretune.learners import Learner, registry

pytestmark = pytest.mark.filterwarnings("ignore")

LEARNERS = ["k_nearest_neighbours", "random_forest", "svm", "xgboost"]
X, Y = load_iris(return_X_y=True, as_frame=True)
WEIGHTS = np.random.default_rng(0).random(len(Y)) + (Y == 2) * 5
CV = StratifiedKFold(3, shuffle=True, random_state=0)


def _weighted(estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> float:
    return float(accuracy_score(y, estimator.predict(X), sample_weight=sample_weight))


def _plain(estimator: Any, X: Any, y: Any) -> float:
    return float(accuracy_score(y, estimator.predict(X)))


def _fold_scores(search: MetaSearchCV) -> list[float]:
    return [search.cv_results_[f"split{at}_test_score"][search.best_index_] for at in range(3)]


def _expected(search: MetaSearchCV, scoring: Any, *, weighs: bool) -> list[float]:
    """Score the best pipeline, fitted with weights, fold by fold."""
    scores = []
    for train, test in CV.split(X, Y):
        model = clone(search.best_estimator_)
        model.fit(X.iloc[train], Y.iloc[train], learner__sample_weight=WEIGHTS[train])
        given = {"sample_weight": WEIGHTS[test]} if weighs else {}
        scores.append(float(scoring(model, X.iloc[test], Y.iloc[test], **given)))
    return scores


@pytest.mark.quick("stored-svm", "callable-k_nearest_neighbours")
@pytest.mark.parametrize("learner", LEARNERS)
@pytest.mark.parametrize("scoring", ["neg_log_loss", _plain], ids=["stored", "callable"])
def test_weights_reach_the_learner(learner: str, scoring: Any, memory_folder: Path) -> None:
    search = MetaSearchCV(learner, 1, scoring=scoring, cv=CV, memory=str(memory_folder), random_state=0)
    search.fit(X, Y, sample_weight=WEIGHTS)
    np.testing.assert_allclose(_fold_scores(search), _expected(search, search.scorer_, weighs=False))
    refitted = clone(search.best_estimator_).fit(X, Y, learner__sample_weight=WEIGHTS)
    np.testing.assert_array_equal(search.predict_proba(X), refitted.predict_proba(X))
    unweighted = clone(search.best_estimator_).fit(X, Y)
    # A single neighbour is not outvoted
    if search.best_params_.get("n_neighbors") != 1:
        assert not np.allclose(search.predict_proba(X), unweighted.predict_proba(X))


@pytest.mark.slow
@pytest.mark.parametrize("n_trials", [0, 2])
def test_a_regression_refit_has_the_weights(n_trials: int, memory_folder: Path) -> None:
    y = X["petal length (cm)"]
    features = X[["sepal width (cm)"]]
    search = MetaSearchCV("random_forest", n_trials, memory=str(memory_folder), random_state=0)
    search.fit(features, y, sample_weight=pd.Series(WEIGHTS))
    refitted = clone(search.best_estimator_).fit(features, y, learner__sample_weight=WEIGHTS)
    np.testing.assert_array_equal(search.predict(features), refitted.predict(features))


def test_a_function_with_the_parameter_gets_the_weights(memory_folder: Path) -> None:
    search = MetaSearchCV(
        "k_nearest_neighbours", 1, scoring=_weighted, cv=CV, memory=str(memory_folder), random_state=0
    ).fit(X, Y, sample_weight=WEIGHTS)
    np.testing.assert_allclose(_fold_scores(search), _expected(search, _weighted, weighs=True))
    assert search.score(X, Y, sample_weight=WEIGHTS) == _weighted(search, X, Y, WEIGHTS)


def test_metadata_routing_asks_for_weighted_scores(memory_folder: Path) -> None:
    with config_context(enable_metadata_routing=True):
        asking = make_scorer(accuracy_score).set_score_request(sample_weight=True)
        silent = make_scorer(accuracy_score)
        for scorer, weighs in ((asking, True), (silent, False)):
            search = MetaSearchCV(
                "svm", 1, scoring=scorer, cv=CV, memory=str(memory_folder), random_state=0
            ).fit(X, Y, sample_weight=WEIGHTS)
            with config_context(enable_metadata_routing=False):
                expected = _expected(search, make_scorer(accuracy_score), weighs=weighs)
            np.testing.assert_allclose(_fold_scores(search), expected)
        outer = MetaSearchClassifier("k_nearest_neighbours", 1, memory=str(memory_folder), random_state=0)
        outer.set_fit_request(sample_weight=True).set_score_request(sample_weight=False)
        assert cross_validate(outer, X, Y, params={"sample_weight": WEIGHTS}, cv=2)["test_score"].min() > 0.8


@pytest.mark.slow
def test_scikit_learns_tools_hand_weights_on(memory_folder: Path) -> None:
    search = MetaSearchClassifier("random_forest", 2, memory=str(memory_folder), random_state=0)
    boosted = AdaBoostClassifier(search, n_estimators=2, random_state=0).fit(X, Y)
    assert boosted.score(X, Y) > 0.9
    pipeline = make_pipeline(StandardScaler(), search)
    pipeline.fit(X, Y, metasearchclassifier__sample_weight=WEIGHTS)
    alone = clone(search).fit(StandardScaler().fit_transform(X), Y, sample_weight=WEIGHTS)
    np.testing.assert_array_equal(
        pipeline.predict_proba(X), alone.predict_proba(StandardScaler().fit_transform(X))
    )
    scores = cross_validate(search, X, Y, params={"sample_weight": WEIGHTS}, cv=2)["test_score"]
    assert scores.min() > 0.8


def test_a_learner_without_weights_fails_by_name(
    memory_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = registry.get_learner("k_nearest_neighbours")

    def build(params: dict[str, Any], task_type: Any, seed: int) -> Any:
        return KNeighborsClassifier(**params)

    plain = Learner(known.name, build, known.library_default, takes_labels=True)
    monkeypatch.setattr(registry, "_LEARNERS", {**registry._LEARNERS, known.name: plain})
    for n_trials in (0, 2):
        with pytest.raises(UserError, match="KNeighborsClassifier takes no sample_weight in fit"):
            MetaSearchCV(known.name, n_trials, memory=str(memory_folder)).fit(X, Y, sample_weight=WEIGHTS)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"sample_weight": WEIGHTS[:3]}, r"sample_weight has the shape \(3,\), but there are 150 rows"),
        ({"sample_weight": -WEIGHTS}, "sample_weight must not be negative"),
        ({"eval_set": [], "verbose": 1}, "groups and sample_weight, but not 'eval_set', 'verbose': leave"),
    ],
)
def test_what_fit_does_not_take_is_refused(given: dict[str, Any], message: str, memory_folder: Path) -> None:
    with pytest.raises(UserError, match=message):
        MetaSearchCV("k_nearest_neighbours", 1, memory=str(memory_folder)).fit(X, Y, **given)
