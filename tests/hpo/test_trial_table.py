from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from foretune.hpo.parameters import HpoParameters
from foretune.hpo.trial_table import (
    NoTrialWorkedError,
    check_that_learners_work,
    collect_trials,
    describe_statuses,
    fold_scores_of,
    score_of,
    trial_row,
)
from foretune.learners import STOPPED
from foretune.learners.fit import Trial
from foretune.spaces.configuration import Configuration
from foretune.tasks.task import Task

LINEAR = Configuration("linear", {"alpha": 0.5, "l1_ratio": 0.1}, "sobol")
FAILED = Trial([], "failed", "ValueError: no", 0.5)


@pytest.fixture
def parameters(hpo_parameters: HpoParameters) -> HpoParameters:
    score = {"classification": "accuracy", "regression": "rmse"}
    return HpoParameters.model_validate(hpo_parameters.model_dump() | {"score": score})


@pytest.fixture
def task(mixed_tasks: dict[str, Task]) -> Task:
    return mixed_tasks["mixed_regression"]


def trial_with(*errors: float, r2: float = 0.5) -> Trial:
    return Trial([{"r2": r2, "rmse": error, "mae": 1.0} for error in errors], "ok", "careful", 1.5)


def test_an_error_changes_its_sign_as_a_score(parameters: HpoParameters) -> None:
    trial = trial_with(1.0, 2.0, 6.0)
    assert fold_scores_of(trial, "regression", parameters) == [-1.0, -2.0, -6.0]
    assert score_of(trial, "regression", parameters) == -3.0
    accurate = Trial([{"accuracy": value} for value in (0.5, 0.75, 1.0)], "ok", "", 0.0)
    assert score_of(accurate, "classification", parameters) == 0.75


@pytest.mark.parametrize("trial", [FAILED, trial_with(1.0, np.inf, 1.0), trial_with(np.nan, 1.0, 1.0)])
def test_a_trial_without_finite_scores_has_none(trial: Trial, parameters: HpoParameters) -> None:
    assert score_of(trial, "regression", parameters) is None


def test_a_stopped_trial_has_the_scores_of_its_folds_and_no_means(
    task: Task, parameters: HpoParameters
) -> None:
    stopped = replace(trial_with(1.0, 2.0), status=STOPPED, error="behind the best on 2 folds of 3")
    assert score_of(stopped, "regression", parameters) is None
    row = trial_row(task, LINEAR, stopped, parameters)
    assert (row["status"], row["error"]) == (STOPPED, "behind the best on 2 folds of 3")
    assert [row["score_fold_0"], row["score_fold_1"]] == [-1.0, -2.0]
    empty = ("score", "score_std", "score_fold_2", "metric_r2", "metric_rmse", "metric_mae")
    assert np.isnan([row[name] for name in empty]).all()
    whole = trial_row(task, LINEAR, trial_with(1.0, 2.0, 6.0), parameters)
    assert row.keys() == whole.keys()
    assert describe_statuses([whole, row]) == "1 ok, 1 stopped"


def test_a_row_has_the_scores_the_metrics_and_the_hyperparameters(
    task: Task, parameters: HpoParameters
) -> None:
    row = trial_row(task, LINEAR, trial_with(1.0, 2.0, 6.0), parameters)
    assert json.loads(row.pop("params")) == LINEAR.params
    assert row == {
        "task_id": "mixed_regression",
        "learner": "linear",
        "config_id": LINEAR.config_id,
        "strategy": "sobol",
        "score": -3.0,
        "score_std": pytest.approx(np.std([1, 2, 6])),
        "metric_r2": 0.5,
        "metric_rmse": 3.0,
        "metric_mae": 1.0,
        "score_fold_0": -1.0,
        "score_fold_1": -2.0,
        "score_fold_2": -6.0,
        "status": "ok",
        "error": "careful",
        "param_alpha": 0.5,
        "param_l1_ratio": 0.1,
        "fit_seconds": 1.5,
    }


