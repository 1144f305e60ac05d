from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from foretune.understanding.figures import (
    plot_ablation,
    plot_better_defaults,
    plot_importance,
    plot_marginals,
    plot_shap,
    plot_tunability,
)

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

NAN = float("nan")
QUARTILES = {"q25": [0.4, 0.1, 0.75], "median": [0.5, 0.2, 0.85], "q75": [0.65, 0.3, 0.8]}
IMPORTANCE = pd.DataFrame(
    {
        "task_type": ["classification", "classification", "regression"],
        "learner": ["svm", "svm", "forest"],
        "hyperparameter": ["C", "gamma", "max_depth"],
        "mean": [0.6, 0.2, 0.9],
        **QUARTILES,
        "surface_r2": [0.75, 0.75, NAN],
    }
)
INTERACTIONS = pd.DataFrame(
    {
        "task_type": "classification",
        "learner": "svm",
        "first": ["C", "C"],
        "second": ["gamma", "degree"],
        "mean": [0.15, 0.01],
        "q25": 0.1,
        "median": 0.12,
        "q75": 0.3,
    }
)


def ends(trace: Any) -> list[tuple[float, float]]:
    """Both ends of each drawn interval."""
    bar = trace.error_x if trace.error_x.array is not None else trace.error_y
    middle = trace.x if trace.error_x.array is not None else trace.y
    assert bar.symmetric is False
    drawn = zip(middle, bar.arrayminus, bar.array, strict=True)
    return [
        (pytest.approx(value - below), pytest.approx(value + above))
        for value, below, above in drawn
        if value is not None
    ]


def titles(figure: Figure) -> list[str]:
    return [annotation.text for annotation in figure.layout.annotations]


def test_importance_has_a_bar_for_each_hyperparameter_and_the_strongest_interaction() -> None:
    figure = plot_importance(IMPORTANCE, INTERACTIONS)
    assert titles(figure) == ["classification", "regression"]
    # The first row has the learner's name and no bar
    svm, forest = figure.data
    assert [svm.y[0], forest.y[0]] == ["<b>svm</b>, R2 0.75", "<b>forest</b>"]
    assert [name.strip("\u200b") for name in svm.y[1:]] == ["C", "gamma", "C x gamma"]
    assert list(svm.x) == [None, 0.6, 0.2, 0.15]
    assert ends(svm) == [(0.4, 0.65), (0.1, 0.3), (0.1, 0.3)]
    assert [row[0] for row in svm.customdata] == [None, 0.5, 0.2, 0.12]
    # The pair is grey, each learner has its colour
    assert len({svm.marker.color[0], svm.marker.color[3], forest.marker.color[0]}) == 3
    assert svm.marker.color[0] == svm.marker.color[1]
    # A mean above the upper quartile has no whisker to the wrong side
    assert ends(forest) == [(0.75, 0.9)]
    assert figure.layout.xaxis.tickformat == ".0%"


def test_tunability_stands_all_together_in_grey() -> None:
    tunability = pd.DataFrame(
        {
            "task_type": "classification",
            "learner": "svm",
            "hyperparameter": ["(all)", "C"],
            "reference": "library default",
            "mean_gain": [0.3, 0.1],
            "ci_low": [0.25, 0.0],
            "ci_high": [0.4, 0.2],
            "median": [0.2, NAN],
        }
    )
    figure = plot_tunability(tunability)
    assert figure.layout.title.text == "Tunability: what tuning gains over the library default"
    (trace,) = figure.data
    assert list(trace.x) == [None, 0.3, 0.1]
    assert ends(trace) == [(0.25, 0.4), (0.0, 0.2)]
    assert trace.marker.color[1] != trace.marker.color[2]
    assert [row[0] for row in trace.customdata] == [None, 0.2, None]


