from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joblib import parallel_config

from foretune.understanding.ablation import (
    ABLATION_COLUMNS,
    MEASURES,
    ablate_metafeatures,
    measure_predictions,
)
from foretune.understanding.parameters import UnderstandingParameters

if TYPE_CHECKING:
    from collections.abc import Callable

    MakeTable = Callable[..., pd.DataFrame]


def _informative_table(make_table: MakeTable, n_tasks: int = 24) -> pd.DataFrame:
    """Tasks whose best setting is one metafeature of the group ``good``; the group ``noise`` is noise."""
    rng = np.random.default_rng(0)
    tasks = {f"task{number:02d}": float(value) for number, value in enumerate(rng.random(n_tasks))}
    metafeatures = pd.DataFrame(
        {
            "task_id": list(tasks),
            "good.setting": list(tasks.values()),
            "noise.a": rng.normal(size=n_tasks),
            "noise.b": rng.normal(size=n_tasks),
        }
    )
    design = pd.DataFrame({"param_x": np.linspace(0, 1, 20)})
    return make_table(
        design,
        lambda x, quality: -((x["param_x"] - quality) ** 2),
        qualities=tasks,
        metafeatures=metafeatures,
    )


def _row(table: pd.DataFrame, variant: str, group: str, measure: str) -> pd.Series:
    rows = table[(table["variant"] == variant) & (table["group"] == group) & (table["measure"] == measure)]
    assert len(rows) == 1
    return rows.iloc[0]


def test_only_the_informative_group_earns_its_keep(
    make_table: MakeTable, parameters: UnderstandingParameters
) -> None:
    found = ablate_metafeatures(_informative_table(make_table), parameters, "minmax", 0)
    assert list(found.columns) == ABLATION_COLUMNS
    for measure in MEASURES:
        assert _row(found, "without", "good", measure)["improvement"] < 0, measure
        assert _row(found, "only", "good", measure)["improvement"] > 0, measure
        assert _row(found, "only", "noise", measure)["ci_low"] < 0.02, measure
        assert abs(_row(found, "without", "noise", measure)["improvement"]) < 0.1, measure
    for measure in ("spearman", "kendall", "mse"):
        assert _row(found, "without", "good", measure)["ci_high"] < 0, measure
        assert _row(found, "only", "good", measure)["ci_low"] > 0, measure
        assert _row(found, "all", "", measure)["ci_low"] > 0, measure
    spearman = found[found["measure"] == "spearman"].set_index(["variant", "group"])["value"]
    assert spearman["only", "good"] > 0.85
    assert spearman["none", ""] < 0.6
    assert spearman["without", "noise"] == spearman["only", "good"]


def test_references_and_signs(make_table: MakeTable, parameters: UnderstandingParameters) -> None:
    found = ablate_metafeatures(_informative_table(make_table, 9), parameters, "copula", 0)
    for measure, sign in (("spearman", 1), ("mse", -1)):
        everything, nothing = (_row(found, variant, "", measure)["value"] for variant in ("all", "none"))
        without = _row(found, "without", "good", measure)
        assert without["reference"] == "all"
        assert without["improvement"] == pytest.approx(sign * (without["value"] - everything))
        alone = _row(found, "only", "noise", measure)
        assert alone["reference"] == "none"
        assert alone["improvement"] == pytest.approx(sign * (alone["value"] - nothing))
    assert _row(found, "without", "good", "mse")["n_metafeatures"] == 2
    assert (found["ci_low"] <= found["improvement"] + 1e-12).all()


def test_workers_change_nothing_and_progress_is_told(
    make_table: MakeTable, parameters: UnderstandingParameters
) -> None:
    table = _informative_table(make_table, 6)
    alone = ablate_metafeatures(table, parameters, "minmax", 0)
    seen: list[tuple[str, int, int]] = []
    with parallel_config(backend="threading"):  # processes take seconds to start
        together = ablate_metafeatures(
            table, parameters, "minmax", 0, n_workers=2, on_progress=lambda *progress: seen.append(progress)
        )
    pd.testing.assert_frame_equal(alone, together)
    assert seen[-1] == ("classification ablation", 18, 18)


