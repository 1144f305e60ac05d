"""The figures of one search."""

from __future__ import annotations

import json

from tests.plots.conftest import FormulaMemory, make_search

from foretune.plots.trial_plots import TrialPlots


def test_every_figure_is_drawn_again_the_same_with_titles_in_words() -> None:
    search = make_search(12, FormulaMemory())
    plots = TrialPlots(lambda: search)
    draw = (
        plots.history,
        plots.parameters,
        lambda: plots.parameters("C", learner="svm", kind="parallel"),
        lambda: plots.importance(learner="svm"),
        lambda: plots.surface("C", "kernel"),
        plots.against_memory,
    )
    for one in draw:
        figure = one()
        written = figure.to_json()
        assert written == one().to_json()
        layout = json.loads(written)["layout"]
        titles = [layout["title"]["text"], *(_title(layout[name]) for name in layout if "axis" in name)]
        assert not [title for title in titles if "_" in title]
        assert layout["paper_bgcolor"] == "rgba(0, 0, 0, 0)"
    assert plots().to_json() == plots.history().to_json()


def _title(axis: dict[str, dict[str, str]]) -> str:
    return axis.get("title", {}).get("text", "")
