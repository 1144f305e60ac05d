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


# Of the memories of Foretune's search spaces, and what the libraries call it
LIGHTGBM = frozenset(
    {
        *(
            "learning_rate",
            "num_leaves",
            "min_child_samples",
            "min_child_weight",
            "subsample_freq",
            "n_estimators",
        ),
        *("subsample", "colsample_bytree", "reg_lambda", "reg_alpha"),
    }
)
CATBOOST = frozenset(
    {
        *("learning_rate", "depth", "max_leaves", "min_data_in_leaf", "l2_leaf_reg", "rsm", "iterations"),
        "border_count",
    }
)
XGBOOST = frozenset({"learning_rate", "max_depth", "reg_lambda", "reg_alpha", "gamma", "n_estimators"})


@pytest.mark.parametrize("form", ["{}", "{prefix}_{}", "{prefix}__{}", "clf__{}", "model.{}", "{}_{prefix}"])
@pytest.mark.parametrize(
    ("learner", "prefix", "known", "names"),
    [
        (
            "lightgbm",
            "lgbm",
            LIGHTGBM,
            {
                "lambda_l1": "reg_alpha",
                "lambda_l2": "reg_lambda",
                "feature_fraction": "colsample_bytree",
                "bagging_fraction": "subsample",
                "bagging_freq": "subsample_freq",
                "min_data_in_leaf": "min_child_samples",
                "min_sum_hessian_in_leaf": "min_child_weight",
                "num_iterations": "n_estimators",
                "eta": "learning_rate",
                "max_leaves": "num_leaves",
            },
        ),
        (
            "xgboost",
            "xgb",
            XGBOOST,
            {
                "eta": "learning_rate",
                "lambda": "reg_lambda",
                "alpha": "reg_alpha",
                "min_split_loss": "gamma",
                "num_boost_round": "n_estimators",
            },
        ),
        (
            "catboost",
            "cat",
            CATBOOST,
            {
                "eta": "learning_rate",
                "max_depth": "depth",
                "reg_lambda": "l2_leaf_reg",
                "l2_leaf_reg": "l2_leaf_reg",
                "colsample_bylevel": "rsm",
                "num_boost_round": "iterations",
                "num_leaves": "max_leaves",
                "min_child_samples": "min_data_in_leaf",
                "max_bin": "border_count",
            },
        ),
    ],
    ids=["lightgbm", "xgboost", "catboost"],
)
def test_boosters_are_known_by_the_names_of_their_libraries(
    learner: str, prefix: str, known: frozenset[str], names: dict[str, str], form: str
) -> None:
    found = StudyNames({learner: known})
    for name, meant in names.items():
        place = found.find(form.format(name, prefix=prefix))
        assert place is not None, name
        assert place.name == meant


def test_a_name_of_another_library_is_not_that_of_this_one() -> None:
    # In LightGBM alpha belongs to the quantile loss
    assert StudyNames({"lightgbm": LIGHTGBM}).find("alpha") is None
    assert StudyNames({"catboost": CATBOOST}).find("lambda_l1") is None


def test_case_is_ignored_where_it_tells_nothing_apart() -> None:
    svm = frozenset({"C", "gamma"})
    assert StudyNames({"svm": svm}).find("svc_c") == Place("svm", "C")
    assert StudyNames({"svm": svm | {"c"}}).find("svc_c") == Place("svm", "c")
    assert StudyNames({"own": frozenset({"Rate", "RATE"})}).find("rate") is None


def test_names_may_be_given_as_the_library_calls_them() -> None:
    names = StudyNames({"xgboost": BOOSTING}, {"lr": "eta", "l2": "xgboost__lambda"})
    assert names.find("lr") == Place(None, "learning_rate")
    assert names.find("l2") == Place("xgboost", "reg_lambda")


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
