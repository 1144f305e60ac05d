from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from foretune.evaluation.evaluate import (
    CALIBRATION_COLUMNS,
    COST_COLUMNS,
    QUALITY_COLUMNS,
    REGRET_COLUMNS,
    TIME_COLUMNS,
    evaluate_methods,
)
from foretune.evaluation.leaderboard import build_leaderboard
from foretune.evaluation.parameters import EvaluationParameters
from foretune.meta_model.meta_dataset import build_meta_dataset

if TYPE_CHECKING:
    from collections.abc import Callable

    from foretune.meta_model.parameters import MetaTrainingParameters

NAN = float("nan")
SMALL = EvaluationParameters(n_trials=(1, 2, 5, 50), n_seeds=2, n_random_orders=30, n_neighbours=(1, 3))
PUBLISHED = Path(
    os.environ.get(
        "FORETUNE_PUBLISHED_LOGS", Path(__file__).resolve().parents[2].parent / "shared" / "metadata"
    )
)


def test_tables_of_both_task_types(
    random_table: Callable[..., pd.DataFrame], meta_training: MetaTrainingParameters
) -> None:
    table = pd.concat([random_table(5, task_type="regression"), random_table(6)])
    calls: list[tuple[str, int, int]] = []
    regret, quality, calibration, costs, in_time = evaluate_methods(
        table, SMALL, meta_training, 3, 1, ["svm"], lambda *call: calls.append(call)
    )
    assert regret.columns.tolist() == REGRET_COLUMNS
    assert quality.columns.tolist() == QUALITY_COLUMNS
    assert calibration.columns.tolist() == CALIBRATION_COLUMNS
    assert costs.columns.tolist() == COST_COLUMNS
    # Without seconds of the trials there is no regret in time, nor a method that reads them
    assert in_time.columns.tolist() == TIME_COLUMNS
    assert in_time.empty
    # Nor without numbers of rows the method that hides them
    methods = set(SMALL.methods) - {"nearest_tasks", "foretune_timed", "rows_hidden"} | {
        "nearest_tasks_1",
        "nearest_tasks_3",
    }
    assert set(regret["method"]) == methods
    assert len(regret) == 11 * len(methods) * 2 * 4
    assert set(regret["seed"]) == {3, 4}
    assert regret["regret"].between(0, 1).all()
    order = ["task_type", "task_id", "method", "seed", "n_trials"]
    assert regret.equals(regret.sort_values(order, ignore_index=True))
    assert len(quality) == 11
    assert len(calibration) == 22
    assert calibration["coverage"].between(0, 1).all()
    assert set(costs["name"]) == methods | {"ensembles"}
    assert calls[-1] == ("regression held-out families", 10, 10)

    at_the_end = regret[(regret["n_trials"] == 50) & (regret["method"] != "library_default")]
    assert (at_the_end["regret"] == 0).all()
    # The metafeature tells the best configuration
    board = build_leaderboard(regret, SMALL, seed=0).set_index(["task_type", "n_trials", "method"])[
        "mean_regret"
    ]
    assert board["classification", 1, "surrogate_ranking"] < board["classification", 1, "random_search"]


@pytest.mark.slow
def test_the_number_of_workers_changes_nothing(
    random_table: Callable[..., pd.DataFrame], meta_training: MetaTrainingParameters
) -> None:
    table = random_table(5)
    one, again, two = (evaluate_methods(table, SMALL, meta_training, 0, workers) for workers in (1, 1, 2))
    for first, *others in zip(one[:3], again[:3], two[:3], strict=True):
        for other in others:
            pd.testing.assert_frame_equal(first, other, check_exact=True)


