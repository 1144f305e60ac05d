"""``MetaSearchCV`` over the user's own estimator."""

from __future__ import annotations

import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier
from scipy.sparse import csr_matrix
from scipy.stats import loguniform, randint
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.cluster import KMeans
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import FitFailedWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GroupKFold, KFold, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier
from xgboost import XGBClassifier, XGBRegressor

from foretune import MetaSearchCV
from foretune.base import UserError
from foretune.meta_model import Memory
from foretune.recommendation.core import ChosenMemory, choose_memory, load_memory
from foretune.recommendation.search_cv import own_search
from foretune.recommendation.search_cv.own_search import Deadline, is_own_estimator, task_type_of

# Tables here are unlike the few that the small memory knows
pytestmark = pytest.mark.filterwarnings(
    "ignore::foretune.recommendation.core.suggestions.RecommendationWarning"
)
X, Y = load_wine(return_X_y=True, as_frame=True)
CV = KFold(3, shuffle=True, random_state=1)
BOOSTER = XGBClassifier(n_estimators=5, max_depth=2)
PIPE = Pipeline([("impute", SimpleImputer()), ("scale", StandardScaler()), ("clf", BOOSTER)])
FOREST = Pipeline(
    [("impute", SimpleImputer()), ("clf", RandomForestClassifier(n_estimators=5, random_state=0))]
)


@pytest.fixture
def memory(memory_folder: Path) -> str:
    return str(memory_folder)


def _wait(table: Any) -> Any:
    time.sleep(0.1)
    return table


def _search(estimator: Any, memory: str, n_trials: int | None = 3, **arguments: Any) -> MetaSearchCV:
    given = {"cv": CV, "random_state": 0, "min_gain": 0, **arguments}
    return MetaSearchCV(estimator, n_trials, memory=memory, **given)


def _fold_scores(search: MetaSearchCV, trial: int) -> list[float]:
    return [search.cv_results_[f"split{at}_test_score"][trial] for at in range(search.n_splits_)]


@pytest.mark.parametrize(
    ("scoring", "given"), [(None, None), ("accuracy", {"impute__strategy": ["mean", "median"]})]
)
def test_every_trial_is_that_of_cross_val_score(memory: str, scoring: Any, given: Any) -> None:
    search = _search(PIPE, memory, 4, scoring=scoring, param_distributions=given).fit(X, Y)
    assert search.n_trials_ == 4
    for at, params in enumerate(search.cv_results_["params"]):
        estimator = clone(PIPE).set_params(**params)
        expected = cross_val_score(estimator, X, Y, cv=CV, scoring=search.scorer_)
        np.testing.assert_array_equal(_fold_scores(search, at), expected)


def test_the_best_is_the_users_own_pipeline(memory: str) -> None:
    search = _search(PIPE, memory).fit(X, Y)
    best = search.best_estimator_
    assert [type(step) for _, step in best.steps] == [SimpleImputer, StandardScaler, XGBClassifier]
    assert best.named_steps["clf"].n_estimators == 5
    expected = clone(PIPE).set_params(**search.best_params_).fit(X, Y)
    np.testing.assert_array_equal(search.predict_proba(X), expected.predict_proba(X))
    assert search.best_learner_ == "xgboost"
    assert search.score(X, Y) == search.scorer_(best, X, Y)
    # Nothing is fitted in place
    assert not hasattr(PIPE.named_steps["impute"], "statistics_")


def test_results_have_full_names_and_what_the_user_had(memory: str) -> None:
    search = _search(PIPE, memory).fit(X, Y)
    results = search.cv_results_
    assert "param_clf__learning_rate" in results
    assert "param_clf__max_depth" not in results
    assert results["is_default"].sum() == 1
    own = int(np.flatnonzero(results["is_default"])[0])
    np.testing.assert_array_equal(
        _fold_scores(search, own), cross_val_score(PIPE, X, Y, cv=CV, scoring=search.scorer_)
    )
    assert "XGBClassifier keeps its own max_depth, n_estimators" in search.notes_
    assert np.isfinite(results["predicted_score"]).all()
    assert list(pd.DataFrame(results)["learner"]) == ["xgboost"] * 3


def test_families_are_left_out_of_the_memory(memory: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Memory] = []

    def choose(*given: Any) -> ChosenMemory:
        chosen = choose_memory(*given)
        asked.append(chosen.memory)
        return chosen

    monkeypatch.setattr(own_search, "choose_memory", choose)
    _search(PIPE, memory, 1, exclude_families="tae").fit(X, Y)
    (known,) = asked
    assert "tae" in load_memory("classification", memory).training_set.families
    assert "tae" not in known.training_set.families
    with pytest.raises(UserError, match=r"no family 'taee'.*tae"):
        _search(PIPE, memory, 1, exclude_families="taee").fit(X, Y)


