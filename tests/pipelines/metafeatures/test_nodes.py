from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.conftest import make_mixed_task

from foretune.execution import ParallelParameters
from foretune.metafeatures import MetafeatureCache, MetafeatureExtractor, MetafeatureParameters
from foretune.metafeatures import map_tasks as library_map
from foretune.pipelines.metafeatures.nodes import (
    draw_metafeature_correlations,
    draw_task_map,
    extract_metafeatures,
    list_metafeatures,
    place_tasks,
)
from foretune.tasks.task import Task

PARAMETERS = MetafeatureParameters(groups=("simple", "target"))
CATALOGUE = pd.DataFrame({"task_id": ["a", "b", "c"], "task_type": "regression", "family": ["f", "f", "g"]})


def make_task(name: str, n_rows: int) -> Task:
    task = make_mixed_task("regression", n_rows)
    return Task(name, task.task_type, task.X, task.y)


TASKS = {name: make_task(name, n_rows) for name, n_rows in {"a": 20, "b": 40, "c": 90}.items()}
# As Kedro gives partitions: loaded when they are called
PARTITIONS = {name: (lambda task=task: task.to_frame()) for name, task in TASKS.items()}


def test_what_will_be_extracted_is_listed() -> None:
    listed = list_metafeatures(PARAMETERS)
    pd.testing.assert_frame_equal(listed, MetafeatureExtractor(["simple", "target"]).catalogue())


def test_tasks_of_the_catalogue_are_described(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    cache = MetafeatureCache(tmp_path / "cache.sqlite")
    parallel = ParallelParameters(n_workers=1)
    with caplog.at_level("INFO", "foretune"):
        values, costs, failures = extract_metafeatures(PARTITIONS, CATALOGUE, cache, PARAMETERS, parallel, 5)
        again, *_ = extract_metafeatures(PARTITIONS, CATALOGUE, cache, PARAMETERS, parallel, 5)
    expected = MetafeatureExtractor(["simple", "target"], random_state=5).extract_with_costs(TASKS)
    pd.testing.assert_frame_equal(values, expected.values, check_exact=True)
    pd.testing.assert_frame_equal(again, values, check_exact=True)
    assert values.attrs["metafeature_settings"]["random_state"] == 5
    assert costs[["task_id", "group"]].equals(expected.costs[["task_id", "group"]])
    assert failures.empty
    assert "metafeatures: 0 of 6 groups of values were known" in caplog.text
    assert "metafeatures: 6 of 6 groups of values were known" in caplog.text


def test_failures_are_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    lost = TASKS["a"].to_frame()
    lost.loc[0, "target"] = np.inf
    broken = {"a": lambda: lost}
    _, _, failures = extract_metafeatures(
        broken, CATALOGUE.head(1), None, PARAMETERS, ParallelParameters(n_workers=1), 0
    )
    assert len(failures) == 2
    assert "metafeatures: 2 groups failed on 1 tasks (a), their values are missing" in caplog.text


def test_tasks_are_placed_and_drawn() -> None:
    values = MetafeatureExtractor(["simple", "target"]).extract_many(TASKS)
    placed = place_tasks(values, CATALOGUE)
    pd.testing.assert_frame_equal(placed, library_map(values, CATALOGUE))
    trials = pd.DataFrame({"task_id": ["a", "b", "c"], "learner": ["svm", "svm", "tree"], "score": 1.0})
    drawn = draw_task_map(placed, trials).to_json()
    assert "svm" in drawn
    assert "simple" in draw_metafeature_correlations(values, CATALOGUE).to_json()