def test_better_defaults_tell_their_configuration() -> None:
    defaults = pd.DataFrame(
        {
            "task_type": "regression",
            "learner": ["svm", "linear"],
            "reference": ["library default", "random configuration"],
            "parameters": [json.dumps({"C": 10, "kernel": "rbf"}), "{}"],
            "mean_gain": [0.1, NAN],
            "ci_low": [0.05, NAN],
            "ci_high": [0.2, NAN],
            "share_improved": [0.75, NAN],
            "best_possible_gain": [0.4, 0.2],
        }
    )
    figure = plot_better_defaults(defaults)
    best, gain = figure.data
    # By name
    assert list(best.y) == list(gain.y) == ["linear", "svm"]
    assert list(best.x) == [0.2, 0.4]
    assert list(gain.x) == [None, 0.1]
    assert [list(row) for row in gain.customdata] == [["not set", None], ["C = 10, kernel = rbf", 0.75]]
    assert gain.error_x.array[1] == pytest.approx(0.1)
    assert gain.error_x.arrayminus[1] == pytest.approx(0.05)
    title = figure.layout.xaxis.title.text
    assert title == "gain in relative score over the library default or random configuration"


def curve(hyperparameter: str, values: list[float], *, is_log: bool = False, **about: Any) -> pd.DataFrame:
    n = len(values)
    table = pd.DataFrame(
        {
            "task_type": "classification",
            "learner": "svm",
            "hyperparameter": hyperparameter,
            "value": values,
            "label": [f"level {at}" for at in range(n)],
            "effect": np.linspace(-0.1, 0.1, n),
            "q25": np.linspace(-0.2, 0.0, n),
            "q75": np.linspace(0.0, 0.2, n),
            "is_log": is_log,
            "importance": 0.42,
        }
    )
    return table.assign(**about)


def test_curves_of_the_three_most_important_hyperparameters() -> None:
    marginals = pd.concat(
        [
            curve("C", [0.01, 1.0, 100.0], is_log=True),
            curve("kernel", [NAN, NAN]),
            curve("degree", [2.0, 3.0]),
            curve("coef0", [0.0, 1.0]),
            curve("depth", [1.0, 2.0], learner="forest"),
        ]
    )
    figure = plot_marginals(marginals)
    # Learners by name; what is less important than the third is left out
    assert [title for title in titles(figure) if title] == [
        f"{name} (42%)" for name in ("depth", "C", "kernel", "degree")
    ]
    _, _, c_band, c_line, kernel, _, degree = figure.data
    assert list(c_line.x) == [0.01, 1.0, 100.0]
    np.testing.assert_allclose(c_line.y, [-0.1, 0.0, 0.1])
    np.testing.assert_allclose(c_band.y, [0.0, 0.1, 0.2, 0.0, -0.1, -0.2])
    assert list(c_band.x) == [0.01, 1.0, 100.0, 100.0, 1.0, 0.01]
    assert list(kernel.x) == ["level 0", "level 1"]
    assert ends(kernel) == [(-0.2, 0.0), (0.0, 0.2)]
    assert list(degree.x) == [2.0, 3.0]
    axes = {name: figure.layout[name] for name in ("xaxis4", "xaxis5", "xaxis6")}
    assert [axis.type for axis in axes.values()] == ["log", "category", "linear"]
    assert list(axes["xaxis4"].tickvals) == [0.01, 0.1, 1, 10, 100]
    assert figure.layout.yaxis.title.text == "forest<br>(classification)"
    assert figure.layout.yaxis4.title.text == "svm<br>(classification)"


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0.1, 5.0, [0.1, 0.2, 0.5, 1, 2, 5]), (1e-6, 1e4, [1e-6, 1e-4, 1e-2, 1, 100, 10_000])],
)
def test_a_logarithmic_axis_has_a_few_round_ticks(low: float, high: float, ticks: list[float]) -> None:
    figure = plot_marginals(curve("C", [low, high], is_log=True))
    assert list(figure.layout.xaxis.tickvals) == ticks
    assert list(figure.layout.xaxis.ticktext) == [f"{tick:g}" for tick in ticks]