def test_the_same_seed_gives_the_same_search(memory: str) -> None:
    first, second = (_search(FOREST, memory, 4).fit(X, Y) for _ in range(2))
    assert first.cv_results_["params"] == second.cv_results_["params"]
    np.testing.assert_array_equal(first.cv_results_["mean_test_score"], second.cv_results_["mean_test_score"])


def test_parameters_reach_through_a_transformed_target(memory: str) -> None:
    features, values = load_diabetes(return_X_y=True)
    own = TransformedTargetRegressor(
        make_pipeline(StandardScaler(), XGBRegressor(n_estimators=5)), func=np.log, inverse_func=np.exp
    )
    search = _search(own, memory, 3).fit(features[:150], values[:150])
    assert search.task_type_ == "regression"
    assert all(name.startswith("regressor__xgbregressor__") for name in search.best_params_)
    expected = cross_val_score(
        clone(own).set_params(**search.best_params_), features[:150], values[:150], cv=CV
    )
    np.testing.assert_array_equal(_fold_scores(search, search.best_index_), expected)


def test_user_space_holds_and_results_have_its_columns(memory: str) -> None:
    given = {
        "clf__max_depth": randint(3, 5),
        "impute__strategy": ["mean", "median"],
        "clf__max_leaf_nodes": [5, 9],
    }
    search = _search(FOREST, memory, 6, param_distributions=given).fit(X, Y)
    assert set(search.cv_results_["param_clf__max_depth"]) <= {3, 4}
    assert set(search.cv_results_["param_impute__strategy"]) <= {"mean", "median"}
    assert set(search.cv_results_["param_clf__max_leaf_nodes"]) <= {5, 9}
    assert any("n_estimators" in note for note in search.notes_)


def test_an_estimator_without_any_memory_is_searched_by_its_own_trials(memory: str) -> None:
    own = make_pipeline(StandardScaler(), DecisionTreeClassifier(random_state=0))
    prefix = "decisiontreeclassifier__"
    given = {f"{prefix}max_depth": [1, 2, 3], f"{prefix}criterion": ["gini", "entropy"]}
    search = _search(own, memory, 20, param_distributions=given).fit(X, Y)
    # Until the space ends
    assert (search.n_trials_, search.stop_reason_) == (6, "no_candidates")
    assert "learns from its own alone" in search.notes_[-1]
    for at, params in enumerate(search.cv_results_["params"]):
        expected = cross_val_score(clone(own).set_params(**params), X, Y, cv=CV, scoring=search.scorer_)
        np.testing.assert_array_equal(_fold_scores(search, at), expected)


def test_several_workers_and_an_early_end_are_no_error_without_memory(memory: str) -> None:
    given = {"max_depth": randint(1, 9), "ccp_alpha": loguniform(1e-5, 0.1)}
    own = DecisionTreeClassifier(random_state=0)
    search = _search(own, memory, 30, param_distributions=given, n_jobs=2, min_gain=0.05).fit(X, Y)
    assert search.stop_reason_ in ("min_gain", "n_trials")
    assert 1 <= search.best_params_["max_depth"] <= 8


def test_without_memory_and_space_there_is_nothing_to_search(memory: str) -> None:
    with pytest.raises(UserError, match="no trials of DecisionTreeClassifier: give what to search"):
        _search(make_pipeline(DecisionTreeClassifier()), memory).fit(X, Y)
    given = {"max_depth": [1, 2]}
    with pytest.raises(UserError, match="n_trials = 0 needs a memory"):
        _search(DecisionTreeClassifier(), memory, 0, param_distributions=given).fit(X, Y)


def test_a_step_that_is_searched_itself_is_not_led_by_the_memory(memory: str) -> None:
    steps = [SVC(), DecisionTreeClassifier(random_state=0)]
    given = [{"clf": steps}, {"clf": [SVC()], "clf__C": [0.1, 3.0]}]
    search = _search(PIPE, memory, 4, param_distributions=given).fit(X, Y)
    found = {type(one["clf"]) for one in search.cv_results_["params"]}
    assert found == {SVC, DecisionTreeClassifier}
    assert "learns from its own alone" in search.notes_[-1]
    assert not hasattr(steps[1], "classes_")


