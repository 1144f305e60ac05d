from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from foretune.evaluation.figures.regret import (
    SMALLEST_DRAWN,
    plot_regret_curves,
    plot_regret_in_time,
    plot_surrogate_quality,
)
from foretune.evaluation.leaderboard import LEADERBOARD_COLUMNS

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

METHODS = ["random_search", "foretune", "a_new_method"]


@pytest.fixture
def leaderboard() -> pd.DataFrame:
    rows = [
        {
            "task_type": task_type,
            "n_tasks": 12,
            "method": method,
            "n_trials": n_trials,
            "mean_regret": 0.3 / n_trials,
            "median_regret": 0.2 / n_trials,
            "ci_low": 0.0 if method == "foretune" else 0.1 / n_trials,
            "ci_high": 0.4 / n_trials,
        }
        for task_type in ("classification", "regression")
        for method in METHODS
        for n_trials in (1, 5, 50)
    ]
    return pd.DataFrame(rows).reindex(columns=LEADERBOARD_COLUMNS)


@pytest.fixture
def surrogate_quality() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "task_id": ["wine", "iris", "constant"],
            "task_type": "classification",
            "spearman": [0.8, 0.2, float("nan")],
            "trivial_spearman": [0.4, float("nan"), float("nan")],
            "rmse": 0.1,
            "r2": 0.5,
            "kendall": 0.3,
        }
    )


def _traces(figure: Figure, **wanted: Any) -> list[Any]:
    return [trace for trace in figure.data if all(trace[key] == value for key, value in wanted.items())]


def test_a_line_and_a_band_for_every_method_in_every_panel(leaderboard: pd.DataFrame) -> None:
    figure = plot_regret_curves(leaderboard)
    for method in METHODS:
        assert len(_traces(figure, legendgroup=method)) == 4
        assert len(_traces(figure, legendgroup=method, showlegend=True)) == 1
    assert [note.text for note in figure.layout.annotations] == [
        "classification (12 tasks)",
        "regression (12 tasks)",
    ]
    assert figure.layout.xaxis.type == "log"
    assert figure.layout.yaxis.type == "linear"
    switched = figure.layout.updatemenus[0].buttons[1].args[0]
    assert {axis: kind for axis, kind in switched.items() if axis.endswith("type")} == {
        "yaxis.type": "log",
        "yaxis2.type": "log",
    }
    assert [trace.x for trace in _traces(figure, name="A new method")] == [(1, 5, 50)] * 2


def test_foretune_stands_out(leaderboard: pd.DataFrame) -> None:
    figure = plot_regret_curves(leaderboard)
    widths = {trace.name: trace.line.width for trace in figure.data if trace.name}
    assert widths["Foretune"] > widths["Random search"]


def test_regret_zero_is_drawn_on_the_log_axis_and_told_on_hover(leaderboard: pd.DataFrame) -> None:
    figure = plot_regret_curves(leaderboard.assign(mean_regret=0.0))
    line = _traces(figure, name="Foretune")[0]
    assert set(line.y) == {SMALLEST_DRAWN}
    assert line.customdata[0][0] == 0
    band = _traces(figure, legendgroup="foretune", fill="toself")[0]
    assert min(band.y) == SMALLEST_DRAWN


def test_tasks_are_sorted_by_rank_correlation(surrogate_quality: pd.DataFrame) -> None:
    figure = plot_surrogate_quality(surrogate_quality)
    (surrogate,) = _traces(figure, name="Surrogate")
    assert surrogate.y == ("iris", "wine")
    assert surrogate.x == (0.2, 0.8)


def test_equal_input_gives_equal_json(leaderboard: pd.DataFrame, surrogate_quality: pd.DataFrame) -> None:
    assert plot_regret_curves(leaderboard).to_json() == plot_regret_curves(leaderboard).to_json()
    assert (
        plot_surrogate_quality(surrogate_quality).to_json()
        == plot_surrogate_quality(surrogate_quality).to_json()
    )


def test_an_empty_table_gives_an_empty_figure(
    leaderboard: pd.DataFrame, surrogate_quality: pd.DataFrame
) -> None:
    assert not plot_regret_curves(leaderboard.head(0)).data
    assert not plot_surrogate_quality(surrogate_quality.head(0)).data


def test_curves_in_time_stand_at_their_times_and_the_timed_search_is_emphasised(
    leaderboard: pd.DataFrame,
) -> None:
    in_time = leaderboard.rename(columns={"n_trials": "time"}).replace({"time": {1: 0.5}})
    in_time["method"] = in_time["method"].replace("a_new_method", "foretune_timed")
    figure = plot_regret_in_time(in_time)
    (timed,) = _traces(figure, legendgroup="foretune_timed", showlegend=True)
    assert list(timed.x) == [0.5, 5, 50]
    assert timed.hovertemplate.startswith("%{x} mean trials: ")
    widths = {trace.name: trace.line.width for trace in figure.data if trace.mode == "lines+markers"}
    assert max(widths, key=lambda name: widths[name]) == "Foretune timed"
    assert "time" in figure.layout.xaxis.title.text
    assert list(figure.layout.xaxis.tickvals) == [0.5, 5, 50]
