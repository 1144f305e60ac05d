"""Fitted searches as figures show them, with a memory behind them."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import loguniform
from sklearn.datasets import load_wine
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from foretune import MetaSearchCV, UserError
from foretune.plots import PlotError
from foretune.recommendation.search_cv.search_view import view_search

X, Y = load_wine(return_X_y=True, as_frame=True)


@pytest.fixture(scope="module")
def search(memory_folder: Path) -> MetaSearchCV:
    learners = ["svm", "k_nearest_neighbours"]
    given = {"random_state": 0, "memory": memory_folder, "min_gain": 0, "cv": 3}
    return MetaSearchCV(learners, n_trials=5, **given).fit(X, Y)


def test_trials_are_those_of_cv_results(search: MetaSearchCV) -> None:
    shown = view_search(search)
    assert [trial.score for trial in shown.trials] == search.cv_results_["mean_test_score"].tolist()
    assert shown.score_name == "Balanced accuracy"
    best = shown.best_of(shown.scored)
    assert best is not None
    assert best.number == search.best_index_ + 1
    assert shown.axes("svm")["C"].is_log


def test_the_memory_predicts_what_it_predicted_before_the_trials(search: MetaSearchCV) -> None:
    shown = view_search(search)
    assert shown.memory is not None
    for trial in shown.trials:
        predicted, low, high = shown.memory.predict(trial.learner, [trial.params])
        assert predicted[0] == pytest.approx(trial.predicted)
        assert low[0] <= predicted[0] <= high[0]
    unknown, _, _ = shown.memory.predict("svm", [{"kernel": "sigmoid", "C": 1.0}])
    assert math.isnan(unknown[0])
    drawn = shown.memory.draw("svm", 30, np.random.default_rng(0))
    assert all(("gamma" in one) == (one["kernel"] == "rbf") for one in drawn)


def test_every_figure_of_a_search(search: MetaSearchCV) -> None:
    assert "Library default" in [trace.name for trace in search.plot.history().data]
    assert search.plot.parameters("C", learner="svm").layout.xaxis.type == "log"
    assert "memory's prediction" in search.plot.importance(learner="svm").layout.title.subtitle.text
    assert search.plot.surface("C", "gamma").layout.yaxis.type == "log"
    assert "measured scores lie" in search.plot.against_memory().layout.title.subtitle.text
    with pytest.raises(PlotError, match="'n_neighbors'"):
        search.plot.surface("C", "n_neighbours", learner="k_nearest_neighbours")


def test_without_a_trial_there_are_figures_all_the_same(memory_folder: Path) -> None:
    search = MetaSearchCV("svm", n_trials=0, random_state=0, memory=memory_folder).fit(X, Y)
    assert "there was no trial" in search.plot.history().layout.annotations[0].text
    assert search.plot.importance().data
    assert search.plot.surface("C", "kernel").data


def test_a_part_of_a_pipeline_is_led_and_has_its_full_names(memory_folder: Path) -> None:
    pipe = Pipeline([("impute", SimpleImputer()), ("clf", SVC())])
    space = {"impute__strategy": ["mean", "median"], "clf__C": loguniform(0.1, 10)}
    search = MetaSearchCV(
        pipe, n_trials=3, param_distributions=space, random_state=0, memory=memory_folder, cv=3
    ).fit(X, Y)
    shown = view_search(search)
    assert shown.default_name == "Estimator as given"
    axes = shown.axes("svm")
    assert axes["clf__C"].is_log
    assert (axes["clf__C"].low, axes["clf__C"].high) == pytest.approx((0.1, 10))
    assert axes["clf__gamma"].is_log
    assert shown.memory is not None
    assert shown.memory.learners == ["svm"]
    assert {"impute__strategy", "clf__C"} <= shown.memory.draw("svm", 1, np.random.default_rng(0))[0].keys()
    figure = search.plot.surface("clf__C", "impute__strategy")
    assert figure.layout.xaxis.title.text == "clf: C"


def test_an_estimator_without_a_memory_learns_from_its_trials(memory_folder: Path) -> None:
    space = {"max_depth": [1, 2, 3, None], "ccp_alpha": loguniform(1e-4, 0.1)}
    search = MetaSearchCV(
        DecisionTreeClassifier(random_state=0),
        n_trials=8,
        param_distributions=space,
        random_state=0,
        memory=memory_folder,
        cv=3,
    ).fit(X, Y)
    assert search.plot.parameters("ccp_alpha").layout.xaxis.type == "log"
    assert (
        "a Gaussian process of 8 trials"
        in search.plot.surface("max_depth", "ccp_alpha").layout.title.subtitle.text
    )
    assert "fANOVA of 8 trials" in search.plot.importance().layout.title.subtitle.text
    with pytest.raises(PlotError, match="no trials of DecisionTreeClassifier"):
        search.plot.against_memory()


def test_a_changed_memory_and_a_missing_fit_are_one_line(memory_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "memory"
    shutil.copytree(memory_folder, folder)
    search = MetaSearchCV("svm", n_trials=0, random_state=0, memory=folder).fit(X, Y)
    search.exclude_families = [_some_family(memory_folder)]
    with pytest.raises(UserError, match="has changed since it was fitted"):
        search.plot.history()
    with pytest.raises(UserError, match="not fitted yet"):
        MetaSearchCV("svm").plot.history()
    del search._record_
    with pytest.raises(UserError, match="earlier version"):
        search.results_frame()


def _some_family(memory_folder: Path) -> str:
    from foretune.recommendation.core.memory import load_memory

    return load_memory("classification", memory_folder).training_set.families[0]