def test_what_is_no_table_is_searched_without_metafeatures(memory: str) -> None:
    search = _search(XGBClassifier(n_estimators=4), memory, 2).fit(csr_matrix(X), Y)
    assert search.n_trials_ == 2
    assert any("no metafeatures" in note for note in search.notes_)
    assert np.isnan(search.cv_results_["predicted_score"]).all()
    assert len(search.predict(csr_matrix(X))) == len(Y)


def test_texts_are_left_to_the_users_own_steps(memory: str) -> None:
    texts = ["red wine"] * 20 + ["white beer"] * 20
    own = make_pipeline(TfidfVectorizer(), SVC(C=2))
    search = _search(own, memory, 2, cv=2).fit(texts, ["a"] * 20 + ["b"] * 20)
    assert search.best_score_ > 0.9 or search.n_trials_ == 2
    assert any("no metafeatures" in note for note in search.notes_)


def test_what_the_description_leaves_out_is_not_said_to_be_left_out_of_the_fit(memory: str) -> None:
    """The user's own pipeline gets every column."""
    table = pd.DataFrame(np.asarray(X), columns=[f"x{at}" for at in range(np.shape(X)[1])])
    table["customer_id"] = [f"C{at}" for at in range(len(table))]
    own = make_pipeline(FunctionTransformer(_without_texts), SVC(C=2))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        search = _search(own, memory, 2).fit(table, Y)
    assert search.feature_names_in_[-1] == "customer_id"
    (note,) = [one for one in search.notes_ if "customer_id" in one]
    assert note.startswith("description of the table, by which the memory knows it: columns that identify")


def _without_texts(table: pd.DataFrame) -> pd.DataFrame:
    return table.select_dtypes("number")


class Bare:
    """An estimator that is not derived from scikit-learn's, and has no tags."""

    def __init__(self, level: float = 0.0) -> None:
        self.level = level

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return {"level": self.level}

    def set_params(self, level: float) -> Bare:
        self.level = level
        return self

    def fit(self, table: Any, target: Any) -> Bare:
        return self

    def predict(self, table: Any) -> Any:
        return self.level + np.arange(len(table))


def _minus_mae(estimator: Any, table: Any, target: Any) -> float:
    return -float(np.abs(estimator.predict(table) - target).mean())


def test_an_estimator_need_not_be_scikit_learns(memory: str, capsys: pytest.CaptureFixture[str]) -> None:
    given = {"level": {"type": "float", "low": -50.0, "high": 50.0}}
    search = _search(
        Bare(), memory, 20, param_distributions=given, cv=KFold(2), verbose=1, scoring=_minus_mae
    )
    search.fit(X, np.r_[np.arange(89.0), np.arange(89.0)] + 20.0)
    assert search.task_type_ == "regression"
    assert search.best_params_["level"] == pytest.approx(20, abs=1)
    assert len(capsys.readouterr().out.splitlines()) == 20


@pytest.mark.slow
def test_groups_and_weights_are_the_users(memory: str) -> None:
    groups = np.arange(len(Y)) % 4
    search = _search(PIPE, memory, 2, cv=GroupKFold(4)).fit(X, Y, groups=groups)
    assert search.n_splits_ == 4
    weighted = _search(PIPE, memory, 1).fit(X, Y, sample_weight=np.where(Y == 0, 50.0, 0.01))
    plain = _search(PIPE, memory, 1).fit(X, Y)
    assert not np.array_equal(weighted.predict_proba(X), plain.predict_proba(X))


def test_without_trials_the_recommended_is_fitted(memory: str) -> None:
    search = _search(PIPE, memory, 0).fit(X, Y)
    assert search.stop_reason_ == "zero_shot"
    assert search.best_params_ == _search(PIPE, memory, 1).fit(X, Y).best_params_
    assert len(search.predict(X)) == len(Y)


def test_without_refit_there_is_no_estimator(memory: str) -> None:
    search = _search(PIPE, memory, 2, refit=False).fit(X, Y)
    assert not hasattr(search, "best_estimator_")
    assert search.best_params_


def test_a_failed_trial_is_a_row(memory: str) -> None:
    own = make_pipeline(StandardScaler(), SVC(C=2))
    given = {"svc__gamma": [-1.0, 0.1], "svc__kernel": ["rbf"]}
    with pytest.warns(FitFailedWarning):
        search = _search(own, memory, 6, param_distributions=given).fit(X, Y)
    assert set(search.cv_results_["status"]) == {"ok", "failed"}
    assert search.best_params_["svc__gamma"] == 0.1
    with pytest.raises(UserError, match="svc__gamma"):
        _search(own, memory, 6, param_distributions=given, error_score="raise").fit(X, Y)


