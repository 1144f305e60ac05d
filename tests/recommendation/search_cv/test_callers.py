from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone, is_classifier, is_regressor
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import StackingRegressor, VotingClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags

from foretune import MetaSearchCV, suggest
from foretune.recommendation.core.suggestions import RecommendationWarning
from foretune.recommendation.search_cv.callers import asking_frames, infer_from_caller
from foretune.recommendation.search_cv.several_scores import task_type_by_scores

IRIS = load_iris(return_X_y=True)
DIABETES = tuple(part[:120] for part in load_diabetes(return_X_y=True))
TABLE_NOTES = "(no known task|[0-9]+ rows are fewer|.*metafeatures lie outside)"


@pytest.fixture
def search(memory_folder: Path) -> MetaSearchCV:
    return MetaSearchCV("k_nearest_neighbours", 1, memory=str(memory_folder), random_state=0)


@pytest.mark.slow
@pytest.mark.filterwarnings(f"ignore:{TABLE_NOTES}")
def test_nested_cross_validation_stratifies_by_the_target(search: Any) -> None:
    # Rows of iris are in the order of their classes: without stratification no class is in all parts
    assert cross_val_score(search, *IRIS, cv=3).min() > 0.9
    assert cross_val_score(make_pipeline(StandardScaler(), search), *IRIS, cv=3).min() > 0.9
    assert GridSearchCV(search, {"n_trials": [1]}, cv=3).fit(*IRIS).best_score_ > 0.9
    labels = np.array(["setosa", "versicolor", "virginica"])[IRIS[1]]
    assert cross_val_score(search, IRIS[0], labels, cv=3).min() > 0.9
    assert cross_val_score(search, *DIABETES, cv=3).shape == (3,)


@pytest.mark.filterwarnings(f"ignore:{TABLE_NOTES}")
def test_ensembles_see_the_type(search: Any) -> None:
    vote = VotingClassifier([("search", search), ("logistic", LogisticRegression(max_iter=500))])
    assert vote.fit(*IRIS).score(*IRIS) > 0.9
    stack = StackingRegressor([("search", search), ("ridge", Ridge())], cv=2)
    assert stack.fit(*DIABETES).score(*DIABETES) > 0.1


def test_without_a_target_at_hand_a_warning_says_what_to_use(search: Any) -> None:
    # That of another function does not count
    y = IRIS[1]
    with pytest.warns(RecommendationWarning, match="use MetaSearchClassifier or MetaSearchRegressor"):
        assert not is_classifier(search)
    assert len(y) == 150
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert is_regressor(search.set_params(task_type="regression"))
        assert get_tags(search.set_params(task_type=None)).estimator_type is None


@pytest.mark.filterwarnings(f"ignore:{TABLE_NOTES}")
@pytest.mark.parametrize(
    "scores", [{"scoring": "neg_mean_absolute_error"}, {"scoring": ["r2", "neg_max_error"], "refit": "r2"}]
)
def test_the_score_tells_ratings_from_classes_wherever_the_type_is_asked_for(
    search: Any, scores: dict[str, Any]
) -> None:
    X, y = IRIS
    assert search.set_params(n_trials=0).fit(X, y).task_type_ == "classification"
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*are read as classes")
        search = clone(search).set_params(**scores)
        assert search.fit(X, y).task_type_ == "regression"
        assert set(search.predict(X)) - {0, 1, 2}
        # Folds of a classifier would be stratified
        folds = cross_validate(clone(search), X, y, cv=3, return_indices=True)["indices"]["test"]
    assert [len(set(y[fold])) for fold in folds] == [1, 1, 1]
    assert suggest(X, y, "knn", memory=search.memory, scoring="r2").attrs["task_type"] == "regression"


@pytest.mark.parametrize(
    ("scoring", "task_type"),
    [
        (["accuracy", "r2"], None),
        (["roc_auc_ovr", "neg_mean_absolute_error"], None),
        ({"a": "r2", "b": lambda model, X, y: 0.0}, "regression"),
        ({"b": lambda model, X, y: 0.0, "a": "r2"}, "regression"),
        (None, None),
    ],
)
def test_several_scores_say_values_if_none_is_of_classes(scoring: Any, task_type: str | None) -> None:
    assert task_type_by_scores(scoring, IRIS[1]) == task_type


class Plain(BaseEstimator):
    """A regressor that does not say so."""

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = alpha

    def fit(self, X: Any, y: Any) -> Any:
        """Fit it."""
        self.model_ = Ridge(alpha=self.alpha).fit(X, y)
        return self

    def predict(self, X: Any) -> Any:
        """Predict values."""
        return self.model_.predict(X)


def test_an_estimator_without_a_type_has_that_of_the_score() -> None:
    ratings = np.tile([1, 2, 3, 4, 5], 30)
    search = MetaSearchCV(Plain(), {"alpha": [0.1, 1.0]}, n_trials=1, cv=3, scoring="r2")
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*are read as classes")
        assert search.fit(IRIS[0], ratings).task_type_ == "regression"


def test_nobody_asks_here() -> None:
    assert asking_frames() == []
    assert infer_from_caller([]) is None
