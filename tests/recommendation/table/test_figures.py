from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.recommendation.table.conftest import EVIL

from foretune.recommendation.table.figures import (
    DEFAULT,
    OURS,
    label_rows,
    plot_drivers,
    plot_gains,
    plot_measured,
    plot_neighbours,
    plot_predictions,
)

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from foretune.recommendation.table.result import RecommendationResult

ESCAPED = "&lt;script&gt;document.title = 'harmed'&lt;/script&gt;"


def _drawn_interval(trace: Any) -> tuple[np.ndarray, np.ndarray]:
    """Both ends of the bars, as they are drawn."""
    x = np.array(trace.x)
    assert trace.error_x.symmetric is False
    below, above = (np.array(part, dtype=float) for part in (trace.error_x.arrayminus, trace.error_x.array))
    return x - below, x + above


def _assert_intervals(figure: Figure, rows: Any, columns: tuple[str, str, str]) -> None:
    trace = figure.data[0]
    middle, low, high = columns
    np.testing.assert_array_equal(trace.x, rows[middle])
    drawn_low, drawn_high = _drawn_interval(trace)
    np.testing.assert_allclose(drawn_low, rows[low], atol=1e-12)
    np.testing.assert_allclose(drawn_high, rows[high], atol=1e-12)
    assert list(trace.y) == [
        f"{rank}. {learner}" for rank, learner in zip(rows["rank"], rows["learner"], strict=True)
    ]
    assert [colour == DEFAULT for colour in trace.marker.color] == rows["is_default"].tolist()


def test_predictions_with_their_intervals(result: RecommendationResult) -> None:
    figure = plot_predictions(result)
    assert len(figure.data) == 1
    _assert_intervals(figure, result.recommendations, ("predicted_score", "score_low", "score_high"))
    assert "balanced accuracy" in figure.layout.xaxis.title.text


def test_what_was_measured_stands_beside_the_predictions(measured: RecommendationResult) -> None:
    _, trace = plot_predictions(measured).data
    assert measured.measured is not None
    assert list(trace.x) == measured.measured["score"].tolist()
    assert list(trace.y) == label_rows(measured.measured)
    # On the lines of the predictions, in their order
    predicted = plot_predictions(measured).data[0].y
    assert list(trace.y)[:2] == list(predicted)[:2]


def test_trials_without_a_score_are_not_drawn(measured: RecommendationResult) -> None:
    assert measured.measured is not None
    failed = measured.measured.copy()
    failed.loc[0, "score"] = np.nan
    one_less = replace(measured, measured=failed)
    assert list(plot_predictions(one_less).data[1].x) == failed["score"].tolist()[1:]
    assert list(plot_measured(one_less).data[1].x) == failed["score"].tolist()[1:]
    failed["score"] = np.nan
    assert "nothing was measured" in plot_measured(one_less).layout.annotations[0].text


def test_gains_with_their_intervals(result: RecommendationResult) -> None:
    figure = plot_gains(result)
    _assert_intervals(figure, result.recommendations, ("gain", "gain_low", "gain_high"))
    (line,) = figure.layout.shapes
    assert (line.x0, line.x1) == (0, 0)


def test_neighbours_with_what_is_usual(result: RecommendationResult) -> None:
    figure = plot_neighbours(result)
    (bars,) = figure.data
    assert list(bars.x) == result.neighbours["distance"].tolist()
    assert list(bars.y) == result.neighbours["task_id"].tolist()
    assert [list(one) for one in bars.customdata] == result.neighbours[
        ["family", "best_learner"]
    ].to_numpy().tolist()
    lines = {shape.x0 for shape in figure.layout.shapes}
    assert lines == {result.distances["typical"], result.distances["largest"]}
    assert [one.text.split()[0] for one in figure.layout.annotations] == ["typical", "largest"]
    # Lines that are near each other would otherwise have their texts on top of each other
    assert len({one.yshift for one in figure.layout.annotations}) == 2


