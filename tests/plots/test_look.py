"""The look of all figures."""

from __future__ import annotations

from plotly.graph_objects import Figure
from tests.plots.conftest import make_trials

from foretune.plots.look import CLEAR, add_note, describe_trial, lay_out_neutral


def test_backgrounds_are_clear_and_titles_are_where_they_are_seen() -> None:
    layout = lay_out_neutral(Figure(), "A title", "first<br>second").layout
    assert layout.paper_bgcolor == layout.plot_bgcolor == CLEAR
    assert layout.title.text == "A title"
    assert layout.title.subtitle.text == "first<br>second"
    assert layout.margin.t > 62
    assert layout.font.color not in ("black", "#000000", "white")


def test_texts_of_others_are_no_markup() -> None:
    failed = make_trials(4)[3]
    assert "&lt;b&gt;it broke" in describe_trial(failed)
    assert add_note(Figure(), "<i>").layout.annotations[0].text == "&lt;i&gt;"