def test_shap_values_are_points_coloured_by_the_rank_of_the_value() -> None:
    long = "metafeature " * 5
    shap = pd.DataFrame(
        {"task_type": "classification", "name": ["C", long], "kind": ["hyperparameter", "metafeature"]}
    )
    points = pd.DataFrame(
        {
            "task_type": "classification",
            "name": ["C", "C", "C", long],
            "shap": [0.1234567, -0.2, 0.3, 0.0],
            "value": [1.0, 10.0, NAN, 5.0],
            "value_rank": [0.0, 1.0, NAN, 0.5],
        }
    )
    figure = plot_shap(shap, points)
    unset, c, metafeature = figure.data
    assert list(c.x) == [0.12346, -0.2]
    assert list(c.marker.color) == [0.0, 1.0]
    assert [row[0] for row in c.customdata] == [1.0, 10.0]
    assert (list(unset.x), unset.marker.color) == ([0.3], "#AAAAAA")
    assert all(abs(y) < 0.35 for y in (*c.y, *unset.y))
    assert abs(metafeature.y[0] - 1) < 0.35
    assert figure.layout.yaxis.ticktext == ("<b>C</b>", f"{long[:33]}…")
    assert figure.layout.yaxis.range == (1.6, -0.6)


def test_an_ablation_shows_what_is_lost_and_gained() -> None:
    rows = [
        ("all", "", 0.3),
        ("without", "weak", 0.01),
        ("without", "strong", -0.2),
        ("only", "weak", 0.05),
        ("only", "strong", 0.25),
    ]
    ablation = pd.DataFrame(
        [
            {
                "task_type": "classification",
                "variant": variant,
                "group": group,
                "measure": measure,
                "improvement": improvement,
                "ci_low": improvement - 0.1,
                "ci_high": improvement + 0.05,
            }
            for variant, group, improvement in rows
            for measure in ("spearman", "regret_1", "mse")
        ]
    )
    figure = plot_ablation(ablation)
    assert titles(figure)[:2] == [
        "classification: Spearman correlation",
        "classification: regret of the first proposal",
    ]
    everything, lost, alone = figure.data[:3]
    assert (list(everything.y), list(everything.x)) == (["all metafeatures"], [0.3])
    # A loss is the improvement with its sign changed, and so is its interval
    assert dict(zip(lost.y, lost.x, strict=True)) == {"weak": -0.01, "strong": 0.2}
    assert ends(lost) == [(-0.06, 0.09), (0.15, 0.3)]
    assert dict(zip(alone.y, alone.x, strict=True)) == {"weak": 0.05, "strong": 0.25}
    # What is missed most stands first
    assert figure.layout.yaxis.categoryarray == ("all metafeatures", "strong", "weak")
    assert [trace.showlegend for trace in figure.data] == [True] * 3 + [False] * 3


def test_equal_input_gives_equal_json_and_empty_tables_an_empty_figure() -> None:
    first, second = (plot_importance(IMPORTANCE, INTERACTIONS).to_json() for _ in range(2))
    assert first == second
    assert "NaN" not in first
    empty = plot_importance(IMPORTANCE.head(0), INTERACTIONS.head(0))
    assert [len(trace.x) for trace in empty.data] == []
    assert len(plot_marginals(curve("C", [1.0]).head(0)).data) == 0


def test_long_tables_make_high_figures() -> None:
    many = pd.concat([IMPORTANCE.assign(learner=f"learner {at}") for at in range(20)])
    low, high = (plot_importance(table, INTERACTIONS.head(0)) for table in (IMPORTANCE, many))
    assert low.layout.height == 360
    assert high.layout.height == 190 + 19 * 60
    assert len({trace.marker.color[0] for trace in high.data if len(trace.x)}) == 6
