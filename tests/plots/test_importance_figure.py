"""Importance of hyperparameters."""

from __future__ import annotations

import math

import pytest
from tests.plots.conftest import FormulaMemory, make_search

from foretune.plots import PlotError, ShownSearch, ShownTrial
from foretune.plots.importance_figure import measure_importance, plot_importance


@pytest.mark.parametrize("has_memory", [True, False])
def test_what_the_score_depends_on_is_important(has_memory: bool) -> None:
    search = make_search(40, FormulaMemory() if has_memory else None)
    found = measure_importance(search, "xgboost")
    assert list(found.shares) == ["learning_rate", "max_depth"]
    assert found.shares["learning_rate"] > 0.85
    assert found.shares["max_depth"] < 0.1
    svm = measure_importance(search, "svm")
    assert svm.shares["C"] > svm.shares["kernel"] > svm.shares.get("gamma", 0.0)
    assert math.isnan(found.r2) == has_memory


def test_the_figure_says_what_it_is_of(led_search: ShownSearch) -> None:
    figure = plot_importance(led_search)
    assert "fANOVA of each learner by itself" in figure.layout.title.subtitle.text
    assert {name for trace in figure.data for name in trace.y} >= {"Learning rate", "C", "Kernel"}
    one = plot_importance(make_search(40), "svm")
    assert "fANOVA of 19 trials with a score, of which the forest explains" in one.layout.title.subtitle.text


def test_a_memory_tells_the_importance_without_any_trial() -> None:
    search = make_search(0, FormulaMemory())
    assert measure_importance(search, "svm").source == "the memory's prediction, all over the search space"


def test_too_few_trials_and_equal_scores_are_one_line() -> None:
    with pytest.raises(PlotError, match="at least 8 trials with a score, and XGBoost has 4"):
        plot_importance(make_search(9), "xgboost")
    same = tuple(ShownTrial(at, "a", {"x": at}, 1.0) for at in range(9))
    with pytest.raises(PlotError, match="all scores of a are the same"):
        plot_importance(ShownSearch(same, "Score"))
    fixed = tuple(ShownTrial(at, "a", {"x": 1}, float(at)) for at in range(9))
    with pytest.raises(PlotError, match="was varied"):
        plot_importance(ShownSearch(fixed, "Score"))


def test_a_learner_with_too_few_trials_is_left_out_and_named() -> None:
    trials = (*make_search(18).trials_of("xgboost"), *make_search(4).trials_of("svm"))
    figure = plot_importance(ShownSearch(trials, "Score"))
    assert "1 learner left out: importance needs" in figure.layout.title.subtitle.text
