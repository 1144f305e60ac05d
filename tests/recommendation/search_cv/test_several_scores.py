"""Several scores of one search, as ``GridSearchCV`` has them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from joblib import parallel_config
from sklearn.base import clone
from sklearn.datasets import load_wine
from sklearn.exceptions import FitFailedWarning
from sklearn.metrics import accuracy_score, get_scorer, make_scorer
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_validate
from sklearn.tree import DecisionTreeClassifier

from foretune import MetaSearchCV
from foretune.base import UserError
from foretune.learners import EarlyStopping
from foretune.recommendation.core import SearchError
from foretune.recommendation.search_cv.scoring import ScoringError
from foretune.recommendation.search_cv.several_scores import (
    check_refit,
    choose_trial,
    leading_column,
    leading_scoring,
    named_scorers,
)
from foretune.recommendation.search_cv.trial_evaluator import ScoredTrial

pytestmark = pytest.mark.filterwarnings(
    "ignore::foretune.recommendation.core.suggestions.RecommendationWarning"
)
X, Y = load_wine(return_X_y=True, as_frame=True)
CV = StratifiedKFold(3, shuffle=True, random_state=1)
TREE = DecisionTreeClassifier(random_state=0)
DEPTHS = [1, 2, 3, 4]
BOTH = ["accuracy", "neg_log_loss"]


@pytest.fixture
def memory(memory_folder: Path) -> str:
    return str(memory_folder)


def _search(memory: str, estimator: Any = TREE, **arguments: Any) -> MetaSearchCV:
    given = {"cv": CV, "random_state": 0, "min_gain": 0, "n_trials": len(DEPTHS), "memory": memory}
    if not isinstance(estimator, str):
        given["param_distributions"] = {"max_depth": DEPTHS}
    return MetaSearchCV(estimator, **{**given, **arguments})


def _grid(**arguments: Any) -> GridSearchCV:
    return GridSearchCV(TREE, {"max_depth": DEPTHS}, cv=CV, **arguments).fit(X, Y)


def _by_depth(results: dict[str, Any], columns: list[str]) -> dict[int, list[float]]:
    depths = [one["max_depth"] for one in results["params"]]
    return {depth: [float(results[name][at]) for name in columns] for at, depth in enumerate(depths)}


def _both(estimator: Any, X: Any, y: Any) -> dict[str, float]:
    return {name: get_scorer(name)(estimator, X, y) for name in BOTH}


@pytest.mark.quick("False-callable", "True-dict")
@pytest.mark.parametrize(
    "scoring",
    [BOTH, tuple(BOTH), {"accuracy": make_scorer(accuracy_score), "neg_log_loss": "neg_log_loss"}, _both],
    ids=["list", "tuple", "dict", "callable"],
)
@pytest.mark.parametrize("return_train_score", [False, True])
def test_all_scores_are_those_of_a_grid_search(scoring: Any, return_train_score: bool, memory: str) -> None:
    given = {"scoring": scoring, "refit": "neg_log_loss", "return_train_score": return_train_score}
    search, grid = _search(memory, **given).fit(X, Y), _grid(**given)
    columns = [name for name in grid.cv_results_ if "test_" in name or "train_" in name]
    assert {name for name in search.cv_results_ if "test_" in name or "train_" in name} == set(columns)
    found, expected = _by_depth(search.cv_results_, columns), _by_depth(grid.cv_results_, columns)
    assert found.keys() == expected.keys() == set(DEPTHS)
    for depth in DEPTHS:
        np.testing.assert_allclose(found[depth], expected[depth], rtol=1e-12)
    assert search.multimetric_
    assert search.best_score_ == pytest.approx(grid.best_score_)
    assert search.best_params_ == grid.best_params_
    assert search.score(X, Y) == pytest.approx(grid.score(X, Y))
    assert isinstance(search.scorer_, dict) == isinstance(grid.scorer_, dict)


@pytest.mark.parametrize("scoring", [BOTH, {"accuracy": "accuracy", "own": lambda e, X, y: e.score(X, y)}])
def test_scores_of_a_named_learner_are_those_of_its_pipeline(scoring: Any, memory: str) -> None:
    search = _search(memory, "k_nearest_neighbours", scoring=scoring, refit="accuracy", n_trials=2).fit(X, Y)
    again = cross_validate(clone(search.best_estimator_), X, Y, cv=CV, scoring=scoring)
    for name in scoring:
        for at in range(3):
            found = search.cv_results_[f"split{at}_test_{name}"][search.best_index_]
            assert found == pytest.approx(again[f"test_{name}"][at], rel=1e-6)
    assert search.best_score_ == search.cv_results_["mean_test_accuracy"].max()
    assert "mean_test_score" not in search.cv_results_


def test_scores_of_training_parts_are_those_of_the_pipeline(memory: str) -> None:
    search = _search(
        memory, "k_nearest_neighbours", return_train_score=True, n_trials=2, scoring="accuracy"
    ).fit(X, Y)
    again = cross_validate(
        clone(search.best_estimator_), X, Y, cv=CV, scoring="accuracy", return_train_score=True
    )
    found = [search.cv_results_[f"split{at}_train_score"][search.best_index_] for at in range(3)]
    np.testing.assert_allclose(found, again["train_score"])
    # Ranks are those of test parts alone
    assert "rank_train_score" not in search.cv_results_
    assert "mean_train_score" not in _search(memory, "k_nearest_neighbours", n_trials=1).fit(X, Y).cv_results_


def test_a_function_chooses_the_trial(memory: str) -> None:
    seen: list[dict[str, Any]] = []

    def simplest(results: dict[str, Any]) -> int:
        seen.append(results)
        return int(np.argmin([one["max_depth"] for one in results["params"]]))

    search = _search(memory, refit=simplest).fit(X, Y)
    assert search.best_params_ == {"max_depth": 1}
    assert search.best_index_ == [one["max_depth"] for one in search.cv_results_["params"]].index(1)
    assert not hasattr(search, "best_score_")
    assert seen == [search.cv_results_]
    assert search.best_estimator_.get_depth() == 1
    several = _search(memory, refit=simplest, scoring=BOTH).fit(X, Y)
    assert several.best_params_ == {"max_depth": 1}
    assert several.score(X, Y) == get_scorer("accuracy")(several.best_estimator_, X, Y)


@pytest.mark.parametrize("learner", ["k_nearest_neighbours", TREE])
def test_a_function_chooses_in_a_budget_of_time_too(learner: Any, memory: str) -> None:
    search = _search(memory, learner, refit=lambda results: 1, n_trials=3, max_time=60).fit(X, Y)
    assert search.best_index_ == 1
    assert search.best_params_ == search.cv_results_["params"][1]


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ("1", "best_index_ returned is not an integer"),
        (True, "best_index_ returned is not an integer"),
        (-1, "best_index_ index out of range"),
        (4, "best_index_ index out of range; the last row of cv_results_ is 3"),
    ],
)
def test_what_a_function_may_not_return(returned: Any, message: str, memory: str) -> None:
    with pytest.raises(SearchError, match=message):
        _search(memory, refit=lambda results: returned).fit(X, Y)


def test_a_failed_trial_is_not_chosen() -> None:
    good = ScoredTrial(np.ones(2), np.ones(2), np.ones(2), "ok", "")
    failed = ScoredTrial(np.full(2, np.nan), np.ones(2), np.ones(2), "failed", "no reason")
    assert choose_trial(True, {}, [failed, good]) == 1
    assert choose_trial(lambda results: np.int64(1), {}, [failed, good]) == 1
    with pytest.raises(SearchError, match="refit returned 0, a trial that failed: no reason"):
        choose_trial(lambda results: 0, {}, [failed, good])


def test_without_refit_several_scores_choose_nothing(memory: str) -> None:
    search = _search(memory, scoring=BOTH, refit=False).fit(X, Y)
    for name in ("best_index_", "best_params_", "best_score_", "best_estimator_"):
        assert not hasattr(search, name)
    assert {"rank_test_accuracy", "rank_test_neg_log_loss"} <= set(search.cv_results_)
    # One score is enough to choose
    assert hasattr(_search(memory, refit=False).fit(X, Y), "best_params_")


@pytest.mark.parametrize("refit", [True, "recall", "score"])
@pytest.mark.parametrize("scoring", [BOTH, _both])
def test_refit_says_which_score_chooses(refit: Any, scoring: Any, memory: str) -> None:
    with pytest.raises(
        ScoringError, match=r"with several scores it must be the name of the one that chooses"
    ):
        _search(memory, refit=refit, scoring=scoring).fit(X, Y)


def test_the_wrong_name_ends_a_search_by_a_function_at_once(memory: str) -> None:
    n_called = []

    def scores(estimator: Any, X: Any, y: Any) -> dict[str, float]:
        n_called.append(1)
        return {"a": 1.0, "b": 2.0}

    with pytest.raises(ScoringError, match="'a', 'b'"):
        _search(memory, "k_nearest_neighbours", refit="c", scoring=scores, n_trials=50).fit(X, Y)
    assert len(n_called) < 50


@pytest.mark.parametrize(
    ("scoring", "message"),
    [
        ([], "has no scorer"),
        ({}, "has no scorer"),
        (["accuracy", "accuracy"], "has the same name more than once"),
        ([accuracy_score], "a list has names of scorers; give functions in a dictionary"),
        ({1: "accuracy"}, "the keys of scores must be texts"),
        (3, "must be the name of a scorer, a function"),
        (["acuracy"], r"scoring = 'acuracy' is no scorer \(did you mean 'accuracy'"),
        ({"a": accuracy_score}, "looks like it is a metric function rather than a scorer"),
        ({"a": 3}, "must be the name of a scorer or a callable, got int"),
    ],
)
def test_wrong_scores_are_one_line(scoring: Any, message: str, memory: str) -> None:
    refit = next(iter(scoring), True) if isinstance(scoring, list | dict) else True
    refit = refit if isinstance(refit, str) else False
    with pytest.raises(UserError, match=message) as raised:
        _search(memory, scoring=scoring, refit=refit).fit(X, Y)
    assert "\n" not in str(raised.value)


def test_forms_of_scores() -> None:
    assert named_scorers({"b", "a"}) == {"a": "a", "b": "b"}
    assert leading_scoring(["r2", "max_error"], "max_error") == "max_error"
    assert leading_scoring(["r2", "max_error"], False) == "r2"
    assert leading_scoring({"x": "r2"}, len) == "r2"
    assert leading_scoring(None, True) is None
    check_refit(np.bool_(False), {"a": 1})
    assert leading_column("b", {"mean_test_a": 0, "mean_test_b": 1}) == "mean_test_b"
    assert leading_column(True, {"mean_test_score": 0}) == "mean_test_score"
    assert leading_column(True, {"params": []}) is None


def _only_deep(estimator: Any, X: Any, y: Any) -> float:
    if estimator.max_depth < 3:
        raise RuntimeError("too flat")
    return 1.0


def test_a_further_score_that_fails_has_the_error_score(memory: str) -> None:
    scoring = {"accuracy": "accuracy", "deep": _only_deep}
    given = {"scoring": scoring, "refit": "accuracy", "error_score": -3.0}
    search = _search(memory, **given).fit(X, Y)
    for at, params in enumerate(search.cv_results_["params"]):
        is_deep = params["max_depth"] >= 3
        assert search.cv_results_["mean_test_deep"][at] == (1.0 if is_deep else -3.0)
        assert search.cv_results_["status"][at] == "ok"
        assert ("deep: RuntimeError: too flat" in search.cv_results_["error"][at]) == (not is_deep)
    with pytest.raises(SearchError, match="too flat"):
        _search(memory, **{**given, "error_score": "raise"}).fit(X, Y)


def test_the_score_that_leads_fails_a_trial(memory: str) -> None:
    scoring = {"accuracy": "accuracy", "deep": _only_deep}
    with pytest.warns(FitFailedWarning, match="2 of 4 trials failed"):
        search = _search(memory, scoring=scoring, refit="deep", error_score=-3.0).fit(X, Y)
    failed = search.cv_results_["status"] == "failed"
    assert failed.sum() == 2
    assert (search.cv_results_["mean_test_accuracy"][failed] == -3.0).all()
    assert search.best_params_["max_depth"] >= 3


def test_scores_of_training_parts_do_not_count_as_time(memory: str) -> None:
    def slow(estimator: Any, X: Any, y: Any) -> float:
        # Two thirds of the rows are training parts
        if len(y) > len(Y) / 2:
            time.sleep(0.3)
        return 0.5

    search = _search(memory, scoring=slow, return_train_score=True, n_trials=1).fit(X, Y)
    assert search.cv_results_["mean_fit_time"][0] < 0.25
    assert search.cv_results_["mean_score_time"][0] < 0.25
    assert search.cv_results_["mean_train_score"][0] == 0.5


def test_training_scores_and_early_stopping_exclude_each_other(memory: str) -> None:
    with pytest.raises(SearchError, match="leave return_train_score out"):
        _search(memory, "xgboost", early_stopping=EarlyStopping(), return_train_score=True).fit(X, Y)


def test_several_scores_go_with_early_stopping_and_several_jobs(memory: str) -> None:
    stopping = EarlyStopping(patience=5, max_rounds=40)
    given = {"scoring": BOTH, "refit": "neg_log_loss", "n_trials": 2, "early_stopping": stopping}
    with parallel_config(backend="threading"):
        one, two = (_search(memory, "xgboost", n_jobs=n, **given).fit(X, Y) for n in (1, 2))
    for name in BOTH:
        mean = one.cv_results_[f"mean_test_{name}"]
        assert np.isfinite(mean).all()
        np.testing.assert_array_equal(mean, two.cv_results_[f"mean_test_{name}"])
