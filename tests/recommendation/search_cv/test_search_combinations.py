"""Figures, tables, programs and pages of searches with several scores, groups, and targets of many kinds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import load_diabetes, load_wine
from sklearn.metrics import get_scorer
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from foretune import MetaSearchCV, UserError
from foretune.learners import TimeFolds
from foretune.recommendation.search_cv.search_view import view_search

X, Y = load_wine(return_X_y=True, as_frame=True)
NUMBERS, VALUES = load_diabetes(return_X_y=True, as_frame=True)
BOTH = ["accuracy", "neg_log_loss"]
DEPTHS = {"max_depth": [1, 2, 3]}


def _both(estimator: Any, X: Any, y: Any) -> dict[str, float]:
    return {name: get_scorer(name)(estimator, X, y) for name in BOTH}


def _fit(memory: Path, learner: Any, X: Any, y: Any, fit: Any = None, **given: Any) -> MetaSearchCV:
    search = MetaSearchCV(learner, **{"n_trials": 3, "random_state": 0, "memory": memory, "cv": 3, **given})
    return search.fit(X, y, **(fit or {}))


def _run(search: MetaSearchCV, X: Any, y: Any, **given: Any) -> float:
    names = {"X": X, "y": y, **given}
    exec(search.to_code(), names)
    return float(names["scores"].mean())


def _written(search: MetaSearchCV, folder: Path) -> str:
    search.report(folder / "page.html")
    return (folder / "page.html").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("learner", ["svm", DecisionTreeClassifier(random_state=0)], ids=["known", "own"])
def test_the_score_that_leads_is_shown(learner: Any, memory_folder: Path, tmp_path: Path) -> None:
    space = {} if isinstance(learner, str) else {"param_distributions": DEPTHS}
    given = {"scoring": BOTH, "refit": "neg_log_loss", "return_train_score": True}
    search = _fit(memory_folder, learner, X, Y, **given, **space)
    frame = search.results_frame()
    assert frame["score"].tolist() == search.cv_results_["mean_test_neg_log_loss"].tolist()
    for name in ("mean_test_accuracy", "mean_test_neg_log_loss", "mean_train_accuracy"):
        assert frame[name].tolist() == search.cv_results_[name].tolist()
    assert (frame["n_folds"] == 3).all()
    shown = view_search(search)
    assert [one.score for one in shown.trials] == frame["score"].tolist()
    assert "log loss" in shown.score_name.lower()
    assert _run(search, X, Y) == pytest.approx(search.best_score_, rel=1e-6)
    assert search.plot.history().data
    assert "What to do now" in _written(search, tmp_path)


def test_a_function_of_the_results_chooses_what_is_written(memory_folder: Path, tmp_path: Path) -> None:
    tree = DecisionTreeClassifier(random_state=0)
    given = {"scoring": BOTH, "refit": lambda results: 1, "param_distributions": DEPTHS}
    search = _fit(memory_folder, tree, X, Y, **given)
    assert not hasattr(search, "best_score_")
    assert _run(search, X, Y) == pytest.approx(search.cv_results_["mean_test_accuracy"][1])
    assert "accuracy" in _written(search, tmp_path).lower()


def test_without_a_choice_there_is_no_program_but_a_page(memory_folder: Path, tmp_path: Path) -> None:
    search = _fit(memory_folder, "svm", X, Y, scoring=BOTH, refit=False)
    with pytest.raises(UserError, match="with several scores give refit the name"):
        search.to_code()
    assert "of several scores, refit names none" in _written(search, tmp_path)
    assert search.plot.history().data
    # Of one score the best is known without a fit to all rows
    search = _fit(memory_folder, "svm", X, Y, refit=False)
    assert _run(search, X, Y) == pytest.approx(search.best_score_, rel=1e-6)


def test_a_function_of_several_scores_is_shown_and_not_written(memory_folder: Path) -> None:
    tree = DecisionTreeClassifier(random_state=0)
    search = _fit(memory_folder, tree, X, Y, scoring=_both, refit="neg_log_loss", param_distributions=DEPTHS)
    assert search.results_frame()["score"].max() == search.best_score_
    assert "log loss" in view_search(search).score_name.lower()
    with pytest.raises(UserError, match="a function of several scores"):
        search.to_code()


@pytest.mark.parametrize("cv", [None, 4], ids=["usual", "number"])
@pytest.mark.parametrize("kind", ["known", "own"])
def test_programs_split_by_groups_as_the_search_did(kind: str, cv: Any, memory_folder: Path) -> None:
    rng = np.random.default_rng(0)
    # Names that are not in the order in which they occur
    groups = np.array(list("hgfedcba"))[rng.integers(0, 8, len(X))]
    learner = "svm" if kind == "known" else DecisionTreeClassifier(random_state=0)
    space = {} if kind == "known" else {"param_distributions": DEPTHS}
    search = _fit(memory_folder, learner, X, Y, {"groups": groups}, cv=cv, **space)
    assert _run(search, X, Y, groups=groups) == pytest.approx(search.best_score_, rel=1e-6)
    assert "StratifiedGroupKFold" in search.to_code()
    with pytest.raises(UserError, match="by groups, which the file does not name"):
        search.to_code("table.csv")


@pytest.mark.filterwarnings("ignore::foretune.RecommendationWarning")
@pytest.mark.parametrize("kind", ["known", "own"])
def test_a_sample_by_groups_is_drawn_again(kind: str, memory_folder: Path) -> None:
    groups = np.random.default_rng(0).integers(0, 12, len(NUMBERS))
    learner = "svm" if kind == "known" else DecisionTreeRegressor(random_state=0)
    space = {} if kind == "known" else {"param_distributions": DEPTHS}
    search = _fit(memory_folder, learner, NUMBERS, VALUES, {"groups": groups}, cv=None, max_rows=150, **space)
    assert _run(search, NUMBERS, VALUES, groups=groups) == pytest.approx(search.best_score_, rel=1e-6)


def test_folds_by_time_are_written(memory_folder: Path) -> None:
    times = np.random.default_rng(0).permutation(len(NUMBERS))
    search = _fit(memory_folder, "svm", NUMBERS, VALUES, {"groups": times}, cv=TimeFolds(3), n_trials=1)
    assert _run(search, NUMBERS, VALUES, groups=times) == pytest.approx(search.best_score_, rel=1e-6)
    assert "from foretune.learners import TimeFolds" in search.to_code()


@pytest.mark.parametrize("target", ["several", "none"])
def test_what_has_not_one_target_has_figures_and_a_reason(
    target: str, memory_folder: Path, tmp_path: Path
) -> None:
    several = np.column_stack([Y == 0, Y == 1]).astype(int)
    if target == "several":
        tree = DecisionTreeClassifier(random_state=0)
        search = _fit(memory_folder, tree, X, several, param_distributions=DEPTHS)
    else:
        means = KMeans(n_init=1, random_state=0)
        search = _fit(memory_folder, means, X, None, param_distributions={"n_clusters": [2, 3, 4]})
    reason = "y has 2 columns" if target == "several" else "there is no y"
    with pytest.raises(UserError, match=reason):
        search.to_code()
    assert search.plot.history().data
    assert search.results_frame()["score"].max() == search.best_score_
    assert reason in _written(search, tmp_path)


def test_further_arguments_of_fit_are_named(memory_folder: Path, tmp_path: Path) -> None:
    tree = DecisionTreeClassifier(random_state=0)
    search = _fit(memory_folder, tree, X, Y, {"check_input": True}, param_distributions=DEPTHS)
    with pytest.raises(UserError, match="fit was given 'check_input'"):
        search.to_code()
    assert "check_input" in _written(search, tmp_path)
    weights = np.ones(len(Y))
    search = _fit(memory_folder, SVC(), X, Y, {"sample_weight": weights}, param_distributions={"C": [1, 2]})
    with pytest.raises(UserError, match="weighed by sample_weight"):
        search.to_code()
