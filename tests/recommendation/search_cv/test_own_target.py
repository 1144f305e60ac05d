"""Targets of estimators of the user's own: several columns, sparse ones, or none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris, make_multilabel_classification, make_regression
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.multioutput import MultiOutputClassifier
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import KernelDensity, KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from foretune import MetaSearchClassifier, MetaSearchCV
from foretune.base import UserError
from foretune.recommendation.search_cv.estimator_score import EstimatorScore
from foretune.recommendation.search_cv.own_target import has_several_targets, read_own_target
from foretune.recommendation.search_cv.scoring import ScoringError

pytestmark = pytest.mark.filterwarnings(
    "ignore::foretune.recommendation.core.suggestions.RecommendationWarning"
)
X, LABELS = make_multilabel_classification(90, 6, n_classes=3, random_state=0)
VALUES = make_regression(90, 6, n_targets=2, random_state=0)[1]
CV = KFold(3, shuffle=True, random_state=0)
DEPTHS = [1, 2, 3]


@pytest.fixture
def memory(memory_folder: Path) -> str:
    return str(memory_folder)


def _search(estimator: Any, memory: str, space: Any, n_trials: int = 3, **arguments: Any) -> MetaSearchCV:
    given = {"cv": CV, "random_state": 0, "min_gain": 0, **arguments}
    return MetaSearchCV(estimator, n_trials, param_distributions=space, memory=memory, **given)


def _assert_same(search: MetaSearchCV, grid: GridSearchCV, name: str = "score") -> None:
    """Compare the scores of all configurations with those of a grid search."""
    column = f"mean_test_{name}"
    both = [
        {str(params): score for params, score in zip(one["params"], one[column], strict=True)}
        for one in (search.cv_results_, grid.cv_results_)
    ]
    assert both[0].keys() == both[1].keys()
    for params, score in both[0].items():
        assert score == pytest.approx(both[1][params], rel=1e-9)


@pytest.mark.parametrize("give", [np.asarray, list, pd.DataFrame], ids=["array", "list", "frame"])
@pytest.mark.parametrize(
    ("tree", "y"),
    [(DecisionTreeClassifier(random_state=0), LABELS), (DecisionTreeRegressor(random_state=0), VALUES)],
    ids=["labels", "values"],
)
def test_several_targets_are_searched_as_by_a_grid_search(tree: Any, y: Any, give: Any, memory: str) -> None:
    space, y = {"max_depth": DEPTHS}, give(y)
    search = _search(tree, memory, space).fit(X, y)
    grid = GridSearchCV(tree, space, cv=CV).fit(X, y)
    # The method score of the estimator, as there
    _assert_same(search, grid)
    assert search.predict(X).shape == np.shape(y)
    assert search.score(X, y) == pytest.approx(grid.score(X, y))
    assert search.task_type_ == ("classification" if is_labels(tree) else "regression")
    assert [list(one) for one in getattr(search, "classes_", [])] == [[0, 1]] * (3 if is_labels(tree) else 0)


def is_labels(tree: Any) -> bool:
    return isinstance(tree, DecisionTreeClassifier)


def test_a_score_for_several_targets_can_be_named(memory: str) -> None:
    tree, given = (
        DecisionTreeClassifier(random_state=0),
        {"scoring": ["f1_micro", "accuracy"], "refit": "f1_micro"},
    )
    search = _search(tree, memory, {"max_depth": DEPTHS}, **given).fit(X, LABELS)
    grid = GridSearchCV(tree, {"max_depth": DEPTHS}, cv=CV, **given).fit(X, LABELS)
    for name in given["scoring"]:
        _assert_same(search, grid, name)


def test_the_memory_leads_an_estimator_of_several_targets(memory: str) -> None:
    forest = RandomForestClassifier(n_estimators=5, random_state=0)
    search = _search(forest, memory, None, 2).fit(X, LABELS)
    assert "there are no metafeatures: y has 3 columns" in " ".join(search.notes_)
    assert search.predict_proba(X)[0].shape == (90, 2)
    by_column = MultiOutputClassifier(KNeighborsClassifier())
    assert _search(by_column, memory, None, 2).fit(X, LABELS).best_learner_ == "k_nearest_neighbours"


def test_an_estimator_without_settings_takes_what_learners_do_not(memory: str) -> None:
    for estimator, x, y in (
        (RandomForestRegressor(), X, VALUES),
        (KNeighborsClassifier(), csr_matrix(X), LABELS[:, 0]),
    ):
        search = _search(estimator, memory, None, 1).fit(x, y)
        assert type(search.best_estimator_) is type(estimator)
        assert search.n_features_in_ == 6
    # It stands for its learner again where that takes the data
    assert hasattr(search.fit(X, LABELS[:, 0]).best_estimator_, "steps")


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (X, LABELS, r"shape \(90, 3\) instead: Foretune's own learners have one target; give an estimator"),
        (csr_matrix(X), LABELS[:, 0], "Sparse data was passed for X, and Foretune's own learners take dense"),
    ],
)
def test_learners_say_what_takes_it(x: Any, y: Any, message: str, memory: str) -> None:
    with pytest.raises(UserError, match=message):
        MetaSearchCV("xgboost", 1, memory=memory).fit(x, y)


def test_sparse_tables_and_texts_go_to_the_estimator(memory: str) -> None:
    bayes, space = MultinomialNB(), {"alpha": [0.1, 1.0, 10.0]}
    counts = csr_matrix(np.round(X))
    search = _search(bayes, memory, space, scoring="accuracy").fit(counts, LABELS[:, 0])
    _assert_same(search, GridSearchCV(bayes, space, cv=CV, scoring="accuracy").fit(counts, LABELS[:, 0]))
    texts = ["red wine", "red beer", "wine", "blue sky", "blue sea", "sea"] * 5
    pipe, labels = make_pipeline(CountVectorizer(), bayes), ["u", "u", "u", "v", "v", "v"] * 5
    found = _search(pipe, memory, {"multinomialnb__alpha": [0.1, 1.0]}, 2).fit(texts, labels)
    assert found.score(texts, labels) == 1.0


def test_without_a_target(memory: str) -> None:
    space = {"bandwidth": [0.5, 1.0, 5.0]}
    search = _search(KernelDensity(), memory, space).fit(X)
    grid = GridSearchCV(KernelDensity(), space, cv=CV).fit(X)
    _assert_same(search, grid)
    assert vars(search)["task_type_"] is None
    np.testing.assert_array_equal(search.score_samples(X), grid.score_samples(X))
    assert search.score(X) == grid.score(X)
    assert not hasattr(search, "predict")
    assert not hasattr(search, "classes_")


def test_transform_and_its_inverse(memory: str) -> None:
    search = _search(PCA(random_state=0), memory, {"n_components": [6]}, 1)
    assert hasattr(search, "inverse_transform")
    assert not hasattr(MetaSearchCV("linear"), "inverse_transform")
    search.fit(X)
    np.testing.assert_allclose(search.inverse_transform(search.transform(X)), X, atol=1e-9)


def test_groups_of_rows_are_scored_with_a_target(memory: str) -> None:
    kmeans, space = KMeans(n_init=1, random_state=0), {"n_clusters": [2, 3, 4]}
    y = LABELS[:, 0]
    search = _search(kmeans, memory, space, scoring="adjusted_rand_score").fit(X, y)
    _assert_same(search, GridSearchCV(kmeans, space, cv=CV, scoring="adjusted_rand_score").fit(X, y))
    # Without a score it is its own, as in a grid search
    _assert_same(_search(kmeans, memory, space).fit(X), GridSearchCV(kmeans, space, cv=CV).fit(X))


def test_a_kernel_matrix_is_split_by_rows_and_columns(memory: str) -> None:
    rows, y = load_iris(return_X_y=True)
    kernel, svc = rows @ rows.T, SVC(kernel="precomputed")
    fixed = {"gamma": ["scale"], "coef0": [0.0], "degree": [3], "class_weight": [None], "shrinking": [True]}
    space = {"C": [0.1, 1.0, 3.0]}
    search = _search(svc, memory, space | fixed, scoring="accuracy").fit(kernel, y)
    assert any("X is a kernel matrix" in note for note in search.notes_)
    grid = GridSearchCV(svc, space, cv=CV, scoring="accuracy").fit(kernel, y)
    assert sorted(search.cv_results_["mean_test_score"]) == sorted(grid.cv_results_["mean_test_score"])
    with pytest.raises(UserError, match=r"X should be a square kernel matrix, but its shape is \(150, 4\)"):
        _search(svc, memory, space).fit(rows, y)


def test_what_a_target_is() -> None:
    assert not has_several_targets(LABELS[:, :1])
    assert not has_several_targets(["a", "b"])
    assert not has_several_targets(None)
    assert has_several_targets(csr_matrix(LABELS))
    assert has_several_targets(pd.DataFrame(LABELS))
    assert read_own_target(X, csr_matrix(LABELS), None).values.shape == (90, 3)
    assert read_own_target(X, LABELS, None).task_type == "classification"
    assert read_own_target(X, VALUES, None).task_type == "regression"
    assert read_own_target(X, VALUES, None).split_as == "regression"
    single = read_own_target(X, LABELS[:, 0], "classification")
    assert single.is_single
    assert single.split_as == "classification"
    none = read_own_target(X.tolist(), None, None)
    assert none.given is None
    assert len(none.values) == len(X)
    with pytest.raises(ValueError, match="requires y to be passed"):
        read_own_target(X, None, "classification")
    broken = VALUES.copy()
    broken[0, 0] = np.nan
    with pytest.raises(ValueError, match="contains NaN"):
        read_own_target(X, broken, "regression")


def test_a_classifier_needs_a_target(memory: str) -> None:
    for search in (
        MetaSearchCV(LogisticRegression(), 1, memory=memory),
        MetaSearchClassifier("xgboost", 1, memory=memory),
    ):
        with pytest.raises(ValueError, match="requires y to be passed"):
            search.fit(X)


def test_what_has_no_score_needs_scoring() -> None:
    with pytest.raises(ScoringError, match="CountVectorizer has no method score: give scoring"):
        EstimatorScore(CountVectorizer())
    assert repr(EstimatorScore(KernelDensity())) == "KernelDensity.score"


def test_no_rows_are_left_out_without_a_limit(memory: str) -> None:
    tree = DecisionTreeClassifier(random_state=0)
    few = _search(tree, memory, {"max_depth": DEPTHS}, max_rows=60).fit(X, LABELS)
    assert any("evaluates on 60 of 90 rows" in note for note in few.notes_)
    everything = _search(tree, memory, {"max_depth": DEPTHS}, max_rows=None).fit(X, LABELS)
    assert not any("rows" in note for note in everything.notes_)
    assert (
        MetaSearchCV("k_nearest_neighbours", 1, memory=memory, max_rows=None).fit(X, LABELS[:, 0]).n_trials_
        == 1
    )
