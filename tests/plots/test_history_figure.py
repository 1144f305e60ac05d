"""Scores of the trials in their order."""

from __future__ import annotations

import math

import numpy as np
from tests.plots.conftest import make_search

from foretune.plots import ShownSearch, ShownTrial
from foretune.plots.history_figure import plot_history


def test_every_trial_is_drawn_once_with_the_best_so_far(search: ShownSearch) -> None:
    figure = plot_history(search)
    traces = {trace.name: trace for trace in figure.data}
    drawn = [number for name, trace in traces.items() if name != "Best so far" for number in trace.x]
    assert sorted(drawn) == [trial.number for trial in search.trials]
    assert list(traces["Library default"].x) == [1]
    assert traces["Library default"].marker.symbol == "star"
    best = traces["Best so far"]
    scores = [trial.score for trial in search.scored]
    assert list(best.y)[:-1] == np.maximum.accumulate(scores).tolist()
    # Below all scores
    assert traces["Failed"].y[0] == traces["Stopped by the race"].y[0] < min(scores)
    assert figure.layout.yaxis.title.text == "Balanced accuracy"
    assert figure.layout.xaxis.title.text == "Trial"


def test_a_study_that_minimises_has_its_failures_above_and_its_best_falling() -> None:
    search = make_search(higher_is_better=False)
    traces = {trace.name: trace for trace in plot_history(search).data}
    scores = [trial.score for trial in search.scored]
    assert traces["Failed"].y[0] > max(scores)
    assert list(traces["Best so far"].y)[-1] == min(scores)


def test_a_search_without_trials_or_scores_says_so() -> None:
    unmeasured = ShownTrial(1, "svm", {"C": 1.0}, math.nan, status="not evaluated", predicted=0.9)
    for trials, told in (
        ((), "there was no trial"),
        ((unmeasured,), "there was no trial"),
        ((ShownTrial(1, "svm", {"C": 1.0}, math.nan, status="failed"),), "no trial has a score"),
    ):
        figure = plot_history(ShownSearch(trials, "Score"))
        assert told in figure.layout.annotations[0].text
    assert len(plot_history(make_search(1)).data) == 1
