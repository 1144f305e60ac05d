from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import TimeSeriesSplit, cross_val_score
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from foretune.execution import ParallelParameters
from foretune.hpo.engine import run_hpo
from foretune.hpo.parameters import HpoParameters
from foretune.ledger.ledger import Ledger
from foretune.tables import RowSplit
from foretune.tasks.task import Task


@pytest.fixture(scope="module")
def trials(mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters) -> pd.DataFrame:
    """Give the trials of one run."""
    return run_hpo(mixed_tasks, hpo_parameters, 0)[0]


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["processes", "threads"])
def test_tables_are_the_same_for_one_and_two_workers(
    mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters, backend: Any
) -> None:
    seen: list[tuple[str, int, int]] = []
    one, costs = run_hpo(mixed_tasks, hpo_parameters, 0, on_progress=lambda *told: seen.append(told))
    others = dict(reversed(mixed_tasks.items()))
    two, _ = run_hpo(others, hpo_parameters, 0, ParallelParameters(n_workers=2, backend=backend))
    pd.testing.assert_frame_equal(one, two, check_exact=True)
    assert len(one) == 2 * 5 * (hpo_parameters.n_configurations + 1)
    assert (one["status"] == "ok").all()
    assert not one.duplicated(["task_id", "config_id"]).any()
    assert (costs["fit_seconds"] > 0).all()
    done = [done for _, done, _ in seen]
    assert done == sorted(done)
    assert {total for *_, total in seen} == {len(one)}
    assert seen[-1][1] == len(one)
    assert seen[0][0].startswith("mixed_classification ")


@pytest.mark.slow
def test_a_dask_cluster_gives_the_same_table(
    trials: pd.DataFrame, mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters, tmp_path: Path
) -> None:
    distributed = pytest.importorskip("distributed", reason="needs the extra dask")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=50
        ) as cluster,
        Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite") as ledger,
    ):
        parallel = ParallelParameters(n_workers=-1, backend="dask", address=cluster.scheduler_address)
        there, _ = run_hpo(mixed_tasks, hpo_parameters, 0, parallel, ledger=ledger)
        n_stored = sum(1 for _ in ledger.rows())
    pd.testing.assert_frame_equal(trials, there, check_exact=True)
    assert n_stored == len(trials)


def test_scores_are_the_mean_over_the_folds(trials: pd.DataFrame, hpo_parameters: HpoParameters) -> None:
    folds = trials[[f"score_fold_{i}" for i in range(hpo_parameters.n_folds)]]
    np.testing.assert_allclose(trials["score"], folds.mean(axis=1))
    np.testing.assert_allclose(trials["score_std"], folds.std(axis=1, ddof=0))


def test_large_tasks_run_only_the_first_of_their_folds(
    mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters, tmp_path: Path
) -> None:
    parameters = hpo_parameters.model_copy(update={"learners": ["linear", "lightgbm"], "n_configurations": 2})
    fewer = parameters.model_copy(update={"n_folds_above": {50: 1}})
    whole, _ = run_hpo(mixed_tasks, parameters, 0)
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite") as ledger:
        first, _ = run_hpo(mixed_tasks, fewer, 0, ledger=ledger)
        # Known from the ledger, and not taken for trials of all folds
        again, _ = run_hpo(mixed_tasks, fewer, 0, ledger=ledger)
        n_of_one = sum(1 for _ in ledger.rows())
        run_hpo(mixed_tasks, parameters, 0, ledger=ledger)
        n_of_both = sum(1 for _ in ledger.rows())
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    assert (n_of_one, n_of_both) == (len(first), 2 * len(first))
    assert (first["status"] == "ok").all()
    np.testing.assert_array_equal(first["score"], whole["score_fold_0"])
    assert first[["score_fold_1", "score_fold_2", "score_std"]].isna().all(axis=None)


def test_inactive_hyperparameters_are_empty(trials: pd.DataFrame) -> None:
    machines = trials[(trials["learner"] == "svm") & (trials["strategy"] == "sobol")]
    assert machines.loc[machines["param_kernel"] == "rbf", "param_gamma"].notna().all()
    assert machines.loc[machines["param_kernel"] != "rbf", "param_gamma"].isna().all()
    assert machines.loc[machines["param_kernel"] != "poly", "param_degree"].isna().all()
    assert trials.loc[trials["learner"] != "svm", "param_kernel"].isna().all()


def test_losses_change_sign_as_a_score(mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters) -> None:
    raw = hpo_parameters.model_dump()
    raw |= {"score": {"classification": "log_loss", "regression": "rmse"}, "learners": ["linear"]}
    trials, _ = run_hpo(mixed_tasks, HpoParameters(**raw), 0)
    for metric, kind in (("log_loss", "classification"), ("rmse", "regression")):
        rows = trials[trials["task_id"] == f"mixed_{kind}"]
        np.testing.assert_allclose(rows["score"], -rows[f"metric_{metric}"])


