from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from foretune.evaluation.advice.known_tasks import KNOWN_TASK_COLUMNS, count_known_tasks


def test_tasks_are_counted_by_type(make_table: Callable[..., pd.DataFrame]) -> None:
    table = make_table(
        {"a": [1.0, 2.0], "b": [1.0, 2.0], "c": [1.0, 2.0], "d": [1.0, 2.0]},
        {"a": [1.0, float("nan")], "b": [2.0, float("nan")]},
        {"a": "one", "b": "one"},
        unknown=[("d", "c01")],
    )
    table = table.assign(provenance=table["provenance"].mask(table["task_id"] == "d", "synthetic"))
    other = make_table({"e": [1.0, 2.0, 3.0]}, task_type="regression")
    found = count_known_tasks(pd.concat([table, other]), ["real"])
    assert found.columns.tolist() == KNOWN_TASK_COLUMNS
    assert found.iloc[0].to_dict() == {
        "task_type": "classification",
        "n_tasks": 4,
        "n_families": 3,
        "n_counted_tasks": 3,
        "n_counted_families": 2,
        "largest_family": "one",
        "n_tasks_of_largest": 2,
        "n_configurations": 2,
        "n_metafeatures": 1,
    }
    assert found.iloc[1][["task_type", "n_tasks", "n_metafeatures"]].tolist() == ["regression", 1, 0]
    assert count_known_tasks(table.head(0), ["real"]).columns.tolist() == KNOWN_TASK_COLUMNS
