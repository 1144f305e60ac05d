"""Estimators of libraries that choose their hyperparameters at ``fit``."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone, is_classifier
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.inspection import partial_dependence
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from foretune import MetaSearchCV, RecommendationWarning, UserError, import_logs, zero_shot
from foretune.zero_shot.estimator import ZeroShotEstimator

X, Y = load_diabetes(return_X_y=True, as_frame=True)
X_CLASS, Y_CLASS = load_breast_cancer(return_X_y=True, as_frame=True)
SCALED = StandardScaler().fit_transform(X_CLASS)
QUIET = {"verbosity": -1, "n_jobs": 1, "random_state": 0}
ONE = {"n_jobs": 1, "random_state": 0}


def _boosted(**given: Any) -> Any:
    return zero_shot.XGBRegressor(**{**ONE, **given})


@pytest.mark.parametrize(
    ("made", "rows", "y"),
    [
        (zero_shot.LGBMClassifier(**QUIET), X_CLASS, Y_CLASS),
        (zero_shot.LGBMRegressor(**QUIET), X, Y),
        (_boosted(), X, Y),
        pytest.param(zero_shot.GradientBoostingRegressor(random_state=0), X, Y, marks=pytest.mark.slow),
        pytest.param(
            zero_shot.LogisticRegression(memory_scoring="balanced_accuracy"),
            SCALED,
            Y_CLASS,
            marks=pytest.mark.slow,
        ),
        pytest.param(zero_shot.KNeighborsClassifier(), SCALED, Y_CLASS, marks=pytest.mark.slow),
        (zero_shot.SVC(memory_scoring="balanced_accuracy"), SCALED, Y_CLASS),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, ZeroShotEstimator) else "",
)
def test_it_is_the_model_of_the_library_with_other_parameters_than_the_default(
    made: Any, rows: Any, y: Any
) -> None:
    suggested = made.suggest_params(rows, y)
    assert not hasattr(made, "chosen_params_")
    made.fit(rows, y)
    chosen = made.chosen_params_
    assert chosen == suggested
    assert chosen
    default = made.library(**{name: made.get_params()[name] for name in made.library().get_params()})
    assert any(default.get_params()[name] != value for name, value in chosen.items())
    same = clone(default).set_params(**chosen).fit(rows, y)
    assert np.array_equal(made.predict(rows), same.predict(rows))
    assert type(made.library_model_) is made.library
    assert not np.array_equal(_scores(made, rows), _scores(default.fit(rows, y), rows))


def _scores(fitted: Any, rows: Any) -> Any:
    return fitted.predict_proba(rows) if hasattr(fitted, "predict_proba") else _decide(fitted, rows)


def _decide(fitted: Any, rows: Any) -> Any:
    return fitted.decision_function(rows) if hasattr(fitted, "decision_function") else fitted.predict(rows)


def test_parameters_are_what_the_user_gave_before_and_after_the_fit() -> None:
    made = _boosted(max_depth=2)
    before = made.get_params()
    made.fit(X, Y)
    assert made.get_params() == before
    assert made.chosen_params_["learning_rate"] != before["learning_rate"]
    assert "max_depth" not in made.chosen_params_
    assert made.library_model_.max_depth == 2
    # Reading the fitted model's parameter tells what it was fitted with
    assert made.learning_rate == made.chosen_params_["learning_rate"]
    assert "max_depth=2" in repr(made)


def test_a_given_default_stays_too_also_in_a_copy() -> None:
    given = _boosted(learning_rate=None)
    # XGBoost's own default, given by its value
    for made in (given, clone(given), clone(_boosted()).set_params(learning_rate=None)):
        assert "learning_rate" not in made.fit(X, Y).chosen_params_
    assert "learning_rate" in clone(_boosted()).fit(X, Y).chosen_params_
    # Whoever copies every parameter gives none of them
    copied = zero_shot.XGBRegressor(**_boosted().get_params())
    assert "learning_rate" in copied.fit(X, Y).chosen_params_


def test_a_grid_over_a_parameter_is_kept() -> None:
    base = zero_shot.KNeighborsClassifier(memory_scoring="balanced_accuracy")
    search = GridSearchCV(base, {"n_neighbors": [5, 40]}, cv=2, error_score="raise").fit(SCALED, Y_CLASS)
    # 5 is the library's default
    assert search.best_params_ == {"n_neighbors": 5}
    assert search.best_estimator_.library_model_.n_neighbors == 5
    assert "n_neighbors" not in search.best_estimator_.chosen_params_
    assert search.best_estimator_.chosen_params_


def test_it_works_in_pipelines_and_cross_validation() -> None:
    pipeline = make_pipeline(StandardScaler(), zero_shot.LogisticRegression())
    assert is_classifier(pipeline)
    assert cross_val_score(pipeline, X_CLASS, Y_CLASS, cv=3, error_score="raise").mean() > 0.95
    scaled = TransformedTargetRegressor(zero_shot.SVR(), transformer=StandardScaler())
    fitted = make_pipeline(StandardScaler(), scaled).fit(X, Y)
    assert fitted[-1].regressor_.notes_
    assert fitted.score(X, Y) > 0.4
    pipeline.set_params(logisticregression__C=0.5, logisticregression__memory="reference")
    assert "C" not in pipeline.fit(X_CLASS, Y_CLASS)[-1].chosen_params_


def _pickled(made: Any) -> Any:
    return pickle.loads(pickle.dumps(made))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, _pickled])
def test_it_is_copied_and_pickled_as_it_is(copied: Any) -> None:
    unfitted = copied(_boosted(max_depth=2))
    assert repr(unfitted.get_params()) == repr(_boosted(max_depth=2).get_params())
    fitted = unfitted.fit(X, Y)
    other = copied(fitted)
    assert type(other) is type(fitted)
    assert np.array_equal(other.predict(X), fitted.predict(X))
    assert other.chosen_params_ == fitted.chosen_params_
    assert repr(other.get_params()) == repr(fitted.get_params())
    # It knows what was given
    assert "max_depth" not in other.fit(X, Y).chosen_params_


@pytest.mark.slow
def test_catboost_is_copied_too(tmp_path: Path) -> None:
    trials = pd.DataFrame(
        [
            {"task_id": f"t{task}", "learner": "catboost", "score": score, "param_depth": depth}
            for task in range(4)
            for score, depth in ((0.9, 2), (0.5, 3), (0.1, 4))
        ]
    )
    memory = import_logs(trials).train_memories()["any"]
    given = {"iterations": 5, "verbose": 0, "allow_writing_files": False, "random_seed": 0}
    made = zero_shot.CatBoostRegressor(memory=memory, **given)
    assert clone(made).get_params().keys() == made.get_params().keys()
    fitted = pickle.loads(pickle.dumps(clone(made).fit(X, Y)))
    assert fitted.chosen_params_ == {"depth": 2}
    same = made.library(**given, depth=2).fit(X, Y)
    assert np.array_equal(fitted.predict(X), same.predict(X))
    fitted.save_model(str(tmp_path / "model"))
    assert (tmp_path / "model").stat().st_size > 100


def test_what_fit_takes_goes_to_the_library() -> None:
    weights = np.where(Y > 200, 10.0, 1.0)
    made = _boosted().fit(X, Y, sample_weight=weights)
    same = made.library(**ONE, **made.chosen_params_).fit(X, Y, sample_weight=weights)
    assert np.array_equal(made.predict(X), same.predict(X))
    assert not np.array_equal(made.predict(X), _boosted().fit(X, Y).predict(X))
    with pytest.raises(TypeError, match="nonsense"):
        _boosted().fit(X, Y, nonsense=1)


def test_early_stopping_on_an_evaluation_set_chooses_the_rounds() -> None:
    train, test, y_train, y_test = train_test_split(X, Y, random_state=0)
    made = _boosted(early_stopping_rounds=10).fit(train, y_train, eval_set=[(test, y_test)], verbose=False)
    assert made.chosen_params_["n_estimators"] == 2000
    assert made.best_iteration < 1000
    booster = zero_shot.LGBMRegressor(**QUIET)
    stop = lightgbm.early_stopping(10, verbose=False)
    booster.fit(train, y_train, eval_X=(test,), eval_y=(y_test,), callbacks=[stop])
    assert booster.chosen_params_["n_estimators"] == 2000
    assert 0 < booster.best_iteration_ < 1000
    assert booster.booster_.num_trees() < 2000


def test_sparse_rows_are_fitted_with_a_note() -> None:
    made = _boosted().fit(sparse.csr_matrix(X.to_numpy()), Y)
    assert any("no table that can be described" in note for note in made.notes_)
    assert made.predict(sparse.csr_matrix(X.to_numpy())).shape == Y.shape


def test_methods_of_the_library_see_the_chosen_parameters() -> None:
    made = zero_shot.GradientBoostingRegressor(random_state=0).fit(X, Y)
    same = made.library(random_state=0, **made.chosen_params_).fit(X, Y)
    # Both multiply by the learning rate
    assert np.array_equal(list(made.staged_predict(X))[-1], same.predict(X))
    found, expected = (
        partial_dependence(one, X, ["bmi"], method="recursion")["average"] for one in (made, same)
    )
    assert np.array_equal(found, expected)
    assert np.array_equal(made.feature_importances_, same.feature_importances_)
    assert list(made.feature_names_in_) == list(X.columns)


def test_a_model_of_the_library_is_saved_and_read(tmp_path: Path) -> None:
    made = _boosted().fit(X, Y)
    made.save_model(tmp_path / "model.json")
    read = xgboost.XGBRegressor()
    read.load_model(tmp_path / "model.json")
    assert np.array_equal(read.predict(X), made.predict(X))
    again = _boosted()
    again.load_model(tmp_path / "model.json")
    assert np.array_equal(again.predict(X), made.predict(X))


def test_a_warm_start_goes_on_with_the_same_parameters() -> None:
    made = zero_shot.GradientBoostingRegressor(random_state=0, warm_start=True, n_estimators=5).fit(X, Y)
    chosen = made.chosen_params_
    made.set_params(n_estimators=9).fit(X.head(300), Y.head(300))
    assert made.chosen_params_ == chosen
    assert len(made.estimators_) == 9


def test_a_second_fit_chooses_anew() -> None:
    made = _boosted().fit(X, Y)
    first = made.chosen_params_
    made.fit(X.head(40), Y.head(40))
    assert first
    assert made.chosen_params_ == {}


def test_parameters_that_are_set_after_the_fit_hold_for_the_model() -> None:
    rows = StandardScaler().fit_transform(X)
    made = zero_shot.KNeighborsRegressor().fit(rows, Y)
    made.set_params(n_neighbors=1)
    assert np.array_equal(made.predict(rows), Y)
    made.n_neighbors = 3
    assert made.library_model_.n_neighbors == 3
    assert made.get_params()["n_neighbors"] == 3
    with pytest.raises(ValueError, match="Invalid parameter 'nonsense'"):
        made.set_params(nonsense=1)


@pytest.mark.filterwarnings("ignore::foretune.RecommendationWarning")
def test_what_the_library_refuses_is_its_own_error() -> None:
    broken = X_CLASS.astype(float).where(X_CLASS > 10)
    with pytest.raises(ValueError, match="Input X contains NaN"):
        zero_shot.SVC().fit(broken, Y_CLASS)
    with pytest.raises(ValueError, match="n_estimators"):
        zero_shot.RandomForestClassifier(n_estimators=-1).fit(X_CLASS, Y_CLASS)
    with pytest.raises((ValueError, TypeError), match="requires y"):
        zero_shot.RandomForestClassifier().fit(X_CLASS)


def test_an_unknown_learner_is_refused_at_fit_not_before() -> None:
    made = zero_shot.HistGradientBoostingRegressor()
    assert clone(made).get_params() == made.get_params()
    with pytest.raises(UserError, match="has no trials of the learner hist_gradient_boosting"):
        made.fit(X, Y)
    with pytest.raises(UserError, match="has no trials"):
        made.suggest_params(X, Y)


def test_another_scale_is_a_warning() -> None:
    with pytest.warns(RecommendationWarning, match="'mean radius' and 27 more of X are not standardised"):
        made = zero_shot.KNeighborsClassifier().fit(X_CLASS, Y_CLASS)
    assert made.chosen_params_ == {}
    same = made.library().fit(X_CLASS, Y_CLASS)
    assert np.array_equal(made.predict(X_CLASS), same.predict(X_CLASS))


def test_metadata_is_routed() -> None:
    with config_context(enable_metadata_routing=True):
        made = clone(_boosted().set_fit_request(sample_weight=True))
        assert made.get_metadata_routing().fit.requests["sample_weight"] is True
        made.fit(X, Y)
        assert clone(made).get_metadata_routing().fit.requests["sample_weight"] is True


def test_a_search_tunes_around_the_given_values() -> None:
    base = _boosted(subsample=0.5)
    search = MetaSearchCV(base, 2, cv=2, random_state=0).fit(X, Y)
    assert search.best_estimator_.library_model_.subsample == 0.5


@pytest.mark.slow
def test_it_is_sent_to_processes() -> None:
    scores = cross_val_score(_boosted(), X, Y, cv=3, n_jobs=2, error_score="raise")
    assert np.array_equal(scores, cross_val_score(_boosted(), X, Y, cv=3, error_score="raise"))


@pytest.mark.slow
@settings(max_examples=10)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "n_neighbors": st.integers(1, 20),
            "weights": st.sampled_from(["uniform", "distance"]),
            "p": st.sampled_from([1, 2]),
            "leaf_size": st.integers(5, 50),
        },
    )
)
def test_whatever_is_given_is_never_chosen(given_params: dict[str, Any]) -> None:
    made = clone(zero_shot.KNeighborsClassifier(**given_params)).fit(SCALED[:200], Y_CLASS[:200])
    assert not given_params.keys() & made.chosen_params_.keys()
    fitted = made.library_model_.get_params()
    assert {name: fitted[name] for name in given_params} == given_params
    again = clone(made).fit(SCALED[:200], Y_CLASS[:200])
    assert again.chosen_params_ == made.chosen_params_


@pytest.mark.parametrize(
    "own", [{"boosting_type": "goss"}, {"boosting": "goss"}, {"data_sample_strategy": "goss"}], ids=str
)
def test_rows_that_are_sampled_by_gradients_are_not_sampled_twice(own: dict[str, Any]) -> None:
    made = zero_shot.LGBMRegressor(**QUIET, **own).fit(X, Y)
    assert made.chosen_params_
    assert "subsample_freq" not in made.chosen_params_


@pytest.mark.parametrize(
    ("native", "proper"),
    [("max_leaf", "num_leaves"), ("max_iter", "n_estimators"), ("min_samples_leaf", "min_child_samples")],
)
def test_every_name_of_the_library_for_a_parameter_keeps_it(native: str, proper: str) -> None:
    assert proper in zero_shot.LGBMRegressor(**QUIET).suggest_params(X, Y)
    assert proper not in zero_shot.LGBMRegressor(**QUIET, **{native: 7}).suggest_params(X, Y)


@pytest.mark.parametrize(
    ("rows", "y", "says"),
    [
        (None, Y, "X = None must be a table"),
        ("table.csv", Y, "X = 'table.csv' must be a table"),
        (X["bmi"], Y, "must be a table"),
        ([[1], [2, 3]], [0, 1], "must be a table"),
        (X, None, "y = None must be a target"),
        (X, Y.head(5), "X has 442 rows, but y has 5 values"),
    ],
)
def test_what_is_no_table_has_no_suggestion(rows: Any, y: Any, says: str) -> None:
    with pytest.raises(UserError, match=says) as error:
        _boosted().suggest_params(rows, y)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("rows", ["table.csv", None])
def test_what_is_no_table_is_an_error_of_the_library_at_fit(rows: Any) -> None:
    with pytest.raises(ValueError, match="Expected 2D array"):
        zero_shot.LGBMRegressor(**QUIET).fit(rows, Y)


def test_weights_count_in_the_suggestion_as_in_the_fit() -> None:
    weights = np.where(Y > 200, 50.0, 1.0)
    made = zero_shot.LGBMRegressor(**QUIET)
    suggested = made.suggest_params(X, Y, sample_weight=weights)
    assert suggested != made.suggest_params(X, Y)
    assert made.fit(X, Y, sample_weight=weights).chosen_params_ == suggested


def test_a_warning_names_the_line_of_the_user() -> None:
    for call in (zero_shot.KNeighborsClassifier().fit, zero_shot.KNeighborsClassifier().suggest_params):
        with pytest.warns(RecommendationWarning) as caught:
            call(X_CLASS, Y_CLASS)
        assert caught[0].filename == __file__