@pytest.mark.parametrize(
    ("limits", "left_out", "said"),
    [
        # 90 rows x 4 features, times three classes
        (
            {"max_cells": {"linear": 4 * 90, "svm": 4 * 90 * 3}},
            ["mixed_classification"],
            "1 tasks of more than 360 cells (hpo.max_cells): mixed_cl",
        ),
        (
            {"max_rows": {"linear": 89, "svm": 90}},
            ["mixed_classification", "mixed_regression"],
            "2 tasks of more than 89 rows (hpo.max_rows): mixed_cl",
        ),
    ],
)
def test_a_learner_is_left_out_on_tasks_that_are_too_large_for_it(
    mixed_tasks: dict[str, Task],
    hpo_parameters: HpoParameters,
    caplog: pytest.LogCaptureFixture,
    limits: dict[str, Any],
    left_out: list[str],
    said: str,
) -> None:
    most = {**limits, "learners": ["linear", "svm"]}
    parameters = hpo_parameters.model_copy(update=most)
    with caplog.at_level("INFO"):
        trials, _ = run_hpo(mixed_tasks, parameters, 0)
    done = trials.groupby(["task_id", "learner"]).size().to_dict()
    each = [(task_id, learner) for task_id in sorted(mixed_tasks) for learner in ("linear", "svm")]
    assert done == {
        (task_id, learner): 5 for task_id, learner in each if learner == "svm" or task_id not in left_out
    }
    assert f"linear is left out on {said}" in caplog.text
    with pytest.raises(ValueError, match="max_cells names 'another', which has no search space"):
        HpoParameters.model_validate(hpo_parameters.model_dump() | {"max_cells": {"another": 5}})


@pytest.mark.quick("groups")
@pytest.mark.parametrize("kind", ["groups", "time"])
def test_folds_by_groups_or_time_are_the_same_for_one_and_two_workers(
    mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters, kind: Any, tmp_path: Path
) -> None:
    parameters = hpo_parameters.model_copy(update={"learners": ["linear"], "n_configurations": 2})
    codes = np.random.default_rng(0).permutation(len(mixed_tasks["mixed_regression"].y)) // 6
    tasks = {
        name: replace(task, split=RowSplit(kind, codes[: len(task.y)])) for name, task in mixed_tasks.items()
    }
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite") as ledger:
        run_hpo(mixed_tasks, parameters, 0, ledger=ledger)
        n_random = ledger.count(learner="linear")
        one, _ = run_hpo(tasks, parameters, 0, ledger=ledger)
        # Trials on random folds do not stand for them, and theirs are known the next time
        assert ledger.count(learner="linear") == 2 * n_random
        run_hpo(tasks, parameters, 0, ledger=ledger)
        assert ledger.count(learner="linear") == 2 * n_random
    two, _ = run_hpo(tasks, parameters, 0, ParallelParameters(n_workers=2))
    pd.testing.assert_frame_equal(one, two, check_exact=True)
    plain, _ = run_hpo(mixed_tasks, parameters, 0)
    assert (plain["score"] != one["score"]).all()


def test_scores_by_time_are_those_of_scikit_learn(
    mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters
) -> None:
    plain = mixed_tasks["mixed_regression"]
    when = np.random.default_rng(0).permutation(len(plain.y))
    task = replace(plain, X=plain.X.select_dtypes("number").fillna(0.0), split=RowSplit("time", when))
    parameters = hpo_parameters.model_copy(update={"learners": ["k_nearest_neighbours"]})
    trials, _ = run_hpo({task.task_id: task}, parameters, 0)
    default = trials[trials["strategy"] == "default"].iloc[0]
    order = np.argsort(when)
    X, y = task.X.to_numpy(dtype=float)[order], task.y.to_numpy()[order]
    model = make_pipeline(StandardScaler(), KNeighborsRegressor(**json.loads(default["params"])))
    found = cross_val_score(model, X, y, cv=TimeSeriesSplit(parameters.n_folds), scoring="r2")
    folds = default[[f"score_fold_{i}" for i in range(parameters.n_folds)]].to_numpy(dtype=float)
    np.testing.assert_allclose(folds, found)
    # Of folds by time those are run that train on most rows
    few, _ = run_hpo({task.task_id: task}, parameters.model_copy(update={"n_folds_above": {1: 1}}), 0)
    last = few[few["strategy"] == "default"]["score"].iloc[0]
    np.testing.assert_allclose(last, found[-1])
