"""The table of conventions in the guide: what of ``GridSearchCV`` holds for ``MetaSearchCV``, row by row."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_iris
from sklearn.exceptions import FitFailedWarning, NotFittedError
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    LeaveOneGroupOut,
    ShuffleSplit,
    cross_val_score,
)
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils import get_tags

from foretune import MetaSearchClassifier, MetaSearchCV
from foretune.base import UserError
from foretune.recommendation.core import SearchError

pytestmark = [
    pytest.mark.filterwarnings("ignore::foretune.recommendation.core.suggestions.RecommendationWarning")
]
GUIDE = Path(__file__).parents[3] / "docs" / "scikit-learn.md"
X, Y = load_iris(return_X_y=True)
FRAME = load_iris(as_frame=True).data
CV = KFold(3, shuffle=True, random_state=0)
TREE = DecisionTreeClassifier(random_state=0)
SPACE = {"max_depth": [1, 2, 3]}
Given = dict[str, Any]
Check = Callable[[Given], None]
CHECKS: dict[str, Check] = {}


def row(*names: str) -> Callable[[Check], Check]:
    """Register a test of rows of the table."""

    def register(check: Check) -> Check:
        CHECKS.update(dict.fromkeys(names, check))
        return check

    return register


@pytest.fixture(scope="module")
def given(memory_folder: Path) -> Given:
    """Give the arguments of all searches."""
    return {"memory": str(memory_folder), "cv": CV, "random_state": 0, "min_gain": 0, "n_trials": 3}


def _rows_of_guide() -> list[str]:
    """Return the first cells of the table of conventions."""
    section = GUIDE.read_text(encoding="utf-8").partition("## As GridSearchCV")[2].partition("\n## ")[0]
    cells = [line.split("|")[1].strip() for line in section.splitlines() if line.startswith("| ")]
    return [cell.replace("`", "") for cell in cells[1:]]


def _own(given: Given, estimator: Any = TREE, space: Any = None, **arguments: Any) -> MetaSearchCV:
    return MetaSearchCV(estimator, SPACE if space is None else space, **{**given, **arguments})


def _by_params(search: Any, column: str = "mean_test_score") -> dict[str, float]:
    rows = zip(search.cv_results_["params"], search.cv_results_[column], strict=True)
    return {str(sorted(params.items())): float(score) for params, score in rows}


class Failing(ClassifierMixin, BaseEstimator):
    """Classifier that cannot be fitted with some values."""

    def __init__(self, value: int = 0) -> None:
        self.value = value

    def fit(self, X: Any, y: Any) -> Failing:
        if self.value >= 2:
            raise RuntimeError("no fit")
        self.classes_ = np.unique(y)
        return self

    def predict(self, X: Any) -> Any:
        return np.full(len(X), self.classes_[self.value])


class Minimal:
    """Classifier with nothing but what a search needs."""

    def __init__(self, at: int = 0) -> None:
        self.at = at

    def get_params(self, deep: bool = False) -> dict[str, Any]:
        return {"at": self.at}

    def set_params(self, **params: Any) -> Minimal:
        self.at = params["at"]
        return self

    def fit(self, X: Any, y: Any) -> Minimal:
        self.classes_ = np.unique(y)
        return self

    def predict(self, X: Any) -> Any:
        return np.full(len(X), self.classes_[self.at])

    def score(self, X: Any, y: Any) -> float:
        return float(np.mean(self.predict(X) == y))


class Lists(ClassifierMixin, BaseEstimator):
    """Classifier that takes lists alone, and arrays of any shape by their length."""

    def __init__(self, only_lists: bool = True) -> None:
        self.only_lists = only_lists

    def fit(self, X: Any, y: Any) -> Lists:
        assert isinstance(X, list) == self.only_lists
        assert len(X) == len(y)
        self.shape_ = np.shape(X)[1:]
        self.classes_ = np.unique(y)
        return self

    def predict(self, X: Any) -> Any:
        assert np.shape(X)[1:] == self.shape_
        return np.full(len(X), self.classes_[0])


@row("estimator")
def check_estimator(given: Given) -> None:
    steps = Pipeline([("impute", SimpleImputer()), ("tree", TREE)])
    search = _own(given, steps, {"tree__max_depth": [1, 2, 3]}).fit(X, Y)
    assert isinstance(search.best_estimator_, Pipeline)
    assert steps.get_params()["tree__max_depth"] is None
    least = MetaSearchCV(Minimal(), {"at": [0, 1, 2]}, task_type="classification", **given).fit(X, Y)
    assert least.best_score_ == max(_by_params(least).values())
    # Steps are searched like any value
    other = _own(given, steps, {"tree": [TREE, DecisionTreeClassifier(max_depth=1)]}, n_trials=2).fit(X, Y)
    assert other.best_estimator_[-1].get_params() == other.best_params_["tree"].get_params()
    assert not hasattr(other.best_params_["tree"], "tree_")


@row("param_grid, param_distributions")
def check_space(given: Given) -> None:
    search = _own(given).fit(X, Y)
    grid = GridSearchCV(TREE, SPACE, cv=CV, scoring="balanced_accuracy").fit(X, Y)
    assert _by_params(search) == pytest.approx(_by_params(grid))
    several = _own(given, space=[{"max_depth": [1]}, {"min_samples_leaf": [3]}]).fit(X, Y)
    assert set(map(str, several.cv_results_["params"])) == {"{'max_depth': 1}", "{'min_samples_leaf': 3}"}
    tuples = make_pipeline(CountVectorizer(), MultinomialNB())
    ranges = {"countvectorizer__ngram_range": [(1, 1), (1, 2)]}
    found = _own(given, tuples, ranges).fit(["red wine", "blue sea", "red beer", "blue sky"] * 5, [0, 1] * 10)
    assert set(found.cv_results_["param_countvectorizer__ngram_range"].tolist()) == {(1, 1), (1, 2)}
    arrays = {"class_weight": [{0: 1, 1: 2, 2: 3}, None], "monotonic_cst": [np.array([0, 0, 0, 1])]}
    assert _own(given, space=arrays).fit(X[Y < 2], Y[Y < 2]).n_trials_ == 2
    with pytest.raises(UserError, match=r"has no parameter 'max_depht' .did you mean 'max_depth'..$"):
        _own(given, space={"max_depht": [1]}).fit(X, Y)


@row("n_iter")
def check_n_trials(given: Given) -> None:
    assert _own(given, n_trials=2).fit(X, Y).n_trials_ == 2
    # A finite space ends it, too
    assert _own(given, n_trials=20).fit(X, Y).stop_reason_ == "no_candidates"


@row("scoring")
def check_scoring(given: Given) -> None:
    for scoring in ("accuracy", lambda model, X, y: float(np.mean(model.predict(X) == y))):
        grid = GridSearchCV(TREE, SPACE, cv=CV, scoring=scoring).fit(X, Y)
        search = _own(given, scoring=scoring).fit(X, Y)
        assert _by_params(search) == pytest.approx(_by_params(grid))
        assert search.score(X, Y) == pytest.approx(grid.score(X, Y))
    several = _own(given, scoring=["accuracy", "f1_macro"], refit="f1_macro").fit(X, Y)
    grid = GridSearchCV(TREE, SPACE, cv=CV, scoring=["accuracy", "f1_macro"], refit="f1_macro").fit(X, Y)
    for name in ("mean_test_accuracy", "mean_test_f1_macro"):
        assert _by_params(several, name) == pytest.approx(_by_params(grid, name))


@row("n_jobs, pre_dispatch")
def check_n_jobs(given: Given) -> None:
    from joblib import parallel_config

    with parallel_config(backend="threading"):
        two = _own(given, n_jobs=2).fit(X, Y)
    assert _by_params(two) == _by_params(_own(given).fit(X, Y))
    assert "pre_dispatch" not in two.get_params()


@row("refit")
def check_refit(given: Given) -> None:
    without = _own(given, refit=False).fit(X, Y)
    assert without.best_params_ == without.cv_results_["params"][without.best_index_]
    for name in ("best_estimator_", "refit_time_", "predict", "predict_proba"):
        assert not hasattr(without, name)
    with pytest.raises(AttributeError, match="refit=False"):
        without.score(X, Y)
    chosen = _own(given, refit=lambda results: 2).fit(X, Y)
    assert chosen.best_index_ == 2
    assert not hasattr(chosen, "best_score_")
    assert chosen.best_params_ == chosen.cv_results_["params"][2]


@row("cv")
def check_cv(given: Given) -> None:
    for cv in (3, ShuffleSplit(2, random_state=0), list(CV.split(X))):
        search = _own(given, cv=cv, scoring="accuracy").fit(X, Y)
        grid = GridSearchCV(TREE, SPACE, cv=cv, scoring="accuracy").fit(X, Y)
        assert _by_params(search) == pytest.approx(_by_params(grid))
        assert search.n_splits_ == grid.n_splits_
    once = _own(given, cv=CV.split(X), scoring="accuracy").fit(X, Y)
    assert once.n_splits_ == 3
    with pytest.raises(ValueError, match="gives no split"):
        _own(given, cv=iter([])).fit(X, Y)


@row("verbose")
def check_verbose(given: Given) -> None:
    import io
    from contextlib import redirect_stdout

    sizes = []
    for verbose in (0, 1, 2, 3):
        with redirect_stdout(io.StringIO()) as shown:
            _own(given, verbose=verbose).fit(X, Y)
        sizes.append(len(shown.getvalue()))
    assert sizes[0] == 0
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == 4


@row("error_score")
def check_error_score(given: Given) -> None:
    space = {"value": [0, 1, 2]}
    with pytest.warns(FitFailedWarning, match="1 of 3 trials failed"):
        search = _own(given, Failing(), space, error_score=-1.0, scoring="accuracy").fit(X, Y)
    with pytest.warns(FitFailedWarning):
        grid = GridSearchCV(Failing(), space, error_score=-1.0, scoring="accuracy", cv=CV).fit(X, Y)
    assert _by_params(search) == pytest.approx(_by_params(grid))
    with pytest.warns(FitFailedWarning):
        unknown = _own(given, Failing(), space, scoring="accuracy").fit(X, Y)
    assert np.isnan(_by_params(unknown)["[('value', 2)]"])
    assert unknown.cv_results_["rank_test_score"].max() == 3
    with pytest.raises(SearchError, match="no fit"):
        _own(given, Failing(), space, error_score="raise").fit(X, Y)
    with pytest.raises(ValueError, match="all 2 trials failed"):
        _own(given, Failing(), {"value": [2, 3]}).fit(X, Y)


@row("return_train_score")
def check_training(given: Given) -> None:
    search = _own(given, return_train_score=True, scoring="accuracy").fit(X, Y)
    grid = GridSearchCV(TREE, SPACE, cv=CV, scoring="accuracy", return_train_score=True).fit(X, Y)
    for name in ("mean_train_score", "std_train_score", "split2_train_score"):
        assert _by_params(search, name) == pytest.approx(_by_params(grid, name))
    assert not any("train" in name for name in _own(given).fit(X, Y).cv_results_)


@row("fit(X, y=None, **params)")
def check_fit(given: Given) -> None:
    lists = _own(given, Lists(), {"only_lists": [True]}, n_trials=1).fit(X.tolist(), Y.tolist())
    assert (lists.cv_results_["status"] == "ok").all()
    cubes = X[:100].reshape(50, 2, 2, 2)
    assert (
        _own(given, Lists(only_lists=False), {"only_lists": [False]}).fit(cubes, [0, 1] * 25).n_trials_ == 1
    )
    for splitter in (GroupKFold(3), LeaveOneGroupOut(), GroupShuffleSplit(2, random_state=0)):
        groups = np.arange(len(Y)) % 4
        by_group = _own(given, cv=splitter, scoring="accuracy").fit(X, Y, groups=groups)
        grid = GridSearchCV(TREE, SPACE, cv=splitter, scoring="accuracy").fit(X, Y, groups=groups)
        assert _by_params(by_group) == pytest.approx(_by_params(grid))
        with pytest.raises(ValueError, match="groups"):
            _own(given, cv=splitter).fit(X, Y)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        _own(given).fit(X, Y[:-1])
    weights = np.linspace(0.1, 1, len(Y))
    assert _own(given).fit(X, Y, sample_weight=weights).n_trials_ == 3


@row("score(X, y=None, **params)")
def check_score(given: Given) -> None:
    search = _own(given, scoring="accuracy").fit(X, Y)
    assert search.score(X, Y) == search.best_estimator_.score(X, Y)
    with pytest.raises(UserError, match="score takes X, y and sample_weight, but not 'colour'"):
        search.score(X, Y, colour=1)
    with pytest.raises(UserError, match="score takes X, y and sample_weight, but not 'colour'"):
        MetaSearchCV("k_nearest_neighbours", **given).fit(X, Y).score(X, Y, colour=1)


@row(
    "predict, predict_proba, predict_log_proba, decision_function, transform, inverse_transform, "
    "score_samples"
)
def check_methods(given: Given) -> None:
    methods = (
        "predict",
        "predict_proba",
        "predict_log_proba",
        "decision_function",
        "transform",
        "inverse_transform",
    )
    for estimator in (TREE, LinearSVC(C=0.5), SVC(C=0.5)):
        grid, search = GridSearchCV(estimator, {}), MetaSearchCV(estimator)
        for name in (*methods, "score_samples"):
            assert hasattr(grid, name) == hasattr(search, name)
    with pytest.raises(NotFittedError):
        MetaSearchCV(TREE, SPACE).predict(X)
    search = _own(given).fit(X, Y)
    for name in ("predict", "predict_proba"):
        np.testing.assert_array_equal(getattr(search, name)(X), getattr(search.best_estimator_, name)(X))
    with np.errstate(divide="ignore"):
        np.testing.assert_array_equal(search.predict_log_proba(X), np.log(search.predict_proba(X)))


@row("cv_results_")
def check_results(given: Given) -> None:
    space = [{"max_depth": [1, 2]}, {"min_samples_leaf": [2]}]
    search = _own(given, space=space).fit(X, Y)
    grid = GridSearchCV(TREE, space, cv=CV, scoring="balanced_accuracy").fit(X, Y)
    assert set(grid.cv_results_) <= set(search.cv_results_)
    more = {"learner", "is_default", "predicted_score", "status", "error"}
    assert set(search.cv_results_) - set(grid.cv_results_) == more
    assert all(len(column) == 3 for column in search.cv_results_.values())
    for name in ("param_max_depth", "param_min_samples_leaf"):
        column = search.cv_results_[name]
        assert isinstance(column, np.ma.MaskedArray)
        active = [name.removeprefix("param_") in params for params in search.cv_results_["params"]]
        assert (~column.mask).tolist() == active
    for name in ("mean_fit_time", "std_fit_time", "mean_score_time", "std_score_time"):
        assert (search.cv_results_[name] >= 0).all()
        assert (search.cv_results_[name] < 1).all()
    assert search.cv_results_["rank_test_score"].dtype == np.int32
    assert len(pd.DataFrame(search.cv_results_)) == 3


@row("best_estimator_, best_params_, best_score_, best_index_")
def check_best(given: Given) -> None:
    search = _own(given).fit(X, Y)
    results = search.cv_results_
    assert search.best_index_ == results["rank_test_score"].argmin()
    assert search.best_score_ == results["mean_test_score"][search.best_index_]
    assert search.best_params_ == results["params"][search.best_index_]
    again = clone(TREE).set_params(**search.best_params_)
    scores = cross_val_score(again, X, Y, cv=CV, scoring="balanced_accuracy")
    assert search.best_score_ == pytest.approx(scores.mean())
    np.testing.assert_array_equal(search.predict(X), again.fit(X, Y).predict(X))


@row("scorer_, multimetric_, n_splits_, refit_time_")
def check_attributes(given: Given) -> None:
    search = _own(given, scoring="accuracy").fit(X, Y)
    assert search.scorer_(search, X, Y) == search.score(X, Y)
    assert not search.multimetric_
    assert search.n_splits_ == 3
    assert search.refit_time_ >= 0
    several = _own(given, scoring=["accuracy", "r2"], refit="r2").fit(X, Y)
    assert several.multimetric_
    assert set(several.scorer_) == {"accuracy", "r2"}


@row("classes_, n_features_in_, feature_names_in_")
def check_features(given: Given) -> None:
    search = _own(given)
    for name in ("classes_", "n_features_in_", "feature_names_in_"):
        assert not hasattr(search, name)
    search.fit(FRAME, Y)
    grid = GridSearchCV(TREE, SPACE).fit(FRAME, Y)
    np.testing.assert_array_equal(search.classes_, grid.classes_)
    assert search.n_features_in_ == grid.n_features_in_ == 4
    np.testing.assert_array_equal(search.feature_names_in_, grid.feature_names_in_)
    assert not hasattr(_own(given, DecisionTreeRegressor()).fit(X, X[:, 0]), "classes_")


@row("metadata routing")
def check_routing(given: Given) -> None:
    from sklearn import config_context
    from sklearn.utils.metadata_routing import MetadataRouter

    with config_context(enable_metadata_routing=True):
        tree = DecisionTreeClassifier(random_state=0).set_fit_request(sample_weight=True)
        search = _own(given, tree, scoring="accuracy")
        assert isinstance(search.get_metadata_routing(), MetadataRouter)
        consumed = search.get_metadata_routing().consumes("fit", ["sample_weight", "groups"])
        assert consumed == {"sample_weight"}
        named = MetaSearchClassifier("svm", cv=GroupKFold(2)).set_fit_request(sample_weight=True)
        consumed = named.get_metadata_routing().consumes("fit", ["sample_weight", "groups"])
        assert consumed == {"sample_weight", "groups"}


@row("callbacks")
def check_callbacks(given: Given) -> None:
    pytest.importorskip("sklearn.callback")
    from sklearn.callback import ProgressBar

    search = _own(given).set_callbacks(ProgressBar())
    assert search.fit(X, Y).n_trials_ == 3


@row("clone, pickle, get_params, HTML")
def check_estimator_methods(given: Given) -> None:
    search = _own(given).fit(X, Y)
    again = pickle.loads(pickle.dumps(search))
    np.testing.assert_array_equal(again.predict(X), search.predict(X))
    assert not hasattr(clone(search), "best_params_")
    assert search.get_params()["learner__max_depth"] is None
    assert clone(search).set_params(learner__min_samples_leaf=4).learner.min_samples_leaf == 4
    assert TREE.min_samples_leaf == 1
    assert "best_estimator_" in search._repr_html_()


@row("tags")
def check_tags(given: Given) -> None:
    for estimator in (TREE, DecisionTreeRegressor(), SVC(kernel="precomputed")):
        grid, search = get_tags(GridSearchCV(estimator, {})), get_tags(MetaSearchCV(estimator, {"x": [1]}))
        assert search.estimator_type == grid.estimator_type
        assert search.input_tags.pairwise == grid.input_tags.pairwise
        assert search.input_tags.sparse == grid.input_tags.sparse


@row("BaseSearchCV")
def check_base(given: Given) -> None:
    assert GridSearchCV.__mro__[1].__name__ == "BaseSearchCV"
    assert not isinstance(_own(given), GridSearchCV.__mro__[1])


def test_every_row_of_the_guide_has_a_test() -> None:
    assert _rows_of_guide() == list(CHECKS)


@pytest.mark.parametrize("name", list(CHECKS), ids=lambda name: re.sub(r"\W+", "_", name).strip("_"))
def test_a_row_of_the_guide_holds(name: str, given: Given) -> None:
    CHECKS[name](given)