@pytest.mark.parametrize("n_drawn", [3, 1000])
def test_the_strongest_drivers(result: RecommendationResult, n_drawn: int) -> None:
    figure = plot_drivers(result, n_drawn)
    (bars,) = figure.data
    strongest = result.drivers.metafeatures.head(n_drawn)
    assert list(bars.y) == strongest["metafeature"].tolist()
    assert list(bars.x) == strongest["contribution"].tolist()
    np.testing.assert_allclose(
        np.array(bars.customdata, dtype=float), strongest[["value", "percentile"]], atol=1e-4
    )
    assert [colour == OURS for colour in bars.marker.color] == (strongest["contribution"] >= 0).tolist()
    assert f"rank {result.driven} " in figure.layout.title.text


def test_measured_against_predicted(measured: RecommendationResult) -> None:
    figure = plot_measured(measured)
    predicted, tried = figure.data
    rows = measured.measured
    assert rows is not None
    assert list(predicted.y) == list(tried.y) == label_rows(rows)
    assert list(tried.x) == rows["score"].tolist()
    assert list(tried.error_x.array) == list(tried.error_x.arrayminus) == rows["score_std"].tolist()
    known = rows.dropna(subset=["predicted_score"])
    assert [one for one in predicted.x if one is not None] == known["predicted_score"].tolist()
    low, high = _drawn_interval(predicted.update(x=[one or np.nan for one in predicted.x]))
    np.testing.assert_allclose(high[np.isfinite(high)], known["score_high"])
    np.testing.assert_allclose(low[np.isfinite(low)], known["score_low"])
    low_end, high_end = figure.layout.xaxis.range
    drawn = [rows["score"] - rows["score_std"], known["score_low"], rows["score"] + rows["score_std"]]
    assert 0 < min(part.min() for part in drawn) - low_end < 0.5
    assert high_end > max(known["score_high"].max(), drawn[2].max())
    # Beside each other, so that no line runs through a label or another point
    assert figure.layout.scattermode == "group"
    assert predicted.offsetgroup != tried.offsetgroup


def test_without_trials_the_figure_says_how_to_get_some(result: RecommendationResult) -> None:
    figure = plot_measured(result)
    assert not figure.data
    assert "evaluate=" in figure.layout.annotations[0].text


def test_names_are_names_and_neither_markup_nor_numbers(measured: RecommendationResult) -> None:
    n = len(measured.neighbours)
    neighbours = measured.neighbours.assign(
        task_id=[EVIL, *map(str, range(31, 30 + n))], family=EVIL, best_learner=EVIL
    )
    recommendations = measured.recommendations.assign(learner=EVIL)
    assert measured.measured is not None
    evil = replace(
        measured,
        neighbours=neighbours,
        recommendations=recommendations,
        measured=measured.measured.assign(learner=EVIL),
    )
    figures = [plot_neighbours(evil), plot_predictions(evil), plot_gains(evil), plot_measured(evil)]
    for figure in figures:
        drawn = json.dumps(figure.to_plotly_json()["data"], default=list)
        assert EVIL not in drawn
        assert ESCAPED in drawn
    # An axis of numbers would spread the tasks 31, 32, ... by their numbers
    for figure in [*figures[:3], plot_drivers(evil, 5)]:
        assert figure.layout.yaxis.type == "category"
        assert figure.layout.yaxis.autorange == "reversed"


def test_without_a_default_and_without_metafeatures_figures_can_still_be_written(
    result: RecommendationResult,
) -> None:
    unknown = result.recommendations.assign(gain=np.nan, gain_low=np.nan, gain_high=np.nan)
    drivers = result.drivers._replace(metafeatures=result.drivers.metafeatures.head(0))
    bare = replace(result, recommendations=unknown, default=None, drivers=drivers)
    for figure in (plot_gains(bare), plot_drivers(bare, 5)):
        assert "NaN" not in figure.to_json()
        assert figure.layout.height >= 300
