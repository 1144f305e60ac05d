from __future__ import annotations

import copy
from typing import Any

import pytest
from plotly.graph_objects import Scatter
from plotly.subplots import make_subplots

from foretune.reporting import lay_out, preview_figure


def make_figure(n_columns: int, *, shared: bool, n_rows: int = 1) -> dict[str, Any]:
    titles = [f"panel {number}" for number in range(1, n_rows * n_columns + 1)]
    figure = make_subplots(rows=n_rows, cols=n_columns, shared_yaxes=shared, subplot_titles=titles)
    for row in range(n_rows):
        for column in range(n_columns):
            figure.add_trace(Scatter(x=[0, 1], y=["one", "two"]), row=row + 1, col=column + 1)
    figure.update_layout(updatemenus=[{"buttons": [{"label": "log", "method": "relayout"}]}])
    made: dict[str, Any] = lay_out(figure, "A title " * 20).to_plotly_json()
    return made


def domains(layout: dict[str, Any], letter: str) -> list[tuple[float, float]]:
    return [tuple(layout[name]["domain"]) for name in sorted(layout) if name.startswith(f"{letter}axis")]


def test_the_figure_stays_as_it_is_and_the_preview_has_no_buttons() -> None:
    figure = make_figure(1, shared=False)
    before = copy.deepcopy(figure)
    shown = preview_figure(figure)
    assert figure == before
    assert "updatemenus" not in shown["layout"]
    assert shown["layout"]["title"]["text"].count("<br>") == 1


def test_panels_with_labels_of_their_own_stand_one_above_the_other() -> None:
    layout = preview_figure(make_figure(2, shared=False))["layout"]
    (upper, lower), (left, right) = domains(layout, "y"), domains(layout, "x")
    assert left == right
    assert upper[0] > lower[1]
    # Each title stands on its panel
    assert [note["y"] for note in layout["annotations"]] == [upper[1], lower[1]]


def test_panels_that_share_their_labels_stay_side_by_side() -> None:
    figure = make_figure(2, shared=True)
    assert domains(preview_figure(figure)["layout"], "x") == domains(figure["layout"], "x")


@pytest.mark.parametrize(("shared", "n_kept"), [(False, 2), (True, 4)])
def test_of_many_panels_the_first_are_left_and_the_title_counts_them(shared: bool, n_kept: int) -> None:
    shown = preview_figure(make_figure(6, shared=shared))
    assert len(shown["data"]) == n_kept
    assert [note["text"] for note in shown["layout"]["annotations"]] == [
        f"panel {number}" for number in range(1, n_kept + 1)
    ]
    assert shown["layout"]["title"]["text"].startswith(f"{n_kept} of 6 panels: ")
    assert len(domains(shown["layout"], "x")) == n_kept


def test_labels_are_few_and_short() -> None:
    figure = make_figure(1, shared=False)
    figure["layout"]["yaxis"] |= {
        "tickvals": list(range(30)),
        "ticktext": ["<b>a very long label of 30</b>"] * 30,
    }
    axis = preview_figure(figure)["layout"]["yaxis"]
    assert axis["tickvals"] == [0, 6, 12, 18, 24]
    assert set(axis["ticktext"]) == {"a very long label o\N{HORIZONTAL ELLIPSIS}"}


def test_a_figure_without_panels_is_previewed_too() -> None:
    shown = preview_figure({"data": [], "layout": {"annotations": [{"text": "nothing was measured"}]}})
    assert shown["layout"]["annotations"][0]["text"] == "nothing was measured"
