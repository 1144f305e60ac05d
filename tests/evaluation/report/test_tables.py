from __future__ import annotations

import pandas as pd
from tests.evaluation.regrets import make_regret

from foretune.evaluation.report.tables import find_families, find_worst_tasks, list_tasks

REGRET = make_regret(
    {
        "foretune": {1: [0.2, 0.1], 5: [0.1, 0.0]},
        "best_average": {1: [0.1, 0.1], 5: [0.0, 0.1]},
        "random_search": {1: [0.3, 0.3], 5: [0.2, 0.2]},
    },
    families=["one", "one"],
)


def test_a_row_per_task_and_a_column_per_method() -> None:
    tables = list_tasks(REGRET.sample(frac=1, random_state=0))
    assert list(tables) == ["1", "5"]
    assert tables["1"].columns.tolist() == [
        *("task_id", "task_type", "family", "provenance", "best", "Foretune's place"),
        *("Foretune", "Best on average", "Random search"),
    ]
    assert tables["1"]["task_id"].tolist() == tables["5"]["task_id"].tolist() == ["task 0", "task 1"]
    assert tables["1"]["best"].tolist() == ["Best on average", "Foretune, Best on average"]
    assert tables["1"]["Foretune's place"].tolist() == [2, 1]
    assert tables["5"]["best"].tolist() == ["Best on average", "Foretune"]
    assert tables["5"]["Foretune"].tolist() == [0.1, 0.0]


def test_a_method_that_did_not_try_a_task_has_no_regret_there() -> None:
    gone = (REGRET["method"] == "foretune") & (REGRET["task_id"] == "task 0")
    table = list_tasks(REGRET[~gone])["1"]
    assert pd.isna(table["Foretune"][0])
    assert pd.isna(table["Foretune's place"][0])
    assert table["best"][0] == "Best on average"


def test_the_worst_task_of_every_number_of_trials() -> None:
    made_up = REGRET.assign(task_id="made up", family="two", provenance="synthetic", regret=1.0)
    worst = find_worst_tasks(pd.concat([REGRET, made_up]), ["real"])
    assert worst["n_trials"].tolist() == [1, 5]
    assert worst["task_id"].tolist() == ["task 0", "task 0"]
    assert worst["Foretune"].tolist() == [0.2, 0.1]
    assert worst["Foretune's place"].tolist() == [2, 2]
    assert worst["best"].tolist() == ["Best on average", "Best on average"]
    assert worst["best_regret"].tolist() == [0.1, 0.0]
    assert find_worst_tasks(REGRET[REGRET["method"] != "foretune"], ["real"]).empty
    assert find_worst_tasks(REGRET, ["elsewhere"]).empty


def test_families_of_several_tasks() -> None:
    (family,) = find_families(REGRET).to_dict("records")
    assert family == {"task_type": "classification", "family": "one", "n_tasks": 2, "tasks": "task 0, task 1"}
    assert find_families(REGRET.assign(family=REGRET["task_id"])).empty
