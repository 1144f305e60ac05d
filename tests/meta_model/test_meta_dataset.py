from __future__ import annotations

import numpy as np
import pandas as pd

from foretune.meta_model.meta_dataset import MetaDataset, build_meta_dataset


def test_one_row_per_task_and_configuration(table: pd.DataFrame, trials: pd.DataFrame) -> None:
    assert len(table) == len(trials)
    assert table.columns[:10].tolist() == [
        "task_id",
        "task_type",
        "family",
        "provenance",
        "content_hash",
        "learner",
        "config_id",
        "is_default",
        "score",
        "target",
    ]
    assert "metafeature:simple.optimum" in table
    assert "configuration:kernel=rbf" in table
    by_task = table.groupby("task_id")["target"]
    np.testing.assert_allclose(by_task.mean(), 0, atol=1e-12)
    np.testing.assert_allclose(by_task.std(ddof=0), 1)
    assert table["is_default"].sum() == 30


def test_rows_keep_their_own_metafeatures_and_configuration(
    table: pd.DataFrame, trials: pd.DataFrame, metafeatures: pd.DataFrame
) -> None:
    expected = trials.merge(metafeatures, on="task_id").set_index(["task_id", "config_id"])
    found = table.set_index(["task_id", "config_id"]).loc[expected.index]
    np.testing.assert_array_equal(found["metafeature:simple.level"], expected["simple.level"])
    np.testing.assert_array_equal(found["configuration:C"], expected["param_C"])
    np.testing.assert_array_equal(found["configuration:gamma"], expected["param_gamma"])
    np.testing.assert_array_equal(found["score"], expected["score"])


def test_a_task_that_failed_throughout_is_left_out(
    trials: pd.DataFrame, metafeatures: pd.DataFrame, task_catalogue: pd.DataFrame
) -> None:
    trials.loc[trials["task_id"] == "t03", "score"] = np.nan
    table = build_meta_dataset(trials, metafeatures.iloc[1:], task_catalogue, "copula")
    assert "t03" not in set(table["task_id"])
    assert table.loc[table["task_id"] == "t00", "metafeature:simple.level"].isna().all()


def test_views(table: pd.DataFrame) -> None:
    memory = MetaDataset.from_table(table)
    assert memory.configurations.shape == (10, 5)
    assert memory.metafeatures.shape == (30, 3)
    assert memory.families.tolist() == memory.tasks.index.tolist()
    some = memory.select(["t01", "t02"])
    assert some.tasks.index.tolist() == ["t01", "t02"]
    assert some.metafeatures.index.tolist() == ["t01", "t02"]
    assert len(some.evaluations) == 20
    assert len(some.configurations) == 10


def test_score_matrix_has_gaps_where_nothing_was_tried(table: pd.DataFrame) -> None:
    gone = (table["task_id"] == "t00") & (table["config_id"] == "0rbf")
    memory = MetaDataset.from_table(table[~gone])
    matrix = memory.score_matrix(["1rbf", "0rbf"])
    assert matrix.columns.tolist() == ["1rbf", "0rbf"]
    assert matrix.shape == (30, 2)
    assert matrix.isna().sum().sum() == 1
    assert np.isnan(matrix.loc["t00", "0rbf"])
    assert matrix.loc["t05", "1rbf"] == memory.scores_of("t05")["1rbf"]


def test_a_failed_trial_counts_as_the_worst_of_its_task(table: pd.DataFrame) -> None:
    table.loc[3, "score"] = np.nan
    memory = MetaDataset.from_table(table)
    targets = memory.targets("zscore")
    rows = memory.rows_of("t00")
    assert np.isfinite(targets).all()
    assert targets[3] == targets[rows].min()
    assert np.isnan(memory.arrays.score[3])
    assert memory.rows_of("t01") == slice(10, 20)
