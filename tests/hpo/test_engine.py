from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from foretune.hpo.configuration import Configuration
from foretune.hpo.engine import run_hpo
from foretune.hpo.evaluation import evaluate_configuration
from foretune.hpo.folds import make_folds, make_splitter
from foretune.hpo.learners import Learner, get_learner, register_learner
from foretune.hpo.parameters import HpoParameters
from foretune.hpo.preprocessing import make_preprocessor
from foretune.parameters import TASK_TYPES, TaskType
from foretune.tasks.task import Task, content_hash

SCORERS = {
    "classification": {
        "accuracy": "accuracy",
        "balanced_accuracy": "balanced_accuracy",
        "roc_auc_ovr": "roc_auc_ovr",
        "log_loss": "neg_log_loss",
    },
    "regression": {
        "r2": "r2",
        "rmse": "neg_root_mean_squared_error",
        "mae": "neg_mean_absolute_error",
    },
}


@pytest.mark.parametrize("task_type", TASK_TYPES)
def test_scores_equal_those_of_cross_validate(
    task_type: TaskType, mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters
) -> None:
    from foretune.hpo.design import design_configurations

    task = mixed_tasks[f"mixed_{task_type}"]
    folds = make_folds(task, hpo_parameters, seed=5)
    target = task.y.cat.codes if task_type == "classification" else task.y
    for configuration in design_configurations(hpo_parameters, task_type, seed=0):
        trial = evaluate_configuration(configuration, folds, task_type, seed=7)
        estimator = get_learner(configuration.learner).build(configuration.params, task_type, 7)
        if task_type == "regression":
            estimator = TransformedTargetRegressor(estimator, transformer=StandardScaler())
        expected = cross_validate(
            make_pipeline(make_preprocessor(hpo_parameters.preprocessing), estimator),
            task.X,
            target,
            cv=make_splitter(task_type, hpo_parameters.n_folds, seed=5),
            scoring=SCORERS[task_type],
        )
        assert trial.status == "ok", trial.error
        for metric, scorer in SCORERS[task_type].items():
            sign = -1 if scorer.startswith("neg_") else 1
            ours = [measured[metric] for measured in trial.fold_metrics]
            # scikit-learn takes the logarithm of XGBoost's probabilities in single precision
            tolerance = 1e-6 if metric == "log_loss" else 1e-12
            np.testing.assert_allclose(ours, sign * expected[f"test_{metric}"], rtol=tolerance, atol=1e-12)


def test_the_preprocessor_sees_the_training_part_only(
    mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters
) -> None:
    task = mixed_tasks["mixed_regression"]
    folds = make_folds(task, hpo_parameters, seed=0)
    for fold in folds:
        np.testing.assert_allclose(fold.X_train[:, :3].mean(axis=0), 0, atol=1e-9)
        assert np.abs(fold.X_test[:, :3].mean(axis=0)).max() > 1e-6
        assert fold.y_train.mean() == pytest.approx(0, abs=1e-9)


def test_the_order_of_the_categories_does_not_matter(
    mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters
) -> None:
    task = mixed_tasks["mixed_classification"]
    turned = Task(task.task_id, task.task_type, task.X, task.y.cat.reorder_categories(["c", "a", "b"]))
    assert content_hash(turned) == content_hash(task)
    folds = [make_folds(one, hpo_parameters, seed=0) for one in (task, turned)]
    for one, other in zip(*folds, strict=True):
        np.testing.assert_array_equal(one.y_train, other.y_train)
        np.testing.assert_array_equal(one.X_train, other.X_train)


def test_tables_are_the_same_for_one_and_two_workers(
    mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters
) -> None:
    seen: list[tuple[str, int, int]] = []
    one, costs = run_hpo(mixed_tasks, hpo_parameters, 0, 1, lambda *progress: seen.append(progress))
    two, _ = run_hpo(dict(reversed(mixed_tasks.items())), hpo_parameters, 0, 2)
    pd.testing.assert_frame_equal(one, two, check_exact=True)
    assert len(one) == 2 * 5 * (hpo_parameters.n_configurations + 1)
    assert (one["status"] == "ok").all()
    assert not one.duplicated(["task_id", "config_id"]).any()
    assert (costs["fit_seconds"] > 0).all()
    assert [done for _, done, _ in seen] == list(range(1, 11))
    assert seen[0] == ("mixed_classification random_forest", 1, 10)


def test_scores_are_the_mean_over_the_folds(
    mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters
) -> None:
    trials, _ = run_hpo(mixed_tasks, hpo_parameters, 0)
    folds = trials[[f"score_fold_{i}" for i in range(hpo_parameters.n_folds)]]
    np.testing.assert_allclose(trials["score"], folds.mean(axis=1))
    np.testing.assert_allclose(trials["score_std"], folds.std(axis=1, ddof=0))


def test_inactive_hyperparameters_are_empty(
    mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters
) -> None:
    trials, _ = run_hpo(mixed_tasks, hpo_parameters, 0)
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


class _Broken:
    """Fails in the way that its parameter says."""

    def __init__(self, how: str) -> None:
        self.how = how

    def fit(self, X: Any, y: Any) -> _Broken:
        if self.how == "raise":
            raise ArithmeticError("it went wrong\nand here is why")
        self.n_classes = len(np.unique(y))
        return self

    def predict(self, X: Any) -> Any:
        return np.full(len(X), np.nan if self.how == "nan" else 0.0)


def test_a_failing_configuration_is_a_row_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters
) -> None:
    from foretune.hpo.learners import registry

    monkeypatch.setattr(registry, "_LEARNERS", dict(registry._LEARNERS))
    register_learner(Learner("broken", lambda params, *_: _Broken(**params), lambda _: {"how": "raise"}))
    raw = hpo_parameters.model_dump()
    raw["learners"] = ["broken", "linear"]
    raw["spaces"]["broken"] = {"shared": {"how": {"type": "choice", "choices": ["raise", "nan", "fine"]}}}
    task = mixed_tasks["mixed_regression"]
    trials, _ = run_hpo({task.task_id: task}, HpoParameters(**raw), 0)
    by_kind = trials[trials["learner"] == "broken"].set_index("param_how")
    assert by_kind.loc["raise", ["status", "error"]].tolist() == ["failed", "ArithmeticError: it went wrong"]
    assert by_kind.loc["nan", "status"] == "failed"
    assert by_kind.loc["nan", "error"].startswith("score r2 is not finite on every fold")
    assert by_kind.loc["fine", "status"] == "ok"
    assert by_kind.loc[["raise", "nan"], "score"].isna().all()
    assert (trials.loc[trials["learner"] == "linear", "status"] == "ok").all()


def test_a_warning_is_kept_with_its_trial(
    mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters
) -> None:
    task = mixed_tasks["mixed_regression"]
    folds = make_folds(task, hpo_parameters, seed=0)
    # Without any penalty coordinate descent does not converge
    configuration = Configuration("linear", {"alpha": 0.0, "l1_ratio": 0.0})
    trial = evaluate_configuration(configuration, folds, "regression", seed=0)
    assert trial.status == "ok"
    assert "Warning: " in trial.error
