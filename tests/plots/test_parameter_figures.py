"""Slices and parallel coordinates."""

from __future__ import annotations

import math
from typing import Any

import pytest
from tests.plots.conftest import make_search

from foretune.base import UserError
from foretune.plots import PlotError, ShownSearch, ShownTrial
from foretune.plots.parameter_figures import plot_parameters


def _axes(figure: Any) -> dict[str, Any]:
    """Axes of the panels by title."""
    return {
        axis.title.text: axis
        for axis in (figure.layout[name] for name in figure.layout if name.startswith("xaxis"))
        if axis.visible is None
    }


def test_each_hyperparameter_of_each_learner_has_a_panel(search: ShownSearch) -> None:
    axes = _axes(plot_parameters(search, ()))
    assert set(axes) == {
        *("XGBoost: Learning rate", "XGBoost: Max depth"),
        *("SVM: C", "SVM: Kernel", "SVM: Gamma"),
    }
    assert axes["XGBoost: Learning rate"].type == axes["SVM: C"].type == "log"
    assert axes["XGBoost: Max depth"].type == "linear"
    assert axes["SVM: Kernel"].ticktext == ("linear", "rbf")
    # With the linear kernel there is no gamma
    assert axes["SVM: Gamma"].ticktext[0] == "not set"


def test_a_learner_and_names_choose_panels(search: ShownSearch) -> None:
    assert set(_axes(plot_parameters(search, ["C"], "svm"))) == {"C"}
    with pytest.raises(PlotError, match="'max_depth'"):
        plot_parameters(search, ["max_deth"], "xgboost")
    with pytest.raises(UserError, match="slices, parallel"):
        plot_parameters(search, (), None, "lines")


def test_all_points_of_a_panel_are_the_trials_with_a_score(search: ShownSearch) -> None:
    figure = plot_parameters(search, ["learning_rate"], "xgboost")
    drawn = sorted(y for trace in figure.data for y in trace.y if y is not None)
    assert drawn == sorted(one.score for one in search.trials_of("xgboost") if one.has_score)


def test_parallel_coordinates_have_logarithms_where_the_space_has(search: ShownSearch) -> None:
    (lines,) = plot_parameters(search, (), None, "parallel").data
    dimensions = {one.label: one for one in lines.dimensions}
    assert next(iter(dimensions)) == "Learner"
    assert list(dimensions)[-1] == "Balanced accuracy"
    rates = [trial.params["learning_rate"] for trial in search.scored if trial.learner == "xgboost"]
    drawn = [value for value in dimensions["Learning rate"].values if value > -3.3]
    assert sorted(drawn) == pytest.approx(sorted(map(math.log10, rates)))
    assert set(dimensions["Kernel"].ticktext) == {"linear", "rbf", "not set"}


@pytest.mark.parametrize("kind", ["slices", "parallel"])
def test_one_trial_and_failed_ones_are_drawn(kind: str) -> None:
    assert plot_parameters(make_search(1), (), None, kind).data
    failed = ShownSearch((ShownTrial(1, "svm", {"C": 1.0}, math.nan, status="failed"),), "Score")
    assert "no trial has a score" in plot_parameters(failed, (), None, kind).layout.annotations[0].text
    with pytest.raises(PlotError, match="no trial yet"):
        plot_parameters(ShownSearch((), "Score"), (), None, kind)
