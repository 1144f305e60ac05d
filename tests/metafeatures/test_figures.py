from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from foretune.metafeatures.figures import ALONE, UNTRIED, plot_correlations, plot_task_map

CATALOGUE = pd.DataFrame(
    {
        "task_id": list("abcdef"),
        "task_type": ["classification"] * 4 + ["regression"] * 2,
        "family": ["one", "one", "two", "three", "four", "four"],
    }
)
METAFEATURES = pd.DataFrame(
    {
        "task_id": list("abcdef"),
        "first.up": [1.0, 2, 3, 4, 5, 6],
        "first.down": [4.0, 3, 2, 1, 0, -1],
        "second.holes": [1.0, None, 2, None, 3, 3],
        "second.classes": [1.0, 3, 2, 4, None, None],
    }
)
TASK_MAP = CATALOGUE.assign(x=np.arange(6.0), y=np.arange(6.0), x_share=0.5, y_share=0.25)
TRIALS = pd.DataFrame({"task_id": list("abcde"), "learner": [*"ssfff"], "score": [0.5] * 5})


def test_correlations_and_missing_shares() -> None:
    figure = json.loads(plot_correlations(METAFEATURES, CATALOGUE).to_json())
    heats = [trace for trace in figure["data"] if trace["type"] == "heatmap"]
    bars = [trace for trace in figure["data"] if trace["type"] == "bar"]
    assert [len(trace["x"]) for trace in heats] == [4, 3]
    assert heats[0]["z"][0][1] == 1
    assert bars[0]["y"] == [0, 0, 0.5, 0]
    # Constant over both tasks
    assert heats[1]["z"][2] == [None, None, None]
    assert figure["layout"]["xaxis3"]["ticktext"] == ["first", "second"]


def test_the_map_is_coloured_two_ways() -> None:
    figure = json.loads(plot_task_map(TASK_MAP, TRIALS).to_json())
    shown = [trace["name"] for trace in figure["data"] if trace["visible"]]
    assert sorted(shown) == sorted(["f", "s", "f", UNTRIED])
    hidden = [trace["name"] for trace in figure["data"] if not trace["visible"]]
    assert sorted(hidden) == sorted(["one", ALONE, "four"])
    assert sum(len(trace["x"]) for trace in figure["data"] if trace["visible"]) == len(TASK_MAP)
    # Every name stands once in the legend
    for names in (shown, hidden):
        in_legend = [t["name"] for t in figure["data"] if t["showlegend"] and t["name"] in names]
        assert sorted(in_legend) == sorted(set(names))
    best, family = figure["layout"]["updatemenus"][0]["buttons"]
    for visible in (best["args"][0]["visible"], family["args"][0]["visible"]):
        assert len(visible) == len(figure["data"])
    assert best["args"][0]["visible"] == [trace["visible"] for trace in figure["data"]]
    assert "50%" in figure["layout"]["xaxis"]["title"]["text"]


def test_equal_input_gives_equal_figures() -> None:
    assert plot_task_map(TASK_MAP, TRIALS).to_json() == plot_task_map(TASK_MAP, TRIALS).to_json()


@pytest.mark.parametrize("n_tasks", [0, 1])
def test_few_tasks(n_tasks: int) -> None:
    assert plot_correlations(METAFEATURES.iloc[:n_tasks], CATALOGUE).to_json()
    assert plot_task_map(TASK_MAP.iloc[:n_tasks], TRIALS).to_json()
