"""Racing over folds in the engine: what goes on is as without it, with any number of workers and ledger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from foretune.execution import ParallelParameters
from foretune.hpo.engine import run_hpo
from foretune.hpo.parameters import HpoParameters
from foretune.hpo.task_search import make_context
from foretune.learners import STOPPED, RoundChoice
from foretune.learners.fit import Trial, evaluate_configuration, to_predictions
from foretune.learners.folds import Fold, make_folds
from foretune.learners.growing.lockstep import evaluate_growing
from foretune.learners.metrics import METRICS
from foretune.ledger.ledger import Ledger
from foretune.spaces.configuration import Configuration
from foretune.tasks.task import Task

pytest.importorskip("optuna", reason="needs the extra optuna")

TPE = {"name": "optuna_tpe", "n_startup_trials": 3}


def racing(parameters: HpoParameters, **others: Any) -> HpoParameters:
    raw = parameters.model_dump() | {
        "learners": ["linear", "k_nearest_neighbours"],
        "n_configurations": 8,
        "strategy": TPE,
        "racing": True,
    }
    return HpoParameters.model_validate(raw | others)


def evaluate_whole(row: dict[str, Any], task: Task, parameters: HpoParameters) -> Trial:
    context = make_context(task, parameters, 0)
    folds = make_folds(task, parameters.n_folds, parameters.preprocessing, context.fold_seed)
    configuration = Configuration(row["learner"], json.loads(row["params"]))
    return evaluate_configuration(configuration, folds, task.task_type, context.learner_seed)


def test_trials_equal_those_of_all_folds_as_far_as_they_go(
    mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters
) -> None:
    parameters = racing(hpo_parameters, score={"classification": "log_loss", "regression": "r2"})
    trials, _ = run_hpo(mixed_tasks, parameters, 0)
    assert set(trials["status"]) == {"ok", STOPPED}
    for row in trials.to_dict("records"):
        task = mixed_tasks[row["task_id"]]
        whole = evaluate_whole(row, task, parameters)
        assert whole.status == "ok"
        name = parameters.score.of(task.task_type)
        sign = 1.0 if METRICS[task.task_type][name].higher_is_better else -1.0
        expected = [sign * one[name] for one in whole.fold_metrics]
        found = [row[f"score_fold_{at}"] for at in range(3)]
        if row["status"] == "ok":
            assert found == expected
            assert row["score"] == np.mean(expected)
            assert row["error"] == whole.error
        else:
            n_seen = int(np.isfinite(found).sum())
            assert n_seen in {1, 2}
            assert found[:n_seen] == expected[:n_seen]
            assert row["error"] == f"behind the best on {n_seen} fold{'s' * (n_seen > 1)} of 3"
            means = [
                row["score"],
                row["score_std"],
                *(row[f"metric_{one}"] for one in METRICS[task.task_type]),
            ]
            assert np.isnan(means).all()


def test_defaults_and_shared_designs_are_complete(
    mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters
) -> None:
    trials, _ = run_hpo(mixed_tasks, racing(hpo_parameters, strategies={"linear": "sobol"}), 0)
    is_complete = trials["strategy"].isin(["default", "sobol"])
    assert set(trials.loc[is_complete, "status"]) == {"ok"}
    assert set(trials.loc[~is_complete, "status"]) == {"ok", STOPPED}
    halving = racing(hpo_parameters, strategy="successive_halving", learners=["linear"])
    others, _ = run_hpo(mixed_tasks, halving, 0)
    assert set(others["status"]) == {"ok"}


@pytest.mark.slow
@pytest.mark.parametrize("batch_size", [1, 3])
def test_the_table_is_the_same_for_one_and_two_workers(
    batch_size: int, mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters
) -> None:
    parameters = racing(hpo_parameters, batch_size=batch_size)
    one, _ = run_hpo(mixed_tasks, parameters, 0)
    two, _ = run_hpo(mixed_tasks, parameters, 0, ParallelParameters(n_workers=2))
    assert (one["status"] == STOPPED).any()
    pd.testing.assert_frame_equal(one, two, check_exact=True)


@pytest.mark.slow
def test_a_ledger_with_stopped_trials_is_gone_on_with(
    mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters, tmp_path: Path
) -> None:
    parameters = racing(hpo_parameters)
    alone, _ = run_hpo(mixed_tasks, parameters, 0)
    done: list[int] = []
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite") as ledger:
        first, _ = run_hpo(mixed_tasks, parameters, 0, ledger=ledger)
        ledger.remove(learner="linear", status="ok")
        n_removed = int(((first["learner"] == "linear") & (first["status"] == "ok")).sum())
        again, _ = run_hpo(
            mixed_tasks,
            parameters,
            0,
            ParallelParameters(n_workers=1),
            lambda _, n_done, __: done.append(n_done),
            ledger,
        )
    pd.testing.assert_frame_equal(alone, first, check_exact=True)
    pd.testing.assert_frame_equal(alone, again, check_exact=True)
    assert done[-1] == n_removed


@pytest.mark.slow
def test_without_racing_stopped_trials_are_replaced_by_complete_ones(
    mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters, tmp_path: Path
) -> None:
    parameters = racing(hpo_parameters)
    whole = parameters.model_copy(update={"racing": False})
    expected, _ = run_hpo(mixed_tasks, whole, 0)
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite") as ledger:
        raced, _ = run_hpo(mixed_tasks, parameters, 0, ledger=ledger)
        after, _ = run_hpo(mixed_tasks, whole, 0, ledger=ledger)
        status = {stored.configuration.config_id: stored.trial.status for stored in ledger.rows()}
    pd.testing.assert_frame_equal(after, expected, check_exact=True)
    was_stopped = set(raced.loc[raced["status"] == STOPPED, "config_id"])
    proposed_again = was_stopped & set(after["config_id"])
    assert proposed_again
    assert {status[one] for one in proposed_again} == {"ok"}


@pytest.mark.slow
def test_with_racing_complete_trials_stay_and_the_strategy_proposes_the_same(
    mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters, tmp_path: Path
) -> None:
    parameters = racing(hpo_parameters)
    whole = parameters.model_copy(update={"racing": False})
    raced, _ = run_hpo(mixed_tasks, parameters, 0)
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite") as ledger:
        complete, _ = run_hpo(mixed_tasks, whole, 0, ledger=ledger)
        found, _ = run_hpo(mixed_tasks, parameters, 0, ledger=ledger)
    keys = ["task_id", "learner", "config_id"]
    pd.testing.assert_frame_equal(found[keys], raced[keys])
    both = found.merge(complete[keys], on=keys)
    assert set(both["status"]) == {"ok"}
    would_stop = raced.merge(complete[keys], on=keys)["status"].eq(STOPPED)
    assert would_stop.any()
    new = ~found["config_id"].isin(both["config_id"])
    pd.testing.assert_frame_equal(found[new], raced[new], check_exact=True)


@pytest.mark.slow
def test_another_score_does_not_take_over_a_stop(
    mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters, tmp_path: Path
) -> None:
    drawn: dict[str, Any] = {"strategy": {"name": "optuna_tpe", "n_startup_trials": 20}}
    by_r2 = racing(hpo_parameters, **drawn)
    by_mae = racing(hpo_parameters, score={"classification": "log_loss", "regression": "mae"}, **drawn)
    alone, _ = run_hpo(mixed_tasks, by_mae, 0)
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite") as ledger:
        first, _ = run_hpo(mixed_tasks, by_r2, 0, ledger=ledger)
        after, _ = run_hpo(mixed_tasks, by_mae, 0, ledger=ledger)
    keys = ["task_id", "learner", "config_id"]
    for found in (first, after):
        pd.testing.assert_frame_equal(found[keys], alone[keys])
    rejected = first["status"].eq(STOPPED) & alone["status"].eq("ok")
    assert rejected.any()
    assert (first["status"].eq(STOPPED) & alone["status"].eq(STOPPED)).any()
    pd.testing.assert_frame_equal(after[rejected], alone[rejected], check_exact=True)


@pytest.mark.slow
def test_boosters_that_stop_early_race(mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters) -> None:
    stopping = {"patience": 8, "max_rounds": 40}
    parameters = racing(hpo_parameters, learners=["xgboost"], early_stopping=stopping)
    trials, _ = run_hpo(mixed_tasks, parameters, 0)
    two, _ = run_hpo(mixed_tasks, parameters, 0, ParallelParameters(n_workers=2, backend="threads"))
    pd.testing.assert_frame_equal(trials, two, check_exact=True)
    grown = trials[trials["strategy"] == "optuna_tpe"]
    assert set(grown["status"]) == {"ok", STOPPED}
    for row in grown[grown["status"] == "ok"].to_dict("records"):
        task = mixed_tasks[row["task_id"]]
        name = parameters.score.of(task.task_type)
        found = evaluate_whole_growing(row, task, parameters, name)
        assert found.rounds is not None
        assert row["n_rounds"] == found.rounds.chosen
        assert [row[f"score_fold_{at}"] for at in range(3)] == [one[name] for one in found.fold_metrics]


def evaluate_whole_growing(row: dict[str, Any], task: Task, parameters: HpoParameters, name: str) -> Trial:
    context = make_context(task, parameters, 0)
    folds = make_folds(task, parameters.n_folds, parameters.preprocessing, context.fold_seed)
    assert parameters.early_stopping is not None

    def look(response: Any, fold: Fold, task_type: Any) -> dict[str, float]:
        predictions = to_predictions(response.output, fold, response.labels)
        return {name: METRICS[task_type][name].function(predictions)}

    choice = RoundChoice(parameters.early_stopping, name, higher_is_better=True, look=look)
    configuration = Configuration("xgboost", json.loads(row["params"]))
    return evaluate_growing(configuration, folds, task.task_type, context.learner_seed, choice)