@pytest.mark.slow
def test_seconds_add_regret_in_time_and_change_nothing_else(
    random_table: Callable[..., pd.DataFrame],
    meta_training: MetaTrainingParameters,
    caplog: pytest.LogCaptureFixture,
) -> None:
    table = pd.concat([random_table(5, task_type="regression"), random_table(4)])
    seconds = np.random.default_rng(0).uniform(1, 9, len(table))
    costs = table[["task_id", "config_id"]].assign(fit_seconds=seconds)
    # Only one of the task types has times
    costs = costs[costs["task_id"].str.startswith("cla")]
    methods = ("random_search", "foretune", "foretune_timed")
    parameters = SMALL.model_copy(update={"times": (0.5, 1.0, 40.0), "methods": methods})
    without = evaluate_methods(table, parameters, meta_training, 0, 1)
    found = evaluate_methods(table, parameters, meta_training, 0, 1, trial_costs=costs)
    for one, other in zip(without[:3], found[:3], strict=True):
        pd.testing.assert_frame_equal(one, other)
    in_time = found.regret_in_time
    assert set(in_time["task_type"]) == {"classification"}
    assert set(in_time["method"]) == set(methods)
    assert len(in_time) == 4 * 3 * 2 * 3
    # The last time is enough for all twelve trials
    assert (in_time.loc[in_time["time"] == 40, ["regret", "n_trials"]] == [0, 12]).all(axis=None)
    means = costs.groupby("task_id")["fit_seconds"].mean()
    np.testing.assert_allclose(in_time["seconds"], in_time["time"] * in_time["task_id"].map(means))
    of_none = parameters.model_copy(update={"times": ()})
    assert evaluate_methods(table, of_none, meta_training, 0, 1, trial_costs=costs).regret_in_time.empty
    assert "foretune_timed" not in caplog.text


@pytest.mark.slow
def test_the_order_of_the_rows_changes_nothing(
    random_table: Callable[..., pd.DataFrame], meta_training: MetaTrainingParameters
) -> None:
    table = random_table(4)
    mixed = table.sample(frac=1, random_state=0)
    regret = evaluate_methods(table, SMALL, meta_training, 0, 1).regret
    of_mixed = evaluate_methods(mixed, SMALL, meta_training, 0, 1).regret
    pd.testing.assert_frame_equal(regret, of_mixed)


def test_failed_trials_ragged_pools_and_missing_metafeatures(
    make_table: Callable[..., pd.DataFrame], meta_training: MetaTrainingParameters
) -> None:
    table = make_table(
        {
            "alone": [0.1, 0.2, 0.3, 0.4],
            "constant": [0.5, 0.5, 0.5, 0.5],
            "failing": [NAN, NAN, NAN, 0.3],
            "plain": [0.4, 0.3, 0.2, 0.1],
        },
        {"constant": [1.0, NAN], "plain": [2.0, NAN]},
        # Nobody else knows the two configurations of the task "alone"
        unknown=[
            ("alone", "c02"),
            ("alone", "c03"),
            *((task, config_id) for task in ("constant", "failing", "plain") for config_id in ("c00", "c01")),
        ],
        defaults=["c02"],
    )
    regret, quality, *_ = evaluate_methods(table, SMALL, meta_training, 0, 1)
    by_task = regret.set_index("task_id")["regret"]
    assert (
        by_task["constant"][regret.set_index("task_id").loc["constant", "method"] != "library_default"] == 0
    ).all()
    assert regret["regret"].between(0, 1).all()
    default = regret[regret["method"] == "library_default"].set_index("task_id")["regret"]
    assert (default["failing"] == 1).all()
    assert (default["alone"] == 1).all()
    assert (default["plain"] == 0).all()
    assert quality["rmse"].notna().all()


def test_without_metafeatures_and_defaults_what_needs_them_is_left_out(
    make_table: Callable[..., pd.DataFrame],
    meta_training: MetaTrainingParameters,
    caplog: pytest.LogCaptureFixture,
) -> None:
    table = make_table({"a": [0.1, 0.2], "b": [0.2, 0.1], "c": [0.1, 0.3]})
    regret, *_ = evaluate_methods(table, SMALL, meta_training, 0, 1)
    left_out = {
        "library_default",
        "nearest_tasks_1",
        "nearest_tasks_3",
        "shuffled_metafeatures",
        "no_metafeatures",
    }
    assert not left_out & set(regret["method"])
    assert {"foretune", "surrogate_ranking", "greedy_portfolio"} <= set(regret["method"])
    assert all(name in caplog.text for name in left_out)


