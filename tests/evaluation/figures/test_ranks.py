from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from plotly.graph_objects import Figure
from tests.evaluation.regrets import make_regret

from foretune.evaluation.figures.ranks import plot_critical_differences, plot_rank_curves
from foretune.evaluation.parameters import EvaluationParameters
from foretune.evaluation.statistics.ranks import rank_by_family
from foretune.reporting.page import choose_first

Tables = tuple[pd.DataFrame, pd.DataFrame]


@pytest.fixture(scope="module")
def tables() -> Tables:
    numbers = (1, 5)
    best, middle, worst = ([low + 0.001 * task for task in range(12)] for low in (0.1, 0.3, 0.5))
    regrets = {
        "foretune": dict.fromkeys(numbers, best),
        "random_search": dict.fromkeys(numbers, worst),
        "a_new_method": dict.fromkeys(numbers, middle),
    }
    parts = [make_regret(regrets, task_type=kind) for kind in ("classification", "regression")]
    return rank_by_family(pd.concat(parts), EvaluationParameters())


def _traces(figure: Figure, **wanted: Any) -> list[Any]:
    return [trace for trace in figure.data if all(trace[key] == value for key, value in wanted.items())]


def test_a_line_for_every_method_in_every_panel(tables: Tables) -> None:
    figure = plot_rank_curves(tables[1])
    assert len(figure.data) == 6
    assert [trace.y for trace in _traces(figure, name="Foretune")] == [(1, 1), (1, 1)]
    assert figure.layout.yaxis.autorange == "reversed"
    assert len(_traces(figure, showlegend=True)) == 3


def test_the_diagram_shows_one_number_of_trials_at_a_time(tables: Tables) -> None:
    figure = plot_critical_differences(tables[1], tables[0])
    (menu,) = figure.layout.updatemenus
    assert [button.label for button in menu.buttons] == ["n = 1", "n = 5"]
    shown = [trace.visible for trace in figure.data]
    assert list(menu.buttons[menu.active].args[0]["visible"]) == shown
    assert menu.buttons[menu.active].label == "n = 5"
    # The other one shows exactly the rest
    assert list(menu.buttons[0].args[0]["visible"]) == [not visible for visible in shown]


def test_methods_stand_at_their_ranks_and_bars_join_those_not_told_apart(tables: Tables) -> None:
    friedman, ranks = tables
    figure = plot_critical_differences(ranks, friedman)
    for name, rank in (("Foretune", 1), ("A new method", 2), ("Random search", 3)):
        assert {trace.x[0] for trace in _traces(figure, name=name)} == {rank}
    difference = friedman["critical_difference"][0]
    assert difference < 1
    bars = [trace for trace in figure.data if trace.mode == "lines"]
    assert all(not trace.x for trace in bars)
    wider = plot_critical_differences(ranks, friedman.assign(critical_difference=1.5))
    bar = next(trace for trace in wider.data if trace.mode == "lines")
    assert bar.x == pytest.approx((0.97, 2.03, None, 1.97, 3.03, None), nan_ok=True)


def test_without_a_test_there_is_no_ruler(tables: Tables) -> None:
    friedman, ranks = tables
    figure = plot_critical_differences(ranks, friedman.assign(critical_difference=float("nan")))
    assert sum("no critical difference" in str(trace.text) for trace in figure.data) == 4


def test_equal_input_gives_equal_json_and_an_empty_table_an_empty_figure(tables: Tables) -> None:
    friedman, ranks = tables
    one, other = (plot_critical_differences(ranks, friedman).to_json() for _ in range(2))
    assert one == other
    assert plot_rank_curves(ranks).to_json() == plot_rank_curves(ranks).to_json()
    assert not plot_critical_differences(ranks.head(0), friedman.head(0)).data
    assert not plot_rank_curves(ranks.head(0)).data


def test_what_is_shown_first() -> None:
    assert [choose_first(numbers) for numbers in ([1, 2, 5, 10], [1, 2, 3, 50], [7], [])] == [5, 2, 7, None]