def test_rows_are_capped_evenly(make_table: MakeTable, parameters: UnderstandingParameters) -> None:
    ablation = parameters.ablation.model_copy(update={"max_rows": 100})
    few = parameters.model_copy(update={"ablation": ablation})
    found = ablate_metafeatures(_informative_table(make_table, 10), few, "minmax", 0)
    # Fitted on ten rows a task, measured on all twenty: still the same tasks
    assert set(found["n_tasks"]) == {10}


def test_what_cannot_be_ablated_is_left_out(
    make_table: MakeTable, parameters: UnderstandingParameters, caplog: pytest.LogCaptureFixture
) -> None:
    design = pd.DataFrame({"param_x": np.linspace(0, 1, 10)})
    bare = make_table(design, lambda x, _: x["param_x"])
    assert ablate_metafeatures(bare, parameters, "minmax", 0).empty
    assert "no metafeatures to ablate" in caplog.text
    few = _informative_table(make_table, 2)
    assert ablate_metafeatures(few, parameters, "minmax", 0).empty
    unwanted = UnderstandingParameters(parts=("shap",))
    assert ablate_metafeatures(_informative_table(make_table, 6), unwanted, "minmax", 0).empty


def test_tasks_without_spread_or_metafeatures(
    make_table: MakeTable, parameters: UnderstandingParameters
) -> None:
    table = _informative_table(make_table, 9)
    table.loc[table["task_id"] == "task00", "score"] = 1.0
    described = [column for column in table if str(column).startswith("metafeature:")]
    table.loc[table["task_id"] == "task01", described] = np.nan
    table.loc[table["task_id"] == "task02", described[0]] = np.inf
    table.loc[table["task_id"] == "task03", described[1]] = 1e300  # infinite in single precision
    found = ablate_metafeatures(table, parameters, "minmax", 0)
    assert _row(found, "all", "", "spearman")["n_tasks"] == 8
    assert _row(found, "all", "", "mse")["n_tasks"] == 9
    assert np.isfinite(found["value"]).all()


def test_measures_of_a_perfect_and_a_reversed_prediction() -> None:
    scores = np.array([1.0, 2.0, 5.0])
    assert measure_predictions(scores, scores, scores) == pytest.approx([1, 1, 0, 0, 0])
    reversed_measures = measure_predictions(-scores, scores, scores)
    assert reversed_measures[:3] == pytest.approx([-1, -1, 1])
    assert reversed_measures[3] == 0
    assert np.isnan(measure_predictions(scores, np.ones(3), np.zeros(3))[:4]).all()


@settings(deadline=None)
@given(
    predicted=st.lists(st.integers(0, 2), min_size=2, max_size=6),
    data=st.data(),
)
def test_ties_are_drawn_by_lot(predicted: list[int], data: st.DataObject) -> None:
    scores = data.draw(
        st.lists(st.integers(0, 9), min_size=len(predicted), max_size=len(predicted)).filter(
            lambda values: len(set(values)) > 1
        )
    )
    regret = (max(scores) - np.array(scores)) / np.ptp(scores)
    found = measure_predictions(
        np.array(predicted, dtype=float), np.array(scores, dtype=float), np.array(scores, dtype=float)
    )
    # Average over every order in which ties can be broken
    orders = [
        order
        for order in itertools.permutations(range(len(predicted)))
        if all(predicted[a] >= predicted[b] for a, b in itertools.pairwise(order))
    ]
    for n_trials, value in ((1, found[2]), (3, found[3])):
        expected = np.mean([regret[list(order[:n_trials])].min() for order in orders])
        assert value == pytest.approx(expected)