def test_rows_are_hidden_where_tasks_are_of_two_size_classes(
    random_table: Callable[..., pd.DataFrame],
    meta_training: MetaTrainingParameters,
    caplog: pytest.LogCaptureFixture,
) -> None:
    table = random_table(5).rename(columns={"metafeature:group.0": "metafeature:simple.log_n_rows"})
    few = SMALL.model_copy(update={"methods": ("random_search", "rows_hidden"), "n_seeds": 1})
    small = table.assign(n_rows=100.0)
    large = small.assign(n_rows=small["n_rows"].where(small["task_id"] != "cla0", 5_000.0))
    found = [
        set(evaluate_methods(each, few, meta_training, 0, 1).regret["method"]) for each in (small, large)
    ]
    assert found == [{"random_search"}, {"random_search", "rows_hidden"}]
    assert "rows_hidden" not in caplog.text


@pytest.mark.slow
def test_a_task_type_with_too_few_families_is_skipped_with_a_warning(
    random_table: Callable[..., pd.DataFrame],
    meta_training: MetaTrainingParameters,
    caplog: pytest.LogCaptureFixture,
) -> None:
    table = pd.concat([random_table(3), random_table(2, task_type="regression")])
    regret, quality, *_ = evaluate_methods(table, SMALL, meta_training, 0, 1)
    assert set(regret["task_type"]) == set(quality["task_type"]) == {"classification"}
    assert "regression is not evaluated: 2 families" in caplog.text

    regret, quality, *_ = evaluate_methods(random_table(2), SMALL, meta_training, 0, 1)
    assert regret.empty
    assert quality.columns.tolist() == QUALITY_COLUMNS
    assert build_leaderboard(regret, SMALL, seed=0).empty


@pytest.mark.slow
@pytest.mark.skipif(not (PUBLISHED / "oboe").is_dir(), reason=f"no published logs in {PUBLISHED}")
def test_published_log_of_a_shared_grid(meta_training: MetaTrainingParameters) -> None:
    regret = _evaluate_published("oboe", 24, meta_training)
    board = regret.groupby(["method", "n_trials"])["regret"].mean()
    assert board["greedy_portfolio", 5] < board["random_search", 5]
    assert board["foretune", 5] < board["random_search", 5]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gcp_xgboost", "pimp_random_forest"])
def test_published_logs_of_different_configurations(name: str, meta_training: MetaTrainingParameters) -> None:
    if not (PUBLISHED / name).is_dir():
        pytest.skip(f"no published logs in {PUBLISHED}")
    regret = _evaluate_published(name, 6, meta_training)
    assert regret["regret"].between(0, 1).all()
    # No configuration is shared, so the lists of known configurations can only guess
    at_one = regret[regret["n_trials"] == 1].groupby("method")["regret"].mean()
    assert at_one["foretune"] < 1
    assert np.isfinite(at_one).all()


def _evaluate_published(name: str, n_tasks: int, meta_training: MetaTrainingParameters) -> pd.DataFrame:
    trials = pd.read_parquet(PUBLISHED / name / "trials.parquet").assign(strategy="published")
    trials["task_id"] = trials["task_id"].astype(str)
    tasks = sorted(trials["task_id"].unique())[:n_tasks]
    metafeatures = pd.DataFrame({"task_id": tasks})
    if (PUBLISHED / name / "metafeatures.parquet").is_file():
        metafeatures = pd.read_parquet(PUBLISHED / name / "metafeatures.parquet")
        metafeatures["task_id"] = metafeatures["task_id"].astype(str)
    catalogue = pd.DataFrame(
        {
            "task_id": tasks,
            "task_type": "classification",
            "family": tasks,
            "provenance": "real",
            "content_hash": "0",
        }
    )
    parameters = EvaluationParameters(n_trials=(1, 5, 20), n_seeds=1, n_random_orders=50)
    trials = trials.groupby("task_id").head(300)
    if "config_id" not in trials:
        trials["config_id"] = [f"c{number:06d}" for number in range(len(trials))]
    table = build_meta_dataset(trials, metafeatures, catalogue, meta_training.target)
    return evaluate_methods(table, parameters, meta_training, seed=0, n_workers=1)[0]
