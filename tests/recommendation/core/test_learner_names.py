from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lightgbm import LGBMClassifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import ElasticNet, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from xgboost import XGBClassifier

import foretune
from foretune import ForetuneSampler, MetaSearchCV
from foretune.recommendation.core.learner_names import UnknownLearnerError, choose_learners, is_grid
from foretune.recommendation.core.suggestions import RecommendationWarning

KNOWN = [
    "extra_trees",
    "gradient_boosting",
    "k_nearest_neighbours",
    "linear",
    "random_forest",
    "svm",
    "xgboost",
]
TO_TUNE = (
    r", which has no trials of it: tune it on tables of yours \(hpo.learners=\[{}\]\), then give "
    r"memory=FOLDER \(docs/own-memory.md\)"
)


def _choose(learner: Any, known: list[str] = KNOWN) -> list[str]:
    return choose_learners(learner, known, "classification").names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("svm", "svm"),
        ("SVM", "svm"),
        ("SVC", "svm"),
        ("SVR", "svm"),
        ("support vector machine", "svm"),
        ("rf", "random_forest"),
        ("Random Forest", "random_forest"),
        ("random-forest", "random_forest"),
        ("RandomForestClassifier", "random_forest"),
        ("XGBClassifier", "xgboost"),
        ("XGBRegressor", "xgboost"),
        ("xgb", "xgboost"),
        ("XGBoost", "xgboost"),
        ("logistic regression", "linear"),
        ("LogisticRegression", "linear"),
        ("ElasticNet", "linear"),
        ("knn", "k_nearest_neighbours"),
        ("k-NN", "k_nearest_neighbours"),
        ("KNeighborsClassifier", "k_nearest_neighbours"),
        ("ExtraTreesRegressor", "extra_trees"),
        ("GradientBoostingClassifier", "gradient_boosting"),
        ("gbm", "gradient_boosting"),
        ("LGBMClassifier", "lightgbm"),
        ("HistGradientBoostingRegressor", "hist_gradient_boosting"),
        ("HGB", "hist_gradient_boosting"),
        ("MLPClassifier", "mlp"),
        ("neural network", "mlp"),
    ],
)
def test_common_names_and_names_of_classes_are_understood(text: str, name: str) -> None:
    assert _choose(text, [*KNOWN, "hist_gradient_boosting", "lightgbm", "mlp"]) == [name]


def test_learners_of_a_memory_are_found_by_common_names_whatever_they_are_called_there() -> None:
    assert _choose("rf", ["RandomForestClassifier", "LGBMClassifier"]) == ["RandomForestClassifier"]
    assert _choose("lightgbm", ["RandomForestClassifier", "LGBMClassifier"]) == ["LGBMClassifier"]
    # Its own name first; of several none
    assert _choose("svm", ["SVC", "svm"]) == ["svm"]
    with pytest.raises(UnknownLearnerError, match="learner 'svr' is not in this memory"):
        _choose("svr", ["SVC", "svm"])


@pytest.mark.parametrize(
    ("estimator", "name"),
    [
        (RandomForestClassifier(), "random_forest"),
        (RandomForestClassifier, "random_forest"),
        (ExtraTreesClassifier(), "extra_trees"),
        (GradientBoostingClassifier(), "gradient_boosting"),
        (KNeighborsClassifier(), "k_nearest_neighbours"),
        (LogisticRegression(), "linear"),
        (SVC(), "svm"),
        (XGBClassifier(), "xgboost"),
        (XGBClassifier, "xgboost"),
    ],
)
def test_an_estimator_is_taken_for_its_learner_with_a_note(estimator: Any, name: str) -> None:
    choice = choose_learners(estimator, KNOWN, "classification")
    assert choice.names == [name]
    kind = estimator if isinstance(estimator, type) else type(estimator)
    assert choice.notes == (f"{kind.__name__} is taken for the learner {name}",)
    assert choice.lost == ()


def test_settings_that_are_not_kept_are_named() -> None:
    choice = choose_learners([SVC(C=3.0, kernel="poly", cache_size=500), "rf"], KNOWN, "classification")
    assert choice.names == ["svm", "random_forest"]
    note = "SVC is taken for the learner svm; its own settings are not kept: 'C', 'kernel'"
    assert choice.notes == choice.lost == (note,)
    assert choose_learners(XGBClassifier(n_jobs=2, random_state=0), KNOWN, "classification").lost == ()


def test_an_estimator_of_the_other_task_type_is_said_to_be_replaced() -> None:
    note = "RandomForestRegressor is taken for the learner random_forest, whose estimator for {} is used"
    found = choose_learners(RandomForestRegressor(), KNOWN, "classification").notes
    assert found == (note.format("classification"),)
    assert choose_learners(ElasticNet(), KNOWN, "regression").notes == (
        "ElasticNet is taken for the learner linear",
    )


def test_several_are_distinct_and_in_order() -> None:
    assert _choose(["rf", SVC, "svm", "xgb"]) == ["random_forest", "svm", "xgboost"]
    assert _choose(np.array(["svm", "rf"])) == ["svm", "random_forest"]
    assert _choose(("svm",)) == ["svm"]
    assert _choose("auto") == _choose(["auto"]) == KNOWN


