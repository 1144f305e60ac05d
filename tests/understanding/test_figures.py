from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from tests.understanding.conftest import _make_table

from foretune.meta_model.meta_dataset import MetaDataset
from foretune.meta_model.parameters import BoosterParameters, MetaTrainingParameters
from foretune.meta_model.surrogate import train_surrogate
from foretune.understanding.ablation import ablate_metafeatures
from foretune.understanding.figures import (
    plot_ablation,
    plot_better_defaults,
    plot_importance,
    plot_marginals,
    plot_shap,
    plot_tunability,
)
from foretune.understanding.hyperparameter_tables import study_hyperparameters
from foretune.understanding.parameters import UnderstandingParameters
from foretune.understanding.sections import TABLES, build_sections
from foretune.understanding.shap_values import explain_surrogates

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    """Give all tables of a forest with a choice, and of a learner whose name other tables cut short."""
    rng = np.random.default_rng(0)
    design = pd.DataFrame(
        {
            "param_rate": 10 ** rng.uniform(-4, 0, 30),
            "param_kind": rng.choice(["one", "two"], 30),
            "param_depth": rng.choice([np.nan, 2.0, 9.0], 30),
        }
    )
    tasks = {f"task{number}": float(number) for number in range(6)}
    described = pd.DataFrame(rng.normal(size=(6, 3)), columns=["a.x", "b.y", "b.z"])
    described["task_id"] = list(tasks)

    def surface(x: pd.DataFrame, quality: float) -> pd.Series:
        scores: pd.Series = np.log10(x["param_rate"]) * (1 + quality) + (x["param_kind"] == "one")
        return scores

    both: Any = {"qualities": tasks, "metafeatures": described}
    table = pd.concat(
        [
            _make_table(design, surface, learner="forest", default=3, **both),
            _make_table(design[["param_rate", "param_kind"]], surface, learner="k" * 60, **both),
        ],
        ignore_index=True,
    )
    booster = BoosterParameters(n_rounds=5, learning_rate=0.3, max_depth=3)
    raw: Any = {"surface": {"n_trees": 3}, "ablation": {"surrogate": booster.model_dump()}}
    parameters = UnderstandingParameters(shap_rows=40, n_bootstrap=100, **raw)
    settings = MetaTrainingParameters(target="minmax", surrogate=booster, level=booster)
    surrogate = train_surrogate(MetaDataset.from_table(table), settings, 0)
    found = [
        *study_hyperparameters(table, parameters, 0),
        *explain_surrogates(table, {"classification": surrogate}, parameters, 0),
        ablate_metafeatures(table, parameters, "minmax", 0),
    ]
    return dict(zip(TABLES, found, strict=True))


def _draw(tables: dict[str, pd.DataFrame]) -> dict[str, Figure]:
    return {
        "importance": plot_importance(
            tables["hyperparameter_importance"], tables["hyperparameter_interactions"]
        ),
        "marginals": plot_marginals(tables["marginals"]),
        "tunability": plot_tunability(tables["tunability"]),
        "better_defaults": plot_better_defaults(tables["better_defaults"]),
        "shap": plot_shap(tables["shap"], tables["shap_points"]),
        "ablation": plot_ablation(tables["metafeature_ablation"]),
    }


def test_equal_input_gives_equal_json(tables: dict[str, pd.DataFrame]) -> None:
    first, again = _draw(tables), _draw({name: table.copy() for name, table in tables.items()})
    for name, figure in first.items():
        assert figure.data, name
        assert figure.to_json() == again[name].to_json()


def test_empty_tables_give_empty_figures(tables: dict[str, pd.DataFrame]) -> None:
    for name, figure in _draw({name: table.head(0) for name, table in tables.items()}).items():
        assert not figure.data, name


def test_bars_stand_in_order_with_the_interaction_last(tables: dict[str, pd.DataFrame]) -> None:
    bars = _draw(tables)["importance"].data
    assert [len(trace.x) for trace in bars] == [4, 3]
    forest = bars[0]
    names = [str(name).rstrip("\u200b") for name in forest.y[1]]
    assert names[0] == "rate"
    assert " x " in names[-1]
    assert list(forest.x[:3]) == sorted(forest.x[:3], reverse=True)
    # The same name in two learners has two places
    assert not set(bars[0].y[1]) & set(bars[1].y[1])
    learner, _, note = bars[1].y[0][0].partition("<br>")
    assert len(learner) == 20
    assert note.startswith("(forests: R2 ")


def test_curves_have_a_logarithmic_axis_where_values_do(tables: dict[str, pd.DataFrame]) -> None:
    figure = _draw(tables)["marginals"]
    rate, kind = figure.layout.xaxis, figure.layout.xaxis2
    assert figure.layout.annotations[0].text.startswith("rate (")
    assert rate.type == "log"
    assert all(1e-4 <= tick <= 1 for tick in rate.tickvals)
    assert kind.type == "category"
    assert {trace.x for trace in figure.data if trace.xaxis == "x2"} <= {
        ("one", "two"),
        ("2", "9", "not set"),
    }


def test_shap_points_keep_their_line(tables: dict[str, pd.DataFrame]) -> None:
    figure = _draw(tables)["shap"]
    names = tables["shap_points"]["name"].unique()
    assert len(figure.layout.yaxis.ticktext) == len(names)
    assert "<b>rate</b>" in figure.layout.yaxis.ticktext
    for trace in figure.data:
        lines = {round(value) for value in trace.y}
        assert len(lines) == 1
        assert max(abs(value - lines.copy().pop()) for value in trace.y) < 0.5


def test_what_is_lost_without_a_group_is_drawn_to_the_right(tables: dict[str, pd.DataFrame]) -> None:
    ablation = tables["metafeature_ablation"]
    (lost, _) = (trace for trace in _draw(tables)["ablation"].data if trace.name == "lost without the group")
    rows = ablation[(ablation["variant"] == "without") & (ablation["measure"] == "spearman")]
    expected = -rows.set_index("group")["improvement"]
    assert dict(zip(lost.y, lost.x, strict=True)) == pytest.approx(expected.to_dict())


def test_sections_explain_every_figure(tables: dict[str, pd.DataFrame]) -> None:
    sections = build_sections(tables)
    assert len(sections) == 6
    for section in sections:
        assert len(section.explanation.split()) > 30
        assert all(figure.data for figure in section.figures.values())
        assert all(len(table) for table in section.tables.values())


def test_sections_without_a_table_are_left_out(tables: dict[str, pd.DataFrame]) -> None:
    without = {**tables, "metafeature_ablation": tables["metafeature_ablation"].head(0)}
    titles = [section.title for section in build_sections(without)]
    assert len(titles) == 5
    assert "Which metafeatures earn their keep" not in titles
    assert build_sections({name: table.head(0) for name, table in tables.items()}) == []


def test_tables_read_back_from_csv_are_drawn_the_same(
    tables: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("tables")
    read: dict[str, pd.DataFrame] = {}
    for name, table in tables.items():
        table.to_csv(folder / name, index=False)
        read[name] = pd.read_csv(folder / name, keep_default_na=False, na_values=[""], dtype={"label": str})
    first, again = _draw(tables), _draw(read)
    for name, figure in first.items():
        assert figure.to_json() == again[name].to_json(), name
