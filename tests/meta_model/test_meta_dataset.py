from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretune.base.errors import UserError
from foretune.meta_model.artifact import save_memory
from foretune.meta_model.manifest import read_manifest
from foretune.meta_model.meta_dataset import MetaDataset, add_tasks, build_meta_dataset, remove_tasks
from foretune.meta_model.parameters import MetaTrainingParameters
from foretune.meta_model.training import train_memories


def test_one_row_per_task_and_configuration(table: pd.DataFrame, trials: pd.DataFrame) -> None:
    assert len(table) == len(trials)
    assert table.columns[:11].tolist() == [
        "task_id",
        "task_type",
        "family",
        "provenance",
        "content_hash",
        "n_rows",
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


def test_stopped_trials_are_left_out_and_failures_are_not(
    table: pd.DataFrame, trials: pd.DataFrame, metafeatures: pd.DataFrame, task_catalogue: pd.DataFrame
) -> None:
    trials["status"] = trials["status"].where(trials["strategy"] == "default", "stopped")
    trials.loc[1, "status"] = "failed"
    trials.loc[trials["status"] != "ok", "score"] = np.nan
    found = build_meta_dataset(trials, metafeatures, task_catalogue, "zscore")
    assert len(found) == 30 + 1
    assert found.loc[found["score"].isna(), "config_id"].tolist() == [trials.loc[1, "config_id"]]
    # Nor is a task with nothing else a task
    alone = trials[(trials["task_id"] != "t00") | (trials["status"] == "stopped")]
    assert "t00" not in set(build_meta_dataset(alone, metafeatures, task_catalogue, "zscore")["task_id"])


def test_the_rows_of_a_table_are_taken_from_the_catalogue_where_it_has_them(
    table: pd.DataFrame, trials: pd.DataFrame, metafeatures: pd.DataFrame, task_catalogue: pd.DataFrame
) -> None:
    assert table["n_rows"].isna().all()
    task_catalogue["n_rows"] = range(10, 10 + len(task_catalogue))
    known = MetaDataset.from_table(build_meta_dataset(trials, metafeatures, task_catalogue, "zscore"))
    assert known.tasks["n_rows"].to_dict() == {f"t{t:02d}": 10.0 + t for t in range(len(task_catalogue))}


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


@pytest.fixture
def later_trials(trials: pd.DataFrame) -> pd.DataFrame:
    """Two more tasks, with a learner, a value and a hyperparameter that nobody knew before."""
    svm = trials[trials["task_id"] == "t00"].assign(task_id="t30")
    svm.loc[svm.index[0], "param_kernel"] = "poly"
    svm.loc[svm.index[0], "config_id"] = "0poly"
    forest = pd.DataFrame(
        {
            "task_id": "a31",
            "learner": "forest",
            "config_id": ["f0", "f1", "f2"],
            "strategy": ["default", "sobol", "sobol"],
            "score": [0.4, 0.6, np.nan],
            "status": ["ok", "ok", "failed"],
            "param_depth": [1.0, 2.0, np.nan],
            "param_bootstrap": [True, False, True],
        }
    )
    return pd.concat([svm, forest], ignore_index=True)


def _build(
    trials: pd.DataFrame, described: pd.DataFrame, hashes: dict[str, str] | None = None
) -> pd.DataFrame:
    ids = sorted(trials["task_id"].unique())
    catalogue = pd.DataFrame({"task_id": ids, "task_type": "classification", "provenance": "real"})
    catalogue["family"] = catalogue["task_id"]
    catalogue["content_hash"] = [(hashes or {}).get(task_id, f"hash of {task_id}") for task_id in ids]
    return build_meta_dataset(trials, described, catalogue, "zscore")


def test_tasks_added_later_make_the_same_table(
    trials: pd.DataFrame, metafeatures: pd.DataFrame, later_trials: pd.DataFrame
) -> None:
    later = pd.DataFrame(
        {"task_id": ["t30", "a31"], "simple.level": [30.0, 31.0], "other.new": [1.0, np.nan]}
    )
    everything = _build(pd.concat([trials, later_trials]), pd.concat([metafeatures, later]))
    first, second = _build(trials, metafeatures), _build(later_trials, later)
    before = first.copy(), second.copy()
    pd.testing.assert_frame_equal(add_tasks(first, second), everything)
    # The other way round only the new metafeatures come first
    other = add_tasks(second, first)
    pd.testing.assert_frame_equal(other[everything.columns.tolist()], everything)
    for table, copy in zip((first, second), before, strict=True):
        pd.testing.assert_frame_equal(table, copy)
    assert everything.loc[everything["task_id"] == "a31", "configuration:kernel=rbf"].eq(0).all()
    assert everything.loc[everything["task_id"] == "a31", "configuration:C"].isna().all()
    assert "configuration:bootstrap=True" in everything


def test_tasks_removed_leave_no_trace(
    trials: pd.DataFrame, metafeatures: pd.DataFrame, later_trials: pd.DataFrame
) -> None:
    everything = _build(pd.concat([trials, later_trials]), metafeatures)
    without = remove_tasks(everything, ["t30", "a31", "t04"])
    expected = _build(trials[trials["task_id"] != "t04"], metafeatures)
    pd.testing.assert_frame_equal(without, expected)
    empty = remove_tasks(expected, expected["task_id"].unique())
    assert empty.empty
    pd.testing.assert_frame_equal(add_tasks(empty, expected), expected)
    pd.testing.assert_frame_equal(add_tasks(expected, empty), expected)
    assert add_tasks(empty, empty).empty


@settings(max_examples=10, deadline=None)
@given(st.sets(st.integers(0, 7), max_size=8), st.sets(st.integers(0, 7), max_size=8))
def test_any_order_of_adding_and_removing(early: set[int], gone: set[int]) -> None:
    rng = np.random.default_rng(0)
    rows = [
        (
            f"t{task}",
            ("svm", "forest", "knn")[task % 3],
            f"{task % 3}-{config}",
            config,
            f"v{task % 4}",
            score,
        )
        for task in range(8)
        for config, score in enumerate(rng.uniform(size=3))
    ]
    trials = pd.DataFrame(
        rows, columns=["task_id", "learner", "config_id", "param_size", "param_value", "score"]
    ).assign(strategy="sobol")
    trials["config_id"] += trials["param_value"]
    described = pd.DataFrame({"task_id": [f"t{task}" for task in range(8)], "made.m": np.arange(8.0)})
    first = {f"t{task}" for task in early}
    parts = [trials[trials["task_id"].isin(first) == is_first] for is_first in (True, False)]
    tables = [_build(part, described) if len(part) else _build(trials, described)[:0] for part in parts]
    removed = [f"t{task}" for task in gone]
    found = remove_tasks(add_tasks(*tables), removed)
    rest = trials[~trials["task_id"].isin(removed)]
    if rest.empty:
        assert found.empty
    else:
        pd.testing.assert_frame_equal(found, _build(rest, described))


def test_a_task_with_other_content_is_replaced(trials: pd.DataFrame, metafeatures: pd.DataFrame) -> None:
    first = _build(trials, metafeatures)
    changed = trials[trials["task_id"] == "t07"].iloc[:4].assign(score=[0.1, 0.9, 0.3, 0.2])
    described = pd.DataFrame(
        {"task_id": ["t07"], "simple.optimum": 9.0, "simple.level": 8.0, "simple.constant": 1.0}
    )
    found = add_tasks(first, _build(changed, described, {"t07": "another"}))
    rows = found[found["task_id"] == "t07"]
    assert len(rows) == 4
    assert set(rows["content_hash"]) == {"another"}
    assert set(rows["metafeature:simple.optimum"]) == {9.0}
    pd.testing.assert_frame_equal(remove_tasks(found, ["t07"]), remove_tasks(first, ["t07"]))
    assert len(found) == len(first) - 6


def test_what_cannot_be_added_or_removed_is_named(table: pd.DataFrame) -> None:
    nominal = table.rename(columns={"configuration:C": "configuration:C=high"})
    with pytest.raises(UserError, match="param_C is a number in one meta-dataset and 'high' in the other"):
        add_tasks(table, nominal)
    with pytest.raises(UserError, match="cannot remove task 'nobody': the meta-dataset has no task of this"):
        remove_tasks(table, ["t01", "nobody"])


def test_a_surrogate_trained_again_lists_the_tasks_it_has_seen(
    trials: pd.DataFrame, metafeatures: pd.DataFrame, quick: MetaTrainingParameters, tmp_path: Path
) -> None:
    early = trials["task_id"] < "t05"
    table = _build(trials[early], metafeatures)
    more = _build(trials[trials["task_id"].isin(["t04", "t06"])], metafeatures, {"t04": "changed"})
    for step in (table, add_tasks(table, more), remove_tasks(add_tasks(table, more), ["t00"])):
        save_memory(train_memories(step, quick, seed=0)["classification"], tmp_path)
        listed = read_manifest(tmp_path).tasks
        assert listed == dict(zip(step["task_id"], step["content_hash"], strict=True))
    assert listed == {
        "t01": "hash of t01",
        "t02": "hash of t02",
        "t03": "hash of t03",
        "t04": "changed",
        "t06": "hash of t06",
    }