@pytest.mark.parametrize(
    ("learner", "message"),
    [
        (
            "forest",
            r"learner 'forest' is not in this memory \(did you mean 'random_forest'\?\); choose from: auto",
        ),
        # The name of a learner that another memory knows
        ("lightgb", r"learner 'lightgb' is not in this memory \(did you mean 'lightgbm'\?\); choose from"),
        ("xgbost", r"learner 'xgbost' is not in this memory \(did you mean 'xgboost'\?\); choose from: auto"),
        (
            "lightgbm",
            f"^learner 'lightgbm' is not in this memory{TO_TUNE.format('lightgbm')}; choose from: auto",
        ),
        ("LGBM", f"^learner 'LGBM' is not in this memory{TO_TUNE.format('lightgbm')}; choose from: auto"),
        ("MLPClassifier", f"^learner 'MLPClassifier' is not in this memory{TO_TUNE.format('mlp')}; choose"),
        ("realmlp", f"^learner 'realmlp' is not in this memory{TO_TUNE.format('realmlp')}; choose"),
        (
            "hgb",
            f"^learner 'hgb' is not in this memory{TO_TUNE.format('hist_gradient_boosting')}; choose from",
        ),
        (
            HistGradientBoostingClassifier(),
            "^learner: HistGradientBoostingClassifier is the estimator of no learner in this memory"
            f"{TO_TUNE.format('hist_gradient_boosting')}; choose from",
        ),
        ("x" * 10_000, "is not in this memory"),
        (["rf", "auto"], "learner 'auto' is not in this memory"),
        ([], "no learner is given; choose from: auto"),
        (None, "learner = None must be a name, or several; choose from: auto"),
        (3, "learner = 3 must be a name, or several"),
        (int, "learner = <class 'int'> must be a name, or several"),
        ({"C": [1, 10]}, "learner is a grid of hyperparameters, but Foretune takes its search spaces from"),
        ([{"C": [1]}, {"C": [2]}], "learner is a grid of hyperparameters"),
        (
            make_pipeline(StandardScaler(), SVC()),
            "learner is a Pipeline, .* give its last step by name, learner='svm'",
        ),
        (make_pipeline(StandardScaler()), "learner is a Pipeline, .*: give a learner by name"),
        (GridSearchCV(SVC(), {}), "learner is a GridSearchCV, .* learner='svm'"),
        (CalibratedClassifierCV(SVC()), "learner is a CalibratedClassifierCV"),
        (MetaSearchCV, "MetaSearchCV is the estimator of no learner in this memory"),
    ],
)
def test_anything_else_is_said_in_one_short_line(learner: Any, message: str) -> None:
    with pytest.raises(UnknownLearnerError, match=message) as caught:
        _choose(learner)
    assert len(str(caught.value)) <= 500
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("learner", [["lightgbm", "svm"], "LGBM", LGBMClassifier()])
def test_one_that_another_memory_of_the_folder_has_is_to_be_given_alone(learner: Any) -> None:
    with pytest.raises(
        UnknownLearnerError,
        match=r"^learner lightgbm is in another memory of the folder.*xgboost, or lightgbm or mlp alone$",
    ):
        choose_learners(learner, KNOWN, "classification", lambda: ["lightgbm", "mlp"])


def test_of_many_known_learners_some_are_named() -> None:
    with pytest.raises(UnknownLearnerError, match=r"l11 and 188 more$") as caught:
        _choose("nothing", [f"l{at}" for at in range(200)])
    assert len(str(caught.value)) <= 500


def test_a_grid_is_a_mapping_or_a_list_of_them() -> None:
    grids: list[object] = [{"C": [1]}, [{"C": [1]}, {}], {}]
    others: list[object] = [[], ["svm"], 20]
    assert all(is_grid(one) for one in grids)
    assert not any(is_grid(one) for one in others)


def test_all_entrances_understand_the_same(memory_folder: Path) -> None:
    X, y = load_iris(return_X_y=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RecommendationWarning)
        found = foretune.suggest(X, y, RandomForestClassifier(max_depth=3), k=2, memory=memory_folder)
        assert set(found["learner"]) == {"random_forest"}
        lost = (
            "RandomForestClassifier is taken for the learner random_forest; its own settings are not kept: "
        )
        assert any(note.startswith(lost + "'max_depth'") for note in found.attrs["notes"])
        search = MetaSearchCV(SVC(), n_trials=1, memory=memory_folder, random_state=0).fit(X, y)
        assert search.best_learner_ == "svm"
        assert "SVC is taken for the learner svm" in search.notes_
        ForetuneSampler(X, y, "XGBClassifier", memory=memory_folder)
    with pytest.warns(RecommendationWarning, match="its own settings are not kept: 'max_depth'"):
        ForetuneSampler(X, y, RandomForestClassifier(max_depth=3), memory=memory_folder)
    grid = {"C": [1, 10]}
    assert MetaSearchCV(SVC(), grid).get_params()["param_distributions"] == grid
    with pytest.raises(ValueError, match="n_trials is a grid of hyperparameters, but must be a whole number"):
        MetaSearchCV(SVC(), n_trials=grid).fit(X, y)
    with pytest.raises(ValueError, match="k is a grid of hyperparameters"):
        foretune.suggest(X, y, "svm", grid, memory=memory_folder)
