"""Runners that keep what does not depend on the parameters of a search."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline, node

from foretune.project.tuning.trial_runner import (
    KeptOutputs,
    OnceRunner,
    TableRunner,
    TrialRunner,
    changed_inputs,
    split_pipeline,
)
from foretune.recommendation.function_search import Metric

CALLS: Counter[str] = Counter()


def _load(raw: int) -> list[int]:
    CALLS["load"] += 1
    return [raw] * 3


def _scale(data: list[int], scale: int) -> list[int]:
    CALLS["scale"] += 1
    return [value * scale for value in data]


def _score(scaled: list[int], data: list[int], model: dict[str, int]) -> dict[str, int]:
    CALLS["score"] += 1
    data.append(1)
    return {"score": sum(scaled) + model["depth"] + len(data)}


PIPELINE = Pipeline(
    [
        node(_load, "raw", "data", name="load"),
        node(_scale, ["data", "params:scale"], "scaled", name="scale"),
        node(_score, ["scaled", "data", "params:model"], "metrics", name="score"),
    ]
)
METRIC = Metric.read("metrics:score")


def _catalog(depth: int, scale: int = 2) -> DataCatalog:
    catalog = DataCatalog()
    for name, value in {"raw": 5, "params:scale": scale, "params:model": {"depth": depth}}.items():
        catalog[name] = value
    return catalog


@pytest.fixture
def kept(tmp_path: Path) -> KeptOutputs:
    CALLS.clear()
    return KeptOutputs(split_pipeline(PIPELINE, ["model.depth"], ["nothing"]), tmp_path)


def _trial(kept: KeptOutputs, catalog: DataCatalog) -> Any:
    runner = TrialRunner(kept, METRIC)
    runner.run(PIPELINE, catalog)
    assert runner.has_begun
    return runner.data["score"]


def test_trials_share_what_was_kept_and_cannot_change_it(kept: KeptOutputs) -> None:
    assert kept.split.once == ("load", "scale")
    assert kept.split.kept == {"data", "scaled"}
    assert kept.datasets == {}
    OnceRunner(kept).run(PIPELINE, _catalog(0))
    assert kept.is_made
    # The list is three long in each trial, though the node appends to it
    assert [_trial(kept, _catalog(depth)) for depth in (1, 2, 3)] == [35, 36, 37]
    assert CALLS == {"load": 1, "scale": 1, "score": 3}


def test_a_parameter_that_follows_another_makes_everything_run(kept: KeptOutputs) -> None:
    OnceRunner(kept).run(PIPELINE, _catalog(0))
    # As by `scale: ${model.depth}` in the file of parameters
    assert _trial(kept, _catalog(4, scale=4)) == 5 * 4 * 3 + 4 + 4
    assert CALLS == {"load": 2, "scale": 2, "score": 1}
    assert _trial(kept, _catalog(4)) == 38
    assert CALLS == {"load": 2, "scale": 2, "score": 2}


def test_inputs_with_a_parameter_are_its_groups_and_all_parameters() -> None:
    names = ["parameters", "params:a", "params:a.b", "params:a.b.c", "params:ab", "a"]
    pipeline = Pipeline([node(lambda *_: 1, names, "x", name="all")])
    assert changed_inputs(pipeline, ["a.b"]) == {"parameters", "params:a", "params:a.b", "params:a.b.c"}


def test_a_node_runs_once_if_it_reads_another_key_of_the_group_alone() -> None:
    def pipeline(read: str) -> Pipeline:
        return Pipeline(
            [
                node(lambda *_: 1, ["raw", f"params:{read}"], "data", name="split"),
                node(lambda *_: 1, ["data", "params:model_options"], "metrics", name="train"),
            ]
        )

    changed = ["model_options.max_depth"]
    assert split_pipeline(pipeline("model_options.test_size"), changed, []).once == ("split",)
    assert split_pipeline(pipeline("model_options"), changed, []).once == ()
    assert split_pipeline(pipeline("model_options.max_depth"), changed, []).once == ()


def test_without_nodes_to_run_once_nothing_is_awaited(tmp_path: Path) -> None:
    CALLS.clear()
    kept = KeptOutputs(split_pipeline(PIPELINE, ["model.depth", "scale"], []), tmp_path)
    assert kept.split.each == ("scale", "score")
    whole = Pipeline([one for one in PIPELINE.nodes if one.name != "load"])
    of_all = KeptOutputs(split_pipeline(whole, ["model.depth", "scale"], []), tmp_path)
    assert of_all.is_made


def test_what_a_table_needs_is_made_once_and_nothing_else(tmp_path: Path) -> None:
    CALLS.clear()
    kept = KeptOutputs(split_pipeline(PIPELINE, ["scale"], []), tmp_path)
    OnceRunner(kept).run(PIPELINE, _catalog(1))
    runner = TableRunner(kept, {"scaled"})
    runner.run(PIPELINE, _catalog(1, scale=3))
    assert runner.data == {"scaled": [15, 15, 15]}
    assert CALLS == {"load": 1, "scale": 1}
