from __future__ import annotations

import pytest

from foretune.recommendation.core.study_names import Place, StudyNameError, StudyNames

BOOSTING = frozenset({"learning_rate", "max_depth", "reg_lambda", "n_estimators"})
KNOWN = {
    "xgboost": BOOSTING,
    "random_forest": frozenset({"max_depth", "n_estimators"}),
    "k_nearest_neighbours": frozenset({"n_neighbors"}),
}


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("max_depth", Place(None, "max_depth")),
        ("eta", Place(None, "learning_rate")),
        ("xgboost__max_depth", Place("xgboost", "max_depth")),
        ("xgb_eta", Place("xgboost", "learning_rate")),
        ("XGBClassifier.lambda", Place("xgboost", "reg_lambda")),
        ("rf_n_estimators", Place("random_forest", "n_estimators")),
        ("randomforestclassifier__max_depth", Place("random_forest", "max_depth")),
        ("pipe__classifier__max_depth", Place(None, "max_depth")),
        ("knn:n_neighbors", Place("k_nearest_neighbours", "n_neighbors")),
        # Of other steps, of learners that do not have it, or unknown
        ("imputer__n_neighbors", None),
        ("rf_learning_rate", None),
        ("dropout", None),
        ("lr", None),
    ],
)
def test_a_name_is_recognised_if_it_says_whose_it_is(name: str, place: Place | None) -> None:
    assert StudyNames(KNOWN).find(name) == place


def test_the_name_of_one_learner_comes_before_the_alias_of_another() -> None:
    depth = frozenset({"depth", "iterations", "learning_rate"})
    alone = StudyNames({"catboost": depth})
    assert alone.find("max_depth") == Place(None, "depth")
    assert alone.find("model__n_estimators") == Place(None, "iterations")
    # Nothing that the memory knows
    assert alone.find("reg_lambda") is None
    both = StudyNames({"catboost": depth, "xgboost": BOOSTING})
    assert both.find("max_depth") == both.find("model__max_depth") == Place(None, "max_depth")
    assert both.find("catboost__max_depth") == Place("catboost", "depth")


def test_given_names_come_first() -> None:
    given = {"lr": "learning_rate", "max_depth": "random_forest__max_depth", "gbm": "xgboost", "a": "gamma"}
    names = StudyNames(KNOWN, given, {"xgboost": frozenset({"gamma"})})
    assert names.find("lr") == Place(None, "learning_rate")
    assert names.find("max_depth") == Place("random_forest", "max_depth")
    assert names.find_learner("gbm") == "xgboost"
    # An argument of the constructor that the memory has not seen
    assert names.find("a") is None


@pytest.mark.parametrize(
    ("choice", "learner"),
    [("XGBoost", "xgboost"), ("RandomForestClassifier", "random_forest"), ("rf", "random_forest"), (3, None)],
)
def test_a_choice_is_recognised_as_a_learner(choice: object, learner: str | None) -> None:
    assert StudyNames(KNOWN).find_learner(choice) == learner


def test_a_name_for_nothing_is_refused() -> None:
    with pytest.raises(
        StudyNameError, match="'d' stands for 'depth', which xgboost or random_forest or k_near"
    ):
        StudyNames(KNOWN, {"d": "depth"})
