"""Expected scores over two hyperparameters."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.plots.conftest import FormulaMemory, make_search, true_score

from foretune.plots import PlotError, ShownSearch, ShownTrial
from foretune.plots.surface_figure import plot_surface


def test_the_surface_is_the_score_and_the_trials_are_on_it(led_search: ShownSearch) -> None:
    figure = plot_surface(led_search, "learning_rate", "max_depth")
    surface = figure.data[0]
    expected = [
        [true_score({"learning_rate": rate, "max_depth": depth}) for rate in surface.x] for depth in surface.y
    ]
    assert np.abs(np.array(surface.z, dtype=float) - expected).max() < 1e-6
    assert list(surface.y) == list(range(1, 11))
    assert figure.layout.xaxis.type == "log"
    assert figure.layout.xaxis.title.text == "Learning rate"
    drawn = {x for trace in figure.data[1:] for x in trace.x if x is not None}
    assert drawn == {
        trial.params["learning_rate"] for trial in led_search.trials_of("xgboost") if trial.has_score
    }
    assert "the best with both" in figure.layout.title.subtitle.text


def test_a_nominal_axis_has_its_choices(led_search: ShownSearch) -> None:
    figure = plot_surface(led_search, "kernel", "C")
    assert figure.layout.xaxis.ticktext == ("linear", "rbf")
    assert np.array(figure.data[0].z).shape == (len(figure.data[0].y), 2)
    assert "SVM" in figure.layout.title.text


def test_other_units_are_told_and_have_no_common_colours() -> None:
    figure = plot_surface(make_search(6, FormulaMemory(knows_metric=False)), "C", "kernel", "svm")
    assert figure.layout.title.text == "Expected ROC AUC of SVM"
    assert all(trace.marker.coloraxis is None for trace in figure.data[1:])


def test_a_memory_shows_what_no_trial_has_tried() -> None:
    search = make_search(0, FormulaMemory())
    assert (
        "a configuration of the search space"
        in plot_surface(search, "C", "gamma", "svm").layout.title.subtitle.text
    )


def test_wrong_pairs_are_one_line(search: ShownSearch) -> None:
    with pytest.raises(PlotError, match="there is no hyperparameter 'depth'"):
        plot_surface(search, "learning_rate", "depth")
    with pytest.raises(PlotError, match="no learner has both 'learning_rate' and 'C'"):
        plot_surface(search, "learning_rate", "C")
    with pytest.raises(PlotError, match="give two hyperparameters"):
        plot_surface(search, "C", "C")
    apart = tuple(
        ShownTrial(at, "a", {"kind": at % 2, **({"x": 1.0 * at} if at % 2 else {"y": 1.0 * at})}, at / 10)
        for at in range(6)
    )
    with pytest.raises(PlotError, match="'x' and 'y' were never active together"):
        plot_surface(ShownSearch(apart, "Score"), "x", "y")
    few = (ShownTrial(0, "a", {"x": 1.0, "y": 2.0}, math.nan, status="failed"),)
    with pytest.raises(PlotError, match="at least 3 trials with a score"):
        plot_surface(ShownSearch(few, "Score"), "x", "y")
