"""Predicted scores against measured ones."""

from __future__ import annotations

import pytest
from tests.plots.conftest import FormulaMemory, make_search

from foretune.plots import PlotError, ShownSearch
from foretune.plots.memory_figure import plot_against_memory


def test_predictions_stand_against_measurements(led_search: ShownSearch) -> None:
    figure = plot_against_memory(led_search)
    points = [trace for trace in figure.data if trace.mode == "markers"]
    pairs = sorted(pair for trace in points for pair in zip(trace.x, trace.y, strict=True))
    assert pairs == sorted((one.predicted, one.score) for one in led_search.scored)
    assert all(x == pytest.approx(y + 0.02) for x, y in pairs)
    told = figure.layout.title.subtitle.text
    assert "22 of 22 measured scores lie in their interval; rank correlation 1.00" in told
    assert any(trace.name == "XGBoost, library default" for trace in points)


def test_another_metric_compares_the_order_alone() -> None:
    figure = plot_against_memory(make_search(memory=FormulaMemory(knows_metric=False)))
    assert "so only the order compares" in figure.layout.title.subtitle.text
    assert "As predicted" not in [trace.name for trace in figure.data]
    assert figure.layout.xaxis.title.text.startswith("Predicted ROC AUC")


def test_without_a_memory_or_scores_there_is_one_line(search: ShownSearch) -> None:
    with pytest.raises(PlotError, match="no memory"):
        plot_against_memory(search)
    figure = plot_against_memory(make_search(0, FormulaMemory()))
    assert "no trial has both" in figure.layout.annotations[0].text