@pytest.mark.parametrize(
    ("trial", "error"),
    [
        (FAILED, "ValueError: no"),
        (trial_with(1.0, np.inf, 1.0), "score rmse is not finite on every fold: [-1.0, -inf, -1.0]"),
    ],
)
def test_a_row_of_a_failed_trial_has_no_numbers(
    trial: Trial, error: str, task: Task, parameters: HpoParameters
) -> None:
    row = trial_row(task, LINEAR, trial, parameters)
    assert (row["status"], row["error"]) == ("failed", error)
    assert [name for name, value in row.items() if value != value] == [  # noqa: PLR0124 - NaN alone
        *("score", "score_std", "metric_r2", "metric_rmse", "metric_mae"),
        *("score_fold_0", "score_fold_1", "score_fold_2"),
    ]


def status_row(status: str, learner: str = "svm", error: str = "") -> dict[str, Any]:
    return {"status": status, "learner": learner, "error": error}


def test_statuses_are_counted_with_what_went_wrong_most_often() -> None:
    assert describe_statuses([status_row("ok")] * 3) == "3 ok"
    rows = [status_row("ok"), status_row("crashed", "linear"), *[status_row("timeout", error="slow")] * 2]
    rows += [status_row("failed", error=str(number)) for number in range(4)] * 2
    rows += [status_row("failed", error="slow")] * 2
    assert describe_statuses(rows) == (
        "1 ok, 10 failed, 2 timeout, 1 crashed; most often 4 x svm: slow; 2 x svm: 0; 2 x svm: 1"
    )
    long = describe_statuses([status_row("failed", error="x" * 200)])
    assert long == f"1 failed; most often 1 x svm: {'x' * 115}"


def test_tables_are_sorted_and_costs_are_kept_apart(
    mixed_tasks: dict[str, Task], parameters: HpoParameters
) -> None:
    classified = Trial(
        [{"accuracy": 0.5, "log_loss": 1.0, "balanced_accuracy": 0.5, "roc_auc_ovr": 0.5}] * 3, "ok", "", 2.0
    )
    rows = [
        trial_row(mixed_tasks["mixed_regression"], LINEAR, trial_with(1.0, 2.0, 6.0), parameters),
        trial_row(
            mixed_tasks["mixed_classification"], Configuration("svm", {"C": 2.0}), classified, parameters
        ),
        trial_row(mixed_tasks["mixed_classification"], Configuration("linear", {}), classified, parameters),
    ]
    trials, costs = collect_trials(rows)
    assert trials[["task_id", "learner"]].to_numpy().tolist() == [
        ["mixed_classification", "linear"],
        ["mixed_classification", "svm"],
        ["mixed_regression", "linear"],
    ]
    assert list(trials.columns) == [
        *("task_id", "learner", "config_id", "strategy", "status", "error", "score", "score_std"),
        *("score_fold_0", "score_fold_1", "score_fold_2"),
        *("metric_accuracy", "metric_balanced_accuracy", "metric_log_loss", "metric_mae", "metric_r2"),
        *("metric_rmse", "metric_roc_auc_ovr", "params", "param_C", "param_alpha", "param_l1_ratio"),
    ]
    assert list(costs.columns) == ["task_id", "learner", "config_id", "fit_seconds"]
    assert costs["fit_seconds"].tolist() == [2.0, 2.0, 1.5]


def _trials(**statuses: list[str]) -> pd.DataFrame:
    rows = [
        {"learner": learner, "status": status, "error": "ImportError: no library" if status != "ok" else ""}
        for learner, of_learner in statuses.items()
        for status in of_learner
    ]
    return pd.DataFrame(rows)


def test_each_learner_must_have_a_trial_that_worked() -> None:
    check_that_learners_work(_trials(svm=["ok", "failed"], linear=["crashed", "ok"]))
    with pytest.raises(NoTrialWorkedError, match=r"^no trial of svm worked: 2 failed; most often 2 x svm"):
        check_that_learners_work(_trials(svm=["failed", "failed"], linear=["ok"]))
    with pytest.raises(NoTrialWorkedError, match=r"^no trial worked: 1 failed, 1 crashed; most often"):
        check_that_learners_work(_trials(svm=["failed"], linear=["crashed"]))
    many = {f"learner_{number}_{'x' * 40}": ["failed"] for number in range(30)}
    with pytest.raises(NoTrialWorkedError) as caught:
        check_that_learners_work(_trials(**many))
    assert len(str(caught.value)) <= 500