def test_it_ends_in_time(memory: str) -> None:
    slow = Pipeline([("wait", FunctionTransformer(_wait)), ("clf", BOOSTER)])
    search = _search(slow, memory, None, max_time=1.5).fit(X, Y)
    assert search.stop_reason_ == "max_time"
    # Each waits six times for a tenth of a second
    assert search.n_trials_ <= 3


def test_before_fit_it_is_what_the_estimator_is(memory: str) -> None:
    assert is_classifier(_search(PIPE, memory))
    assert is_regressor(_search(make_pipeline(SVR()), memory))
    assert not hasattr(_search(make_pipeline(SVC()), memory), "predict_proba")
    assert hasattr(_search(PIPE, memory), "predict_proba")
    nested = cross_val_score(_search(PIPE, memory, 1), X, Y, cv=2)
    assert np.isfinite(nested).all()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"param_distributions": {"clf__max_deph": [1]}}, "clf__max_depth"),
        ({"param_distributions": 3}, "param_distributions"),
        ({"early_stopping": True}, "early_stopping"),
        ({"task_type": "regression"}, "task_type"),
        ({"n_trials": {"clf__max_depth": [1]}}, "param_distributions"),
    ],
)
def test_a_wrong_argument_is_one_line(memory: str, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        _search(PIPE, memory).set_params(**arguments).fit(X, Y)
    assert "\n" not in str(caught.value)


def test_given_metafeatures_need_a_table(memory: str) -> None:
    search = _search(XGBClassifier(max_depth=2), memory, metafeatures={"simple.log_n_rows": 3.0})
    with pytest.raises(UserError, match="X is no table"):
        search.fit(csr_matrix(X), Y)


def test_a_space_needs_an_estimator(memory: str) -> None:
    with pytest.raises(UserError, match="needs an estimator"):
        _search("xgboost", memory, param_distributions={"max_depth": [1]}).fit(X, Y)


@pytest.mark.parametrize(
    ("learner", "is_own"),
    [
        ("xgboost", False),
        (["xgboost", SVC(C=3)], False),
        (SVC, False),
        (SVC(), False),
        (XGBClassifier(n_jobs=2, random_state=1), False),
        (SVC(C=3), True),
        (make_pipeline(SVC()), True),
        (TransformedTargetRegressor(SVR()), True),
        (DecisionTreeClassifier(), True),
    ],
    ids=str,
)
def test_an_estimator_is_used_as_it_is_if_it_has_something_of_its_own(learner: Any, is_own: bool) -> None:
    assert is_own_estimator(learner, None) == is_own
    assert is_own_estimator(learner, {"C": [1]}) == (is_own or isinstance(learner, SVC | XGBClassifier))


def test_the_task_type_is_that_of_the_estimator() -> None:
    assert task_type_of(PIPE, None) == "classification"
    assert task_type_of(SVR(), "regression") == "regression"
    assert task_type_of(KMeans(), "regression") == "regression"
    with pytest.raises(UserError, match="SVR is an estimator for regression"):
        task_type_of(SVR(), "classification")


class Steady:
    """A search that always has something left."""

    n_left, default = 5, None

    def ask(self) -> int:
        return 0

    def tell(self, candidate: int, score: float) -> None:
        self.told = (candidate, score)

    def expected_gains(self) -> Any:
        return np.ones(5)


def test_a_deadline_lets_no_trial_start_that_would_end_late() -> None:
    search = Deadline(Steady(), 0.4, 3, last_fit=1.5)
    # The first trial starts in any case
    assert search.n_left == 5
    search.ask()
    time.sleep(0.12)
    search.tell(0, 1.0)
    assert search.n_left == 5
    search.ask()
    time.sleep(0.12)
    search.tell(1, 1.0)
    assert search.n_left == 0


@pytest.mark.parametrize("own", [{"boosting_type": "goss"}, {"data_sample_strategy": "goss"}], ids=str)
def test_rows_are_not_sampled_twice(own: dict[str, Any]) -> None:
    X, y = load_breast_cancer(return_X_y=True)
    booster = LGBMClassifier(verbosity=-1, n_jobs=1, **own)
    search = MetaSearchCV(booster, n_trials=3, cv=2, random_state=0).fit(X[:200], y[:200])
    assert set(search.cv_results_["status"]) == {"ok"}
    assert all(one["subsample_freq"] == 0 for one in search.cv_results_["params"])
