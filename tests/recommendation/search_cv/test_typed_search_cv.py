from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import StackingRegressor, VotingClassifier, VotingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from foretune import MetaSearchCV
from foretune.base.errors import UserError
from foretune.recommendation.search_cv.typed_search_cv import MetaSearchClassifier, MetaSearchRegressor

pytestmark = pytest.mark.filterwarnings(
    "ignore:(no known task|[0-9]+ rows are fewer|.*metafeatures lie outside)"
)

FAST = "k_nearest_neighbours"
IRIS = load_iris(return_X_y=True)
DIABETES = tuple(part[:120] for part in load_diabetes(return_X_y=True))


@pytest.fixture
def classifier(memory_folder: Path) -> MetaSearchClassifier:
    return MetaSearchClassifier(FAST, 2, memory=str(memory_folder), random_state=0)


@pytest.fixture
def regressor(memory_folder: Path) -> MetaSearchRegressor:
    return MetaSearchRegressor(FAST, 2, memory=str(memory_folder), random_state=0)


def test_scikit_learn_sees_the_type_before_fit(classifier: Any, regressor: Any) -> None:
    assert is_classifier(classifier)
    assert not is_regressor(classifier)
    assert is_regressor(regressor)
    assert not is_classifier(regressor)
    assert is_classifier(make_pipeline(StandardScaler(), classifier))
    assert hasattr(classifier, "predict_proba")
    assert not hasattr(regressor, "predict_proba")


def test_nested_cross_validation_stratifies(classifier: Any) -> None:
    # Rows of iris are in the order of their classes: without stratification no class is in all parts
    scores = cross_val_score(classifier, *IRIS, cv=3)
    expected = cross_val_score(classifier, *IRIS, cv=StratifiedKFold(3))
    np.testing.assert_array_equal(scores, expected)
    assert scores.min() > 0.9
    searched = GridSearchCV(classifier, {"n_trials": [1]}, cv=3).fit(*IRIS)
    assert searched.best_score_ > 0.9


def test_ensembles_accept_it(classifier: Any, regressor: Any) -> None:
    members = [("search", classifier), ("logistic", LogisticRegression(max_iter=500))]
    assert VotingClassifier(members, voting="soft").fit(*IRIS).score(*IRIS) > 0.9
    models = [("search", regressor), ("ridge", Ridge())]
    assert StackingRegressor(models, cv=2).fit(*DIABETES).score(*DIABETES) > 0.3
    assert VotingRegressor(models).fit(*DIABETES).score(*DIABETES) > 0.3


def test_it_searches_as_meta_search_cv_does(classifier: Any, memory_folder: Path) -> None:
    plain = MetaSearchCV(FAST, 2, memory=str(memory_folder), random_state=0).fit(*IRIS)
    fitted = clone(classifier).fit(*IRIS)
    assert fitted.best_params_ == plain.best_params_
    assert fitted.best_score_ == plain.best_score_
    # The score of the search, not the accuracy
    assert fitted.score(*IRIS) == balanced_accuracy_score(IRIS[1], fitted.predict(IRIS[0]))


def test_numbers_can_be_classes_and_few_numbers_values(classifier: Any, regressor: Any) -> None:
    y = np.arange(150) % 30 * 1.0
    assert len(classifier.fit(IRIS[0], y).classes_) == 30
    assert regressor.fit(*IRIS).task_type_ == "regression"


def test_another_task_type_is_refused(classifier: Any) -> None:
    assert classifier.set_params(task_type="classification").fit(*IRIS).task_type_ == "classification"
    with pytest.raises(UserError, match="task_type = 'regression' must be one of classification, or None"):
        classifier.set_params(task_type="regression").fit(*IRIS)
