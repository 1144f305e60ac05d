from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from foretune.meta_model.meta_dataset import MetaDataset
from foretune.understanding.learner_trials import LearnerTrials
from foretune.understanding.parameters import UnderstandingParameters

MakeTable = Callable[..., pd.DataFrame]


@pytest.fixture
def design() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame(rng.random((60, 2)), columns=["param_a", "param_b"])


def gather(table: pd.DataFrame, parameters: UnderstandingParameters, learner: str = "svm") -> LearnerTrials:
    return LearnerTrials.gather(MetaDataset.from_table(table), learner, parameters.surface)


def test_scores_are_relative_within_a_task(
    make_table: MakeTable, design: pd.DataFrame, parameters: UnderstandingParameters
) -> None:
    families = {"task1": "pair", "task2": "pair"}
    table = make_table(design, lambda x, quality: 10 * quality - 3 * x["param_a"], families=families)
    table.loc[(table["task_id"] == "task1").to_numpy().nonzero()[0][:5], "score"] = np.nan
    trials = gather(table, parameters)
    assert [task.task_id for task in trials.tasks] == ["task0", "task1", "task2", "task3"]
    assert trials.families == ["task0", "pair", "pair", "task3"]
    assert [int(np.isnan(task.scores).sum()) for task in trials.tasks] == [0, 5, 0, 0]
    values = trials.configurations["a"].to_numpy()
    for task in trials.tasks:
        known = np.isfinite(task.scores)
        a = values[task.rows[known]]
        np.testing.assert_allclose(task.scores[known], (a.max() - a) / np.ptp(a))


def test_tasks_with_few_or_equal_scores_and_other_learners_are_left_out(
    make_table: MakeTable, design: pd.DataFrame, parameters: UnderstandingParameters
) -> None:
    n = parameters.surface.min_trials
    designs = {"enough": design.head(n), "few": design.head(n - 1), "flat": design.head(n)}
    qualities = {"enough": 1.0, "few": 1.0, "flat": 0.0}
    ours = make_table(designs, lambda x, quality: quality * x["param_a"], qualities=qualities)
    others = make_table(design, lambda x, _: x["param_a"], learner="forest", qualities=qualities)
    trials = gather(pd.concat([ours, others], ignore_index=True), parameters)
    assert [task.task_id for task in trials.tasks] == ["enough"]
    assert len(trials.configurations) == n
    assert trials.space.names == ["a", "b"]
    assert trials.find_default() is None


def test_the_default_is_the_one_that_most_tasks_tried(
    make_table: MakeTable, design: pd.DataFrame, parameters: UnderstandingParameters
) -> None:
    def table_of(rows: slice, qualities: dict[str, float]) -> pd.DataFrame:
        return make_table(design[rows], lambda x, _: x["param_a"], qualities=qualities, default=0)

    rare, common = table_of(slice(10, 30), {"a": 1.0}), table_of(slice(11, 30), {"b": 1.0, "c": 1.0})
    rare = rare[rare["config_id"] != common.loc[common["is_default"], "config_id"].iloc[0]]
    trials = gather(pd.concat([rare, common], ignore_index=True), parameters)
    assert trials.is_default.sum() == 2
    found = trials.find_default()
    assert found is not None
    assert trials.configurations["a"].iloc[found] == design["param_a"].iloc[11]


def test_parameters_have_the_types_that_an_estimator_takes(
    make_table: MakeTable, parameters: UnderstandingParameters
) -> None:
    design = pd.DataFrame(
        {
            "param_n": [10.0, 20.0] * 5,
            "param_split": [2.0, 0.1] * 5,
            "param_share": [1.0, 0.5] * 5,
            "param_flag": ["True", "False"] * 5,
            "param_depth": ["None", "3"] * 5,
            "param_layers": ["(10, 5)", "(3,)"] * 5,
            "param_kernel": ["rbf", "poly"] * 5,
            "param_gap": [np.nan, 1.0] * 5,
        }
    )
    design["param_x"] = np.arange(10.0)
    table = make_table(design, lambda x, _: x["param_x"])
    trials = LearnerTrials.gather(MetaDataset.from_table(table), "svm", parameters.surface)
    at = int(np.flatnonzero(trials.configurations["x"] == 0)[0])
    assert json.loads(trials.parameters_of(at)) == {
        "n": 10,
        "split": 2,
        "share": 1.0,
        "flag": True,
        "depth": None,
        "layers": [10, 5],
        "kernel": "rbf",
        "x": 0,
    }
    assert '"share": 1.0' in trials.parameters_of(at)


def test_candidates_are_the_defaults_and_what_most_tasks_tried(
    make_table: MakeTable, design: pd.DataFrame, parameters: UnderstandingParameters
) -> None:
    designs = {f"task{number}": design.head(20 + 20 * number) for number in range(3)}
    table = make_table(designs, lambda x, _: x["param_a"], qualities=dict.fromkeys(designs, 1.0), default=19)
    trials = LearnerTrials.gather(MetaDataset.from_table(table), "svm", parameters.surface)
    chosen = trials.choose_candidates(20, seed=0)
    default = trials.find_default()
    assert default in chosen
    n_tasks = np.bincount(np.concatenate([task.rows for task in trials.tasks]))
    assert set(n_tasks[chosen]) == {3}
    assert (np.diff(chosen) > 0).all()
