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
from foretune.reporting.theme import FOLDED

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


def test_methods_stand_at_their_ranks_with_lines_of_the_critical_difference(tables: Tables) -> None:
    friedman, ranks = tables
    figure = plot_critical_differences(ranks, friedman)
    assert len(figure.data) == 4
    for trace in figure.data:
        assert list(trace.y) == ["Foretune", "A new method", "Random search"]
        assert list(trace.x) == [1, 2, 3]
        # Lines of two methods overlap where these are closer than the critical difference
        assert 2 * trace.error_x.value == pytest.approx(friedman["critical_difference"][0], abs=1e-3)
    assert figure.layout.yaxis.automargin
    wider = plot_critical_differences(ranks, friedman.assign(critical_difference=1.5))
    assert wider.data[0].error_x.value == 0.75
    assert "critical difference 1.50 (12 families" in wider.data[0].hovertemplate


def test_a_button_sorts_the_methods_by_its_ranks(tables: Tables) -> None:
    friedman, ranks = tables
    turned = ranks.copy()
    is_first = turned["n_trials"] == 1
    turned.loc[is_first, "mean_rank"] = 4 - turned.loc[is_first, "mean_rank"]
    figure = plot_critical_differences(turned, friedman)
    (menu,) = figure.layout.updatemenus
    orders = [button.args[1]["yaxis2.categoryarray"] for button in menu.buttons]
    assert [next(iter(order)) for order in orders] == ["Random search", "Foretune"]
    assert list(figure.layout.yaxis2.categoryarray) == list(orders[1])


def test_without_a_test_there_are_points_only(tables: Tables) -> None:
    friedman, ranks = tables
    figure = plot_critical_differences(ranks, friedman.assign(critical_difference=float("nan")))
    assert all("no critical difference" in trace.hovertemplate for trace in figure.data)
    assert {trace.error_x.value for trace in figure.data} == {0}


def test_all_but_five_methods_are_folded(tables: Tables) -> None:
    ranks = tables[1]
    more = [ranks, *(ranks.assign(method=f"new_{at}", mean_rank=5.0 + at) for at in range(4))]
    figure = plot_rank_curves(pd.concat(more))
    shown = {trace.name for trace in figure.data if trace.meta is None}
    assert shown == {"Foretune", "A new method", "Random search", "New 0", "New 1"}
    assert {trace.visible for trace in figure.data if trace.meta == FOLDED} == {"legendonly"}


def test_equal_input_gives_equal_json_and_an_empty_table_an_empty_figure(tables: Tables) -> None:
    friedman, ranks = tables
    one, other = (plot_critical_differences(ranks, friedman).to_json() for _ in range(2))
    assert one == other
    assert plot_rank_curves(ranks).to_json() == plot_rank_curves(ranks).to_json()
    assert not plot_critical_differences(ranks.head(0), friedman.head(0)).data
    assert not plot_rank_curves(ranks.head(0)).data


def test_what_is_shown_first() -> None:
    assert [choose_first(numbers) for numbers in ([1, 2, 5, 10], [1, 2, 3, 50], [7], [])] == [5, 2, 7, None]
