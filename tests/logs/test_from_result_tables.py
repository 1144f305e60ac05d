from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from foretune.logs.errors import LogError
from foretune.logs.found_log import ScoreChoice
from foretune.logs.from_result_tables import is_result_table, read_result_table

# As ExperimentAnalysis.dataframe() has it
RAY = pd.DataFrame(
    {
        "mean_accuracy": [0.7, 0.8, np.nan],
        "training_iteration": [10, 10, 3],
        "time_total_s": [1.5, 2.5, 1.0],
        "done": [True, True, False],
        "trial_id": ["a1", "a2", "a3"],
        "config/lr": [0.1, 0.01, 0.001],
        "config/model/depth": [3, 4, 5],
    }
)
# As the page of a project exports it
WANDB = """\
"Name","State","Notes","User","Tags","Created","Runtime","Sweep","learning_rate","max_depth","_step","val_loss"
"calm-sea-1","finished","-","ann","","2026-01-01","12","s1","0.1","3","9","0.5"
"dry-fog-2","finished","-","ann","","2026-01-01","13","s1","0.01","4","9","0.4"
"wild-sun-3","crashed","-","ann","","2026-01-01","1","s1","0.3","5","2","0.9"
"late-dew-4","running","-","ann","","2026-01-02","1","s2","0.2","5","2","0.8"
"pale-owl-5","finished","-","ann","","2026-01-02","20","s2","0.2","6","9","0.6"
"""


def test_ray_tune_tells_hyperparameters_from_results() -> None:
    assert is_result_table(RAY.columns)
    (found,) = read_result_table(RAY, "churn", "ray.csv", ScoreChoice())
    assert found.log["task_id"].tolist() == ["churn", "churn"]
    assert found.log["score"].tolist() == [0.7, 0.8]
    assert found.log["fit_seconds"].tolist() == [1.5, 2.5]
    assert found.log["param_lr"].tolist() == [0.1, 0.01]
    assert found.log["param_model/depth"].tolist() == [3, 4]
    assert found.n_left_out == 1
    assert found.parameters_are_sure


def test_a_csv_file_of_ray_tune_says_the_same() -> None:
    table = pd.read_csv(io.StringIO(RAY.to_csv()))
    (read,) = read_result_table(table, "churn", "ray.csv", ScoreChoice())
    (direct,) = read_result_table(RAY, "churn", "ray.csv", ScoreChoice())
    pd.testing.assert_frame_equal(read.log, direct.log)


def test_runs_of_weights_and_biases_are_read_by_what_is_recognised() -> None:
    table = pd.read_csv(io.StringIO(WANDB))
    columns = frozenset({"learning_rate", "max_depth"})
    first, second = read_result_table(table, "project", "p.csv", ScoreChoice(), recognised=columns)
    assert first.log["task_id"].unique().tolist() == ["project/s1"]
    assert first.log["score"].tolist() == [-0.5, -0.4]
    assert first.log["param_learning_rate"].tolist() == [0.1, 0.01]
    assert first.n_left_out == 1
    assert second.log["score"].tolist() == [-0.6]
    assert not first.parameters_are_sure


def test_dictionaries_of_weights_and_biases_are_read() -> None:
    table = pd.DataFrame(
        {
            "summary": ["{'auc': 0.8, '_step': 3}", "{'auc': 0.9, '_step': 4}"],
            "config": ["{'lr': 0.1, 'net': 'wide'}", "{'lr': 0.2, 'net': None}"],
            "name": ["a", "b"],
        }
    )
    (found,) = read_result_table(table, "p", "p.csv", ScoreChoice())
    assert found.log["score"].tolist() == [0.8, 0.9]
    assert found.log["param_lr"].tolist() == [0.1, 0.2]
    assert found.log["param_net"].iloc[0] == "wide"


def test_what_cannot_be_told_is_one_line() -> None:
    table = pd.read_csv(io.StringIO(WANDB))
    with pytest.raises(LogError, match=r"p.csv: nothing tells hyperparameters from results: name the former"):
        read_result_table(table, "p", "p.csv", ScoreChoice())
    with pytest.raises(LogError, match=r"'p' has no metric"):
        read_result_table(RAY.drop(columns="mean_accuracy"), "p", "p.csv", ScoreChoice())
