from __future__ import annotations

import json
from collections.abc import Callable

import pandas as pd

from foretune.evaluation.advice.starting_list import STARTING_LIST_COLUMNS, list_starters
from foretune.meta_model.parameters import MetaTrainingParameters
from foretune.spaces import Configuration


def test_it_complements_what_is_best_on_average(
    make_table: Callable[..., pd.DataFrame], meta_training: MetaTrainingParameters
) -> None:
    # c02 is best on average; c03 is second but helps nowhere it does not; c00 is what the last task needs
    table = make_table(
        {"a": [0.0, 0.5, 1.0, 0.9], "b": [0.0, 0.5, 1.0, 0.9], "c": [1.0, 0.0, 0.2, 0.3]}, defaults=["c00"]
    )
    known = {"classification": {"c02": Configuration("forest", {"depth": 3})}}
    found = list_starters(table, known, meta_training)
    assert found.columns.tolist() == STARTING_LIST_COLUMNS
    assert found["config_id"].tolist()[:2] == ["c02", "c00"]
    assert sorted(found["config_id"]) == ["c00", "c01", "c02", "c03"]
    assert found["position"].tolist() == [1, 2, 3, 4]
    assert found["is_default"].tolist()[:2] == [False, True]
    assert json.loads(found["parameters"][0]) == {"depth": 3}
    assert found["parameters"][1] == ""


def test_one_task_is_enough(
    make_table: Callable[..., pd.DataFrame], meta_training: MetaTrainingParameters
) -> None:
    found = list_starters(make_table({"a": [0.3, 0.9, 0.1]}), {}, meta_training)
    assert found["config_id"][0] == "c01"
    assert list_starters(make_table({"a": [0.3]}).head(0), {}, meta_training).empty
